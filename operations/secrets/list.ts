// SPDX-License-Identifier: Apache-2.0
import { credentials, credentialTypes, heldCredential, type Credential, type CredentialName } from "../../catalogue";
import type { Stack, StackResource } from "../stack";

/** One credential of a deployed stack; never its value. */
export interface ListedSecret {
  /** Of the inventory; undefined for one that nobody entered there. */
  name?: string;
  /** URN of the resource that holds it; undefined where a host keeps it. */
  urn?: string;
  owner?: string;
  about?: string;
  usedBy?: string;
  rotation?: string;
  /** When this value was made (ISO 8601); undefined where a host made it, or the state does not say. */
  made?: string;
}

export interface SecretsReport {
  stack: string;
  secrets: ListedSecret[];
  /** URNs of resources that hold a credential and are in no entry of the inventory. */
  unknown: string[];
}

/** Every credential that the stack's state holds, by the inventory, and those that hosts keep for themselves. */
export async function listSecrets(stack: Stack): Promise<SecretsReport> {
  const resources = await stack.export();
  const held = resources
    .filter(({ type }) => credentialTypes.includes(type))
    .map(({ type, urn, created }): ListedSecret => {
      const found = heldCredential(type, nameOf(urn));
      return { ...(found && described([found.name, credentials[found.name]])), urn, made: created };
    });
  const onHosts = Object.entries<Credential>(credentials)
    .filter(([, { resource }]) => resource === undefined)
    .map(described);
  return {
    stack: stack.name,
    secrets: [...held.filter(({ name }) => name !== undefined), ...onHosts],
    unknown: held.flatMap(({ name, urn }) => (name === undefined ? [urn!] : [])),
  };
}

function described([name, { owner, about, usedBy, rotation }]: [string, Credential]): ListedSecret {
  return { name, owner, about, usedBy, rotation };
}

/** The resources that hold a credential of the inventory; not those that wait for their deletion, whose successor is among them. */
export function holdersOf(resources: StackResource[], name: CredentialName): StackResource[] {
  return resources.filter((one) => !one.delete && heldCredential(one.type, nameOf(one.urn))?.name === name);
}

/** The name of a resource, the last part of its URN. */
export function nameOf(urn: string): string {
  return urn.split("::").at(-1)!;
}

const DAY = 86_400_000;

/** What a terminal shows. */
export function secretsText({ stack, secrets, unknown }: SecretsReport, now = new Date()): string {
  const entries = secrets.flatMap((secret) => [
    `${secret.name}${secret.urn === undefined ? "" : ` (${nameOf(secret.urn)})`}: ${secret.about}`,
    `  owner ${secret.owner}, ${age(secret, now)}; used by ${secret.usedBy}`,
    `  rotation: ${secret.rotation}`,
  ]);
  const strangers = unknown.map((urn) => `${nameOf(urn)}: holds a credential that the inventory does not know`);
  return [...entries, ...strangers, `${stack}: ${secrets.length} credentials, ${unknown.length} unknown`].join("\n");
}

function age({ made, urn }: ListedSecret, now: Date): string {
  if (made !== undefined) return `${Math.max(0, Math.floor((now.getTime() - Date.parse(made)) / DAY))} days old`;
  return urn === undefined ? "kept by hosts" : "of unknown age";
}
