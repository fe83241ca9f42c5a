// SPDX-License-Identifier: Apache-2.0
import { cloudDefaults, secretFolder } from "../../../catalogue";
import { ask, isRecord, partOf } from "./ask";
import type { SecretStore, StoredSecret, StoreSurroundings } from "./store";

/** Secrets of a page of a list; Scaleway gives no more. */
const PAGE = 100;

/**
 * Scaleway's Secret Manager, to be read: what is in it each run of the program writes. The key that reads is the operator's,
 * `SCW_SECRET_KEY`.
 */
export function scalewaySecretManager(
  { path, region, projectId }: { path: string; region: string; projectId: string },
  { stack, environment }: StoreSurroundings,
): SecretStore {
  const folder = `/${secretFolder(path, stack)}`;
  const api = (environment.SCW_API_URL ?? cloudDefaults.scalewayApi).replace(/\/+$/, "");
  const get = async (tail: string): Promise<{ status: number; body: unknown }> => {
    const token = environment.SCW_SECRET_KEY;
    if (!token) throw new Error("SCW_SECRET_KEY: is not set; give the key that may read Secret Manager");
    const url = `${api}/secret-manager/v1beta1/regions/${region}/secrets${tail}`;
    const answer = await ask({ method: "GET", url, headers: { "X-Auth-Token": token } });
    if (answer.status === 200 || answer.status === 404) return answer;
    const cure =
      answer.status === 401 || answer.status === 403
        ? "; the key needs SecretManagerReadOnly and SecretManagerSecretAccess"
        : "";
    throw new Error(`Secret Manager answered ${answer.status}${cure}`);
  };
  let known: Promise<Map<string, string>> | undefined;
  const ids = async (): Promise<Map<string, string>> => {
    const found = new Map<string, string>();
    for (let page = 1; ; page++) {
      const query = new URLSearchParams({ project_id: projectId, path: folder, page: `${page}`, page_size: `${PAGE}` });
      const secrets = partOf((await get(`?${query.toString()}`)).body, "secrets");
      if (!Array.isArray(secrets)) throw new Error("Secret Manager answered with no list of secrets");
      for (const secret of secrets as unknown[]) {
        const [id, name] = [partOf(secret, "id"), partOf(secret, "name")];
        if (typeof id === "string" && typeof name === "string") found.set(name, id);
      }
      if (secrets.length < PAGE) return found;
    }
  };
  return {
    about: `Scaleway Secret Manager, ${region}, ${folder}`,
    names: async () => [...(await (known ??= ids())).keys()],
    read: async (name) => {
      const id = (await (known ??= ids())).get(name);
      if (id === undefined) return undefined;
      const { status, body } = await get(`/${encodeURIComponent(id)}/versions/latest_enabled/access`);
      return status === 404 ? undefined : opened(name, partOf(body, "data"));
    },
  };
}

/** Node's own error could quote the text. */
function opened(name: string, data: unknown): StoredSecret {
  try {
    const secret: unknown = JSON.parse(Buffer.from(String(data), "base64").toString("utf8"));
    if (isRecord(secret) && Object.values(secret).every((part) => typeof part === "string"))
      return secret as StoredSecret;
  } catch {
    // told below
  }
  throw new Error(`Secret Manager: ${name} is not what a run of the program writes there`);
}
