// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from "node:crypto";
import { SecretStoreKind } from "../catalogue";
import type { Problem } from "./problems";
import type { CloudConfig, SecretsConfig } from "./stack.gen";

/** The store of secrets, as the stack file says. */
export interface CloudSecrets {
  store: SecretStoreKind;
  /** Folder in the store; the stack's name is a folder in it. */
  path: string;
  /** For its store. */
  vault?: CloudVault;
}

export interface CloudVault {
  /** `https://` and no path. */
  address: string;
  mount: string;
  namespace?: string;
  /** PEM; whom to trust for Vault's certificate where that is not the world's own list. */
  authority?: string;
  auth: { tokenFile: string } | { roleId: string; secretIdFile: string; mount: string };
}

/** What the schema cannot say of `secrets`. */
export function secretsProblems({ secrets }: CloudConfig): Problem[] {
  const { store, vault } = secrets as SecretsConfig;
  const path = "secrets.vault";
  const isVault = store === SecretStoreKind.Vault;
  if (vault === undefined) {
    if (!isVault) return [];
    return [{ path, found: "nothing", rule: "is required by the store vault", cure: "Say where Vault is." }];
  }
  const problems: Problem[] = [];
  if (!isVault) {
    const cure = "Remove it or choose that store.";
    problems.push({ path, found: "settings of Vault", rule: "belongs to the store vault", cure });
  }
  const ways = [vault.tokenFile, vault.appRole].filter((way) => way !== undefined).length;
  if (ways !== 1) {
    problems.push({
      path,
      found: ways === 0 ? "no login" : "two logins",
      rule: "needs exactly one of tokenFile and appRole",
      cure: "Say how to log in.",
    });
  }
  if (vault.authority !== undefined && !isCertificate(vault.authority)) {
    const cure = "Give the authority's certificate.";
    problems.push({ path: `${path}.authority`, found: "text", rule: "must be a PEM certificate", cure });
  }
  return problems;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

export function cloudSecrets({ store, path, vault }: SecretsConfig): CloudSecrets {
  if (store !== SecretStoreKind.Vault || vault === undefined) return { store: store as SecretStoreKind, path: path! };
  const { tokenFile, appRole, address, mount, namespace, authority } = vault;
  const { roleId, secretIdFile, mount: roleMount } = appRole ?? {};
  return {
    store: SecretStoreKind.Vault,
    path: path!,
    vault: {
      address,
      mount: mount!,
      namespace,
      authority,
      auth:
        tokenFile === undefined ? { roleId: roleId!, secretIdFile: secretIdFile!, mount: roleMount! } : { tokenFile },
    },
  };
}
