// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import * as scaleway from "@pulumiverse/scaleway";
import { credentials, secretFolder, SecretStoreKind } from "../../catalogue";
import { valueOf, type CollectedCredential } from "./collected";

export interface SecretManagerArgs {
  projectId: string;
  /** Scaleway region, e.g. `fr-par`. */
  region: string;
  /** Folder in the store, without slashes at its ends; the stack's name is a folder in it. */
  path: string;
  /** Refuse deletion at Scaleway too. */
  protected: boolean;
  /** Plain how many and of what name; each becomes a secret. */
  credentials: CollectedCredential[];
}

/**
 * Credentials of the cloud in Scaleway's Secret Manager: a secret each, whose newest version is the value in use. A new value is a new
 * version, and the one before it is deleted when nothing of the run needs it any more.
 */
export class SecretManager extends pulumi.ComponentResource {
  constructor(name: string, args: SecretManagerArgs, opts?: pulumi.ComponentResourceOptions) {
    const { projectId, region } = args;
    const path = `/${secretFolder(args.path, pulumi.getStack())}`;
    const held = [...args.credentials].sort((a, b) => (a.storedAs < b.storedAs ? -1 : 1));
    const facts = { store: SecretStoreKind.ScalewaySecretManager, path, secrets: held.map(({ storedAs }) => storedAs) };
    super("opennebula-scaleway:index:SecretManager", name, facts, opts);
    for (const credential of held) {
      const { storedAs, name: entry } = credential;
      const secret = new scaleway.secrets.Secret(
        `${name}-${storedAs}`,
        {
          name: storedAs,
          path,
          // An object: the provider takes a password that could be base64 for base64, and would store other bytes.
          type: "key_value",
          description: credentials[entry].about,
          projectId,
          region,
          protected: args.protected,
          tags: ["opennebula-scaleway", pulumi.getStack()],
        },
        { parent: this },
      );
      new scaleway.secrets.Version(
        `${name}-${storedAs}`,
        { secretId: secret.id, region, data: valueOf(credential) },
        { parent: this, deletedWith: secret },
      );
    }
    this.registerOutputs({});
  }
}
