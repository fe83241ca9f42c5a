// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { secretFolder } from "../../../catalogue";
import type { CloudVault } from "../../../config/secrets";
import { ask, isRecord, partOf, type Question, type StoreAnswer } from "./ask";
import type { SecretStore, StoredSecret, StoreSurroundings } from "./store";

/** HashiCorp Vault's KV engine, version 2. Logs in at the first question. */
export function vaultStore(path: string, vault: CloudVault, { stack, directory }: StoreSurroundings): SecretStore {
  const folder = secretFolder(path, stack);
  const client = new VaultClient(vault, directory);
  const placeOf = (kind: "data" | "metadata", name: string): string =>
    `/v1/${vault.mount}/${kind}/${folder}${name === "" ? "" : `/${encodeURIComponent(name)}`}`;
  const data = (name: string): Promise<StoreAnswer> => client.call("GET", placeOf("data", name));
  return {
    about: `Vault at ${vault.address}, ${vault.mount}/${folder}`,
    names: async () => {
      const { body } = await client.call("GET", `${placeOf("metadata", "")}?list=true`);
      const keys = partOf(body, "data", "keys");
      return Array.isArray(keys)
        ? keys.filter((key): key is string => typeof key === "string" && !key.endsWith("/"))
        : [];
    },
    read: async (name) => {
      const secret = partOf((await data(name)).body, "data", "data");
      if (!isRecord(secret)) return undefined;
      const parts = Object.entries(secret).filter((part): part is [string, string] => typeof part[1] === "string");
      return Object.fromEntries(parts);
    },
    write: async (name, secret: StoredSecret) => {
      // With the version that it follows: what somebody else writes meanwhile is not covered up.
      const cas = partOf((await data(name)).body, "data", "metadata", "version") ?? 0;
      const { status } = await client.call("POST", placeOf("data", name), { options: { cas }, data: secret });
      if (status === 404) throw new Error(`Vault has no KV version 2 engine at ${vault.mount}`);
    },
  };
}

class VaultClient {
  private token: Promise<string> | undefined;

  constructor(
    private readonly vault: CloudVault,
    private readonly directory: string,
  ) {}

  /** @throws Error unless Vault answers that it did so, or (404) has no such thing. */
  async call(method: Question["method"], path: string, body?: object): Promise<StoreAnswer> {
    const answer = await this.send(method, path, { "X-Vault-Token": await (this.token ??= this.login()) }, body);
    return this.checked(answer, path);
  }

  private send(
    method: Question["method"],
    path: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<StoreAnswer> {
    const { address, namespace, authority } = this.vault;
    // Vault refuses this header's absence where it asks for it, so that no redirected browser can be used for a call.
    const always = { "X-Vault-Request": "true", ...(namespace !== undefined && { "X-Vault-Namespace": namespace }) };
    return ask({ method, url: `${address}${path}`, headers: { ...always, ...headers }, body, authority });
  }

  private checked(answer: StoreAnswer, path: string): StoreAnswer {
    const { status } = answer;
    if (status === 200 || status === 204 || status === 404) return answer;
    // Vault's own words are left out: they may repeat what they refuse.
    const reasons: Record<number, string> = {
      400: "somebody else wrote it meanwhile, or it is not taken; run the command again",
      403: "the login may not do this; its policy needs create, read and update there, and list above it",
      429: "too many requests; run the command again later",
      503: "Vault is sealed or being looked after",
    };
    throw new Error(
      `Vault answered ${status} for ${path.replace(/\?.*$/, "")}${reasons[status] ? `: ${reasons[status]}` : ""}`,
    );
  }

  private async login(): Promise<string> {
    const { auth } = this.vault;
    if ("tokenFile" in auth) return this.secretFile("secrets.vault.tokenFile", auth.tokenFile);
    const secretId = await this.secretFile("secrets.vault.appRole.secretIdFile", auth.secretIdFile);
    const path = `/v1/auth/${auth.mount}/login`;
    const answer = await this.send("POST", path, {}, { role_id: auth.roleId, secret_id: secretId });
    const token = partOf(answer.body, "auth", "client_token");
    if (answer.status === 200 && typeof token === "string" && token !== "") return token;
    throw new Error(`Vault does not let the AppRole of secrets.vault.appRole in (${answer.status})`);
  }

  private async secretFile(field: string, file: string): Promise<string> {
    const text = await readFile(resolve(this.directory, file), "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new Error(`${field}: ${file} cannot be read (${error.code})`);
    });
    const secret = text.trim();
    // What is no header's value would be quoted by Node's own error.
    if (/^[\x21-\x7e]+$/.test(secret)) return secret;
    throw new Error(`${field}: ${file} must hold one line of printable characters`);
  }
}
