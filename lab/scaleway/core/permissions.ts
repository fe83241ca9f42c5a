// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "./clock";
import { unauthenticated } from "./errors";
import type { ApiKey, Policy, PolicyRule } from "./model";
import type { Store } from "./store";
import type { Vault } from "./vault";

/** What a permission set opens, in the emulator's division of the API. Flexible IPs belong to `baremetal`. */
export type Product =
  | "account"
  | "iam"
  | "sshKeys"
  | "baremetal"
  | "vpc"
  | "privateNetworks"
  | "ipam"
  | "dns"
  | "secrets"
  | "secretData"
  | "buckets"
  | "objects"
  | "objectDeletion";
export type Action = "read" | "write";

const storage: readonly Product[] = ["buckets", "objects", "objectDeletion"];
const secrets: readonly Product[] = ["secrets", "secretData"];
const networks: readonly Product[] = ["vpc", "privateNetworks", "ipam"];
const resources: readonly Product[] = ["sshKeys", "baremetal", ...networks, "dns", ...secrets, ...storage];

// Names as Scaleway documents them under "permission sets"; sets of products that the emulator lacks grant nothing here.
const permissionSets: Record<string, { products: readonly Product[]; write: boolean }> = {
  AllProductsFullAccess: { products: resources, write: true },
  AllProductsReadOnly: { products: resources, write: false },
  SSHKeysFullAccess: { products: ["sshKeys"], write: true },
  SSHKeysReadOnly: { products: ["sshKeys"], write: false },
  ElasticMetalFullAccess: { products: ["baremetal"], write: true },
  ElasticMetalReadOnly: { products: ["baremetal"], write: false },
  VPCFullAccess: { products: ["vpc"], write: true },
  VPCReadOnly: { products: ["vpc"], write: false },
  PrivateNetworksFullAccess: { products: ["privateNetworks"], write: true },
  PrivateNetworksReadOnly: { products: ["privateNetworks"], write: false },
  IPAMFullAccess: { products: ["ipam"], write: true },
  IPAMReadOnly: { products: ["ipam"], write: false },
  DomainsDNSFullAccess: { products: ["dns"], write: true },
  DomainsDNSReadOnly: { products: ["dns"], write: false },
  SecretManagerFullAccess: { products: secrets, write: true },
  SecretManagerReadOnly: { products: ["secrets"], write: false },
  SecretManagerSecretAccess: { products: ["secretData"], write: false },
  ObjectStorageFullAccess: { products: storage, write: true },
  ObjectStorageReadOnly: { products: storage, write: false },
  ObjectStorageBucketsRead: { products: ["buckets"], write: false },
  ObjectStorageBucketsWrite: { products: ["buckets"], write: true },
  ObjectStorageObjectsRead: { products: ["objects"], write: false },
  ObjectStorageObjectsWrite: { products: ["objects"], write: true },
  ObjectStorageObjectsDelete: { products: ["objectDeletion"], write: true },
  ProjectManager: { products: ["account"], write: true },
  ProjectReadOnly: { products: ["account"], write: false },
  IAMManager: { products: ["iam", "account"], write: true },
  IAMReadOnly: { products: ["iam"], write: false },
  OrganizationManager: { products: ["iam", "account"], write: true },
};

/** Who sent a request. */
export interface Principal {
  /** Whether it may do this, in this project; without a project: in any. */
  can(product: Product, action: Action, projectId?: string): boolean;
}

/** The owner of the account: everything is allowed. */
const operator: Principal = { can: () => true };

export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Finds out who holds a token: the operator, or the application that an API key was made for. */
export class Authenticator {
  private readonly operatorHash: string;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly operator: { accessKey: string; secretKey: string; projectId: string },
    private readonly vault: Vault,
  ) {
    this.operatorHash = hashSecret(operator.secretKey);
  }

  /** Who signs with an access key, and the secret that the signature is made with; undefined where there is no such key. */
  signer(accessKey: string): { secret: string; projectId: string; principal: Principal } | undefined {
    if (accessKey === this.operator.accessKey) {
      return { secret: this.operator.secretKey, projectId: this.operator.projectId, principal: operator };
    }
    const row = this.store.get("apiKeys", accessKey);
    if (row === undefined || this.expired(row.api)) return undefined;
    const principal = row.api.application_id === undefined ? operator : this.application(row.api.application_id);
    return { secret: this.vault.open(row.internal.sealedSecret), projectId: row.api.default_project_id, principal };
  }

  /** @throws ApiError 401 */
  principal(token: string | undefined): Principal {
    if (token === undefined) throw unauthenticated();
    const hash = hashSecret(token);
    if (sameHash(hash, this.operatorHash)) return operator;
    const key = this.store.all("apiKeys").find(({ internal }) => sameHash(hash, internal.secretHash))?.api;
    if (key === undefined || this.expired(key)) throw unauthenticated();
    if (key.application_id === undefined) return operator;
    const application = this.store.get("applications", key.application_id);
    if (application === undefined) throw unauthenticated();
    return this.application(application.id);
  }

  private expired(key: ApiKey): boolean {
    return key.expires_at !== null && Date.parse(key.expires_at) <= this.clock.now();
  }

  private application(id: string): Principal {
    const groups = this.store.all("groups").filter(({ api }) => api.application_ids.includes(id));
    const groupIds = groups.map((group) => group.id);
    const concerns = (policy: Policy): boolean =>
      policy.application_id === id || (policy.group_id !== undefined && groupIds.includes(policy.group_id));
    const rules = this.store
      .all("policies")
      .filter(({ api }) => concerns(api))
      .flatMap(({ internal }) => internal.rules);
    return { can: (product, action, projectId) => rules.some((rule) => grants(rule, product, { action, projectId })) };
  }
}

function grants(
  rule: PolicyRule,
  product: Product,
  wanted: { action: Action; projectId: string | undefined },
): boolean {
  const inScope =
    rule.organization_id !== undefined ||
    wanted.projectId === undefined ||
    (rule.project_ids ?? []).includes(wanted.projectId);
  return (
    inScope &&
    rule.permission_set_names.some((name) => {
      const set = permissionSets[name];
      return set !== undefined && set.products.includes(product) && (wanted.action === "read" || set.write);
    })
  );
}

function sameHash(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a, "hex"), Buffer.from(b, "hex"));
}
