// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { credentialFields, heldCredential, type HeldCredential } from "../../catalogue";

/** A credential that a resource of the program holds. */
export interface CollectedCredential extends HeldCredential {
  resource: pulumi.Resource;
  /** The keys under which a store has its parts, and the outputs that are those. */
  fields: Readonly<Record<string, string>>;
}

/**
 * Notes every resource that holds a credential of the inventory, as a program makes them: `collect` is a transformation of the
 * component whose children are looked at, and changes nothing. So no layer has to tell what it makes.
 */
export class CollectedCredentials {
  readonly found: CollectedCredential[] = [];

  readonly collect: pulumi.ResourceTransformation = ({ resource, type, name }) => {
    const held = heldCredential(type, name);
    const fields = credentialFields[type];
    if (held && fields) this.found.push({ ...held, resource, fields });
    return undefined;
  };
}

/** What a store is given of a credential: a JSON object of its parts. */
export function valueOf({ resource, fields }: CollectedCredential): pulumi.Output<string> {
  const outputs = resource as unknown as Record<string, pulumi.Output<string>>;
  const parts = Object.fromEntries(Object.entries(fields).map(([output, key]) => [key, outputs[output]!]));
  return pulumi.secret(pulumi.jsonStringify(parts));
}
