// SPDX-License-Identifier: Apache-2.0

/** What is refused before anything happens: all mistakes at once, each with its path, none with its value. */
import fc from "fast-check";
import { aclRuleToHex, parseAclRule } from "../../../opennebula";
import { AssetValue, Secret, UNKNOWN, type PropertyMap } from "../../../provider/grpc/provider";
import { openNebulaProvider } from "../../../provider/opennebula";
import { canonicalRule, ruleMistake } from "../../../provider/resources/acl-rule";
import { token } from "../../../provider/types";
import { connectProvider, type ProviderClient } from "../../helpers/provider-client";

const CANARY = "canary-6b11";
let client: ProviderClient;
beforeAll(async () => void (client = await connectProvider(openNebulaProvider())));
afterAll(async () => client.close());

const mistakes = async (type: string, news: PropertyMap): Promise<Record<string, string>> => {
  const { failures } = await client.check({ type: token(type) }, news);
  const found = Object.fromEntries(failures.map(({ property, reason }) => [property, reason]));
  expect(JSON.stringify(found)).not.toContain(CANARY);
  return found;
};

const TABLE: [type: string, news: PropertyMap, paths: string[]][] = [
  [
    "Cluster",
    { name: " x", attributes: { a: "1", A: "2", PULUMI_URN: "u", "B-C": "x", D: { E: [CANARY] } } },
    ["attributes.a", "attributes.B-C", "attributes.D.E", "attributes.PULUMI_URN", "name"],
  ],
  [
    "Datastore",
    { name: "d", type: "NO_DS", permissions: "888", limitMb: 0, attributes: { TM_MAD: "ssh", X: `${CANARY}]]>` } },
    ["attributes.TM_MAD", "attributes.X", "dsMad", "limitMb", "permissions", "tmMad", "type"],
  ],
  [
    "VirtualNetwork",
    { name: "n", bridge: "b\rr", guestMtu: 1, qos: { speed: 1 } },
    ["bridge", "guestMtu", "qos.speed", "vnMad"],
  ],
  ["AddressRange", { network: 7, size: 0, mac: CANARY, type: "IP5" }, ["mac", "network", "size", "type"]],
  ["Reservation", { network: "1", size: 2, into: "3", name: "x", owner: "y" }, ["name", "owner"]],
  [
    "SecurityGroup",
    { name: "s", rules: [{ protocol: "TCP", ports: "ssh" }, { direction: "up" }] },
    ["rules[0].direction", "rules[0].ports", "rules[1].direction", "rules[1].protocol"],
  ],
  [
    "VirtualMachine",
    { name: "v", powerState: "on", persistent: true, disks: [{ name: "a" }, { name: "a" }], nics: [{ name: "NIC0" }] },
    ["cpu", "disks[1].name", "memory", "nics[0].name", "persistent", "powerState"],
  ],
  ["User", { name: "a:b", password: new Secret(`${CANARY} x`) }, ["name", "password"]],
  ["Acl", { rule: "@1 VM/* FLY *" }, ["rule"]],
  ["Quota", { user: "a", group: "b", vm: { vms: -3 } }, ["user", "vm.vms"]],
  ["Hook", { name: "h", type: "api" }, ["call", "command"]],
  ["Hook", { name: "h", type: "state", command: "x", resource: "VM" }, ["on"]],
  ["Hook", { name: "h", type: "state", command: "x", resource: "VM", on: "CREATE" }, ["on"]],
  ["Hook", { name: "h", type: "state", command: "x", resource: "VM", on: "custom" }, ["lcmState", "state"]],
  ["Hook", { name: "h", type: "state", command: "x", resource: "HOST" }, ["state"]],
  ["Image", { name: "i", datastore: "1" }, ["path"]],
];

it.each(TABLE)("tells every mistake of a %s", async (type, news, paths) => {
  expect(Object.keys(await mistakes(type, news)).sort()).toEqual([...paths].sort());
});

it("refuses an upload and says what to do instead", async () => {
  const path = new AssetValue("asset", { path: "/home/me/os.qcow2" }, "h");
  expect((await mistakes("Image", { name: "i", datastore: "1", path }))["path"]).toContain("oned takes no uploads");
});

it("wraps secrets that a caller without a schema gave plain, at every depth", async () => {
  const restic = { server: "backup", password: CANARY };
  const { inputs } = await client.check(
    { type: token("Datastore") },
    { name: "b", type: "BACKUP_DS", dsMad: "restic", restic },
  );
  expect(inputs["restic"]).toEqual({ server: "backup", password: new Secret(CANARY) });
});

it("passes what a preview does not know yet, at every depth", async () => {
  const nics: PropertyMap[] = [{ name: "a", network: UNKNOWN, securityGroups: [UNKNOWN] }];
  expect(
    await mistakes("VirtualMachine", { name: UNKNOWN, template: UNKNOWN, nics, attributes: { A: UNKNOWN } }),
  ).toEqual({});
});

describe("access rules", () => {
  const id = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  const some = (words: string[]) => fc.subarray(words, { minLength: 1 }).map((list) => list.join("+"));
  const rule = fc
    .tuple(
      fc.oneof(
        fc.constant("*"),
        id.map((n) => `#${n}`),
        id.map((n) => `@${n}`),
      ),
      some(["VM", "HOST", "NET", "IMAGE", "ACL", "ZONE", "VROUTER", "HOOK", "BACKUPJOB"]),
      fc.oneof(
        fc.constant("*"),
        id.map((n) => `#${n}`),
        id.map((n) => `@${n}`),
        id.map((n) => `%${n}`),
      ),
      some(["USE", "MANAGE", "ADMIN", "CREATE"]),
      fc.oneof(
        fc.constant("*"),
        id.map((n) => `#${n}`),
      ),
    )
    .map(([who, types, which, rights, zone]) => `${who} ${types}/${which} ${rights} ${zone}`);

  it("come back from oned's numbers as they were", () => {
    fc.assert(fc.property(rule, (text) => ruleMistake(text) === undefined && canonicalRule(text) === text));
  });

  it("are the same whatever the order of their words, and have oned's own numbers", () => {
    expect(canonicalRule("@100 NET+VM/* CREATE+USE")).toBe(canonicalRule("@100 VM+NET/*  USE+CREATE *"));
    // As recorded of `onegroup create`.
    const recorded = { user: "200000067", resource: "125429400000000", rights: "8", zone: "400000000" };
    const words = "@103 VM+IMAGE+TEMPLATE+DOCUMENT+SECGROUP+VROUTER+VMGROUP+BACKUPJOB/* CREATE *";
    expect(aclRuleToHex(parseAclRule(words))).toEqual(recorded);
  });
});
