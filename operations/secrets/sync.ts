// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import { credentialFields, heldCredential, type CredentialName } from "../../catalogue";
import { parseCloud } from "../../config/cloud";
import { reveal, type Stack } from "../stack";
import { nameOf } from "./list";
import { secretStore, type SecretStore, type StoredSecret } from "./stores/store";

/** One credential in the store; never its value. */
export interface SyncedSecret {
  /** Its name in the store. */
  name: string;
  /** `differs`: the store has another value, or none, and only a run of the program writes there. */
  verdict: "same" | "written" | "differs" | "failed";
  reason?: string;
}

export interface SyncReport {
  stack: string;
  /** What the store is; undefined where credentials are in the stack's state alone. */
  store?: string;
  secrets: SyncedSecret[];
  /** Names that the store has and the stack has not: of people and hosts that went. They are left alone. */
  left: string[];
}

/** How the store is reached. */
export interface SyncOptions {
  /** Directory of the program. @default the current one */
  directory?: string;
  /** Only these of the inventory. @default all that the stack holds */
  only?: readonly CredentialName[];
  /** @default what the stack's configuration names */
  store?: SecretStore;
}

/**
 * Brings the credentials of a stack's state to its store, or, where each run of the program does that, looks whether they are there. What
 * is equal is not written again, so a run after a kill goes on where that one was.
 *
 * @throws Error when the store does not answer or lets nobody in.
 */
export async function syncSecrets(stack: Stack, options: SyncOptions = {}): Promise<SyncReport> {
  const { directory, only } = options;
  const store = options.store ?? (await storeOf(stack, directory));
  if (store === undefined) return { stack: stack.name, secrets: [], left: [] };
  const wanted = await credentialsOf(stack);
  const secrets: SyncedSecret[] = [];
  for (const [name, { credential, secret }] of wanted) {
    if (only !== undefined && !only.includes(credential)) continue;
    const done = await synced(store, name, secret).catch((error: Error) => ({
      verdict: "failed" as const,
      reason: error.message,
    }));
    secrets.push({ name, ...done });
  }
  const left = only === undefined ? (await store.names()).filter((name) => !wanted.has(name)).sort() : [];
  return { stack: stack.name, store: store.about, secrets, left };
}

/**
 * Gives a store that runs of the program do not write the new value of a credential.
 *
 * @throws Error when the store has not got it.
 */
export async function storeFresh(stack: Stack, name: CredentialName, directory?: string): Promise<void> {
  const store = await storeOf(stack, directory);
  if (!store?.write) return;
  const { secrets } = await syncSecrets(stack, { store, only: [name] });
  const failed = secrets.find(({ verdict }) => verdict === "failed");
  if (failed === undefined) return;
  throw new Error(
    `the value is replaced, but the secret store has the old one (${failed.reason}); run \`secrets sync\``,
  );
}

async function storeOf(stack: Stack, directory = process.cwd()): Promise<SecretStore | undefined> {
  const config = parseCloud(await stack.config(), process.env.SCW_DEFAULT_PROJECT_ID || "unknown");
  return secretStore(config, { stack: stack.name, directory, environment: process.env });
}

async function synced(store: SecretStore, name: string, secret: StoredSecret): Promise<Omit<SyncedSecret, "name">> {
  const present = await store.read(name);
  if (isDeepStrictEqual(present, secret)) return { verdict: "same" };
  if (!store.write) {
    const found = present === undefined ? "it has no value" : "it has another value";
    return { verdict: "differs", reason: `${found}; run \`pulumi up --refresh\`` };
  }
  await store.write(name, secret);
  // What was written is what will be read: a proxy or a wrong mount in between shows here.
  if (!isDeepStrictEqual(await store.read(name), secret))
    throw new Error("the store does not give back what was written");
  return { verdict: "written" };
}

/** What the state holds of the inventory, by the names in the store, sorted. */
async function credentialsOf(stack: Stack): Promise<Map<string, { credential: CredentialName; secret: StoredSecret }>> {
  const found = (await stack.export()).flatMap(({ urn, type, outputs, delete: isGoing }) => {
    const held = isGoing ? undefined : heldCredential(type, nameOf(urn));
    if (held === undefined) return [];
    const values = reveal(outputs ?? {}) as Record<string, unknown>;
    const secret = Object.entries(credentialFields[type]!).map(([output, key]) => [key, values[output]]);
    if (secret.some(([, value]) => typeof value !== "string"))
      throw new Error(`${urn}: the stack's state has not all of it; run \`pulumi up\` first`);
    return [[held.storedAs, { credential: held.name, secret: Object.fromEntries(secret) as StoredSecret }] as const];
  });
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a terminal shows. */
export function syncText({ stack, store, secrets, left }: SyncReport): string {
  if (store === undefined)
    return `${stack}: credentials are in the stack's encrypted state alone; \`secrets.store\` in the stack file names another place`;
  const lines = secrets.map(
    ({ name, verdict, reason }) => `${name}: ${verdict}${reason === undefined ? "" : ` (${reason})`}`,
  );
  const count = (verdict: SyncedSecret["verdict"]): number => secrets.filter((one) => one.verdict === verdict).length;
  const sums = (["same", "written", "differs", "failed"] as const).map((verdict) => `${count(verdict)} ${verdict}`);
  return [
    ...lines,
    ...left.map((name) => `${name}: is in the store and not in the stack; take it away there when nobody needs it`),
    `${stack}: ${secrets.length} credentials in ${store}: ${sums.join(", ")}`,
  ].join("\n");
}
