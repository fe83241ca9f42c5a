// SPDX-License-Identifier: Apache-2.0
import { CLOUD } from "../../../policies/define";
import { UNKNOWN, type Judged } from "../../helpers/policy";

/** One policy by examples. */
export interface PolicyCase {
  policy: string;
  passes: Judged;
  fails: Judged;
  /** What is not there at all: `fails` where the thing must be there. */
  absent: Judged & { fails: boolean };
  /** Not known yet in a preview: no verdict; left out where only plain facts are looked at. */
  unknown?: Judged;
  /** The failing example, judged by another threshold, and then passing; or the passing one, then failing. */
  override?: { config: Record<string, unknown>; of: "passes" | "fails" };
}

const cloud = (props: Record<string, unknown>): Judged => ({ type: CLOUD, props });
const of =
  (type: string) =>
  (props: Record<string, unknown>): Judged => ({ type, props });
const command = of("command:remote:Command");
const server = of("scaleway:elasticmetal/server:Server");
const bucket = of("scaleway:object/bucket:Bucket");
const user = of("opennebula:index:User");
const iam = of("scaleway:iam/policy:Policy");
const backups = of("opennebula-scaleway:index:Backup");
const acl = of("scaleway:network/acl:Acl");

export const cases: PolicyCase[] = [
  {
    policy: "ssh-host-key-pinned",
    passes: command({ connection: { hostKey: "k", proxy: { hostKey: "k" } } }),
    fails: command({ connection: { hostKey: "k", proxy: { host: "b" } } }),
    absent: { ...command({}), fails: true },
    unknown: command({ connection: UNKNOWN }),
  },
  {
    policy: "no-triggers-with-undo",
    passes: command({ delete: "x", triggers: [] }),
    fails: command({ delete: "x", triggers: ["1"] }),
    absent: { ...command({ triggers: ["1"] }), fails: false },
    unknown: command({ delete: UNKNOWN, triggers: ["1"] }),
  },
  {
    policy: "ssh-from-named-networks",
    passes: cloud({ adminNetworks: ["192.0.2.0/25", "2001:db8::/48"] }),
    fails: cloud({ adminNetworks: ["0.0.0.0/0"] }),
    absent: { ...cloud({}), fails: true },
    override: { config: { shortestPrefix4: 0 }, of: "fails" },
  },
  {
    policy: "servers-protected",
    passes: { ...server({ protected: true }), protect: true },
    fails: { ...server({ protected: false }), protect: true },
    absent: { ...server({}), fails: true },
    override: { config: { stacks: [] }, of: "fails" },
  },
  {
    policy: "servers-in-private-network",
    passes: server({ privateNetworks: [{ id: UNKNOWN }] }),
    fails: server({ privateNetworks: [] }),
    absent: { ...server({}), fails: true },
    unknown: server({ privateNetworks: UNKNOWN }),
  },
  {
    policy: "api-not-public",
    passes: cloud({ services: { https: { from: ["public"] }, oned: { from: ["private"] } } }),
    fails: cloud({ services: { oned: { from: ["public"] } } }),
    absent: { ...cloud({}), fails: false },
    override: { config: { publicServices: ["oned"] }, of: "fails" },
  },
  {
    policy: "fireedge-by-tls",
    passes: cloud({ layers: ["tls"], services: { fireedge: { bind: "loopback", from: [] }, https: { from: [] } } }),
    fails: cloud({ layers: [], services: { fireedge: { bind: "loopback", from: [] }, https: { from: [] } } }),
    absent: { ...cloud({}), fails: false },
  },
  {
    policy: "certificate-renewed",
    passes: of("opennebula-scaleway:index:TlsProxy")({ mode: "private-ca", validityHours: 2160 }),
    fails: of("opennebula-scaleway:index:TlsProxy")({ mode: "imported" }),
    absent: { ...of("opennebula-scaleway:index:TlsProxy")({}), fails: false },
    override: { config: { longestHours: 100 }, of: "passes" },
  },
  {
    policy: "no-service-wider-than-its-zone",
    passes: acl({ rules: [{ action: "accept", source: "0.0.0.0/0", dstPortLow: 443, dstPortHigh: 443 }] }),
    fails: acl({ rules: [{ action: "accept", source: "::/0", dstPortLow: 2633, dstPortHigh: 2633 }] }),
    absent: { ...acl({}), fails: false },
    unknown: acl({ rules: UNKNOWN }),
  },
  {
    policy: "policies-narrow",
    passes: iam({ rules: [{ permissionSetNames: ["ElasticMetalFullAccess"], projectIds: ["p"] }] }),
    fails: iam({ rules: [{ permissionSetNames: ["AllProductsFullAccess"], projectIds: ["p"] }] }),
    absent: { ...iam({}), fails: false },
    unknown: iam({ rules: UNKNOWN }),
    override: { config: { forbiddenSets: [] }, of: "fails" },
  },
  {
    policy: "api-keys-expire",
    passes: of("scaleway:iam/apiKey:ApiKey")({ expiresAt: "2027-01-01T00:00:00Z" }),
    fails: of("scaleway:iam/apiKey:ApiKey")({ description: "for ever" }),
    absent: { ...of("scaleway:iam/apiKey:ApiKey")({}), fails: true },
    unknown: of("scaleway:iam/apiKey:ApiKey")({ expiresAt: UNKNOWN }),
  },
  {
    policy: "buckets-private",
    passes: bucket({ acl: "private" }),
    fails: of("scaleway:object/bucketAcl:BucketAcl")({ acl: "public-read" }),
    absent: { ...bucket({}), fails: false },
    unknown: bucket({ acl: UNKNOWN }),
  },
  {
    policy: "buckets-versioned",
    passes: bucket({ versioning: { enabled: true } }),
    fails: bucket({ versioning: { enabled: false } }),
    absent: { ...bucket({}), fails: true },
    unknown: bucket({ versioning: UNKNOWN }),
  },
  {
    policy: "old-versions-expire",
    passes: bucket({
      versioning: { enabled: true },
      lifecycleRules: [{ enabled: true, noncurrentVersionExpiration: { noncurrentDays: 30 } }],
    }),
    fails: bucket({ versioning: { enabled: true }, lifecycleRules: [{ enabled: true, expiration: { days: 9 } }] }),
    absent: { ...bucket({}), fails: false },
    unknown: bucket({ versioning: { enabled: true }, lifecycleRules: UNKNOWN }),
  },
  {
    policy: "firewall-declared",
    passes: cloud({ firewall: true }),
    fails: cloud({ firewall: false }),
    absent: { ...cloud({}), fails: true },
  },
  {
    policy: "backups-declared",
    passes: cloud({ layers: ["backup"] }),
    fails: cloud({ layers: ["baremetal"] }),
    absent: { ...cloud({}), fails: true },
    override: { config: { stacks: [] }, of: "fails" },
  },
  {
    policy: "disks-encrypted",
    passes: cloud({ encryptedDisks: true }),
    fails: cloud({ encryptedDisks: false }),
    absent: { ...cloud({}), fails: true },
    override: { config: { stacks: [] }, of: "fails" },
  },
  {
    policy: "backups-own-project",
    passes: backups({ projectId: "p", ownProject: true }),
    fails: backups({ projectId: "p", ownProject: false }),
    absent: { ...backups({}), fails: true },
    override: { config: { stacks: [] }, of: "fails" },
  },
  {
    policy: "monitoring-declared",
    passes: cloud({ layers: ["monitoring"] }),
    fails: cloud({ layers: ["baremetal"] }),
    absent: { ...cloud({}), fails: true },
  },
  {
    policy: "zones-allowed",
    passes: cloud({ zone: "fr-par-2" }),
    fails: cloud({ zone: "us-east-1" }),
    absent: { ...cloud({}), fails: true },
    override: { config: { prefixes: ["nl-"] }, of: "passes" },
  },
  {
    policy: "tags-required",
    passes: bucket({ tags: { team: "a" } }),
    fails: { ...bucket({ tags: { other: "a" } }), config: { tags: ["team="] } },
    absent: { ...bucket({}), fails: false },
    unknown: { ...bucket({ tags: UNKNOWN }), config: { tags: ["team="] } },
    override: { config: { tags: ["owner="] }, of: "passes" },
  },
  {
    policy: "cost-ceiling",
    passes: cloud({ offers: { fe: "EM-A610R-NVME" } }),
    fails: cloud({ offers: { fe: "EM-T620E-H100" } }),
    absent: { ...cloud({}), fails: false },
    override: { config: { monthlyEuros: 10 }, of: "passes" },
  },
  {
    policy: "packages-verified",
    passes: cloud({ repository: { keyUrl: "https://a/key" } }),
    fails: cloud({ repository: { keyUrl: "http://a/key" } }),
    absent: { ...cloud({}), fails: false },
    override: { config: { stacks: ["other"] }, of: "fails" },
  },
  {
    policy: "no-default-passwords",
    passes: user({ name: "ada", password: "kX9vQ2mZ7tR4" }),
    fails: user({ name: "ada", password: "opennebula" }),
    absent: { ...user({ name: "ada" }), fails: false },
    unknown: user({ name: "ada", password: UNKNOWN }),
  },
  {
    policy: "passwords-long",
    passes: of("random:index/randomPassword:RandomPassword")({ length: 32 }),
    fails: of("random:index/randomPassword:RandomPassword")({ length: 8 }),
    absent: { ...of("random:index/randomPassword:RandomPassword")({}), fails: false },
    unknown: of("random:index/randomPassword:RandomPassword")({ length: UNKNOWN }),
    override: { config: { shortest: 64 }, of: "passes" },
  },
  {
    policy: "images-checksummed",
    passes: of("opennebula:index:Image")({ path: "https://a/b.qcow2", sha1: "x" }),
    fails: of("opennebula:index:Image")({ path: "https://a/b.qcow2" }),
    absent: { ...of("opennebula:index:Image")({}), fails: false },
    unknown: of("opennebula:index:Image")({ path: UNKNOWN }),
  },
  {
    policy: "no-secrets-in-plain-places",
    passes: server({ cloudInit: "ssh_keys: {ecdsa_private: '-----BEGIN EC PRIVATE KEY-----'}\nusers: [ops]\n" }),
    fails: command({ create: "mysql --password=hunter2hunter2" }),
    absent: { ...command({}), fails: false },
    unknown: command({ create: UNKNOWN }),
  },
];
