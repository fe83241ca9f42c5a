// SPDX-License-Identifier: Apache-2.0

/** Networks and what is around VMs: what is made of them, and what happens to it. */
import type { PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";
import { byId, merge, NOT_AUTHORIZED, pooled, TAKEN, type Case, type Ids } from "./case";
import type { World } from "./world";

const NETWORK = 'VN_MAD = "dummy"\nBRIDGE = "br0"\nAR = [ TYPE = "IP4", IP = "10.0.0.10", SIZE = "50" ]';
const networkNamed = async (world: World, name: string): Promise<string> =>
  world.call("one.vn.allocate", `NAME = "${name}"\n${NETWORK}`, -1);

const rangesWith =
  (network: (ids: Ids) => string, text: string) =>
  async (world: World, _name: string, ids: Ids): Promise<number> =>
    (await world.call("one.vn.info", Number(network(ids)))).split(text).length - 1;

/** Members of a list that have different properties. */
const list = (...members: PropertyMap[]): PropertyValue => members;

const split = (id: string): [number, number] => id.split(":").map(Number) as [number, number];

export const NETWORK_CASES: Case[] = [
  {
    type: "VirtualNetwork",
    api: "vn",
    before: async (world) => ({ group: await world.call("one.secgroup.allocate", 'NAME = "web"') }),
    inputs: (name, { group }) => ({
      name,
      vnMad: "dummy",
      bridge: "br0",
      networkAddress: "10.1.2.0",
      networkMask: "255.255.255.0",
      gateway: "10.1.2.1",
      dns: ["10.1.2.1", "9.9.9.9"],
      guestMtu: 1400,
      securityGroups: ["0", group ?? ""],
      qos: { inboundAverage: 100 },
      permissions: "640",
      attributes: { NOTE: "n" },
    }),
    update: () => ({
      gateway: "10.1.2.254",
      dns: undefined,
      guestMtu: 9000,
      qos: { inboundAverage: 200 },
      attributes: {},
    }),
    replace: () => ({ vnMad: "bridge" }),
    drift: merge("vn", 'GATEWAY = "10.9.9.9"'),
    drifted: ["gateway"],
    remove: byId("one.vn.delete"),
    allocate: "one.vn.allocate",
    duplicate: TAKEN,
    denied: NOT_AUTHORIZED,
    count: pooled("vnpool", -2, -1, -1),
  },
  {
    type: "AddressRange",
    before: async (world) => ({ network: await networkNamed(world, "for-ranges") }),
    inputs: (name, { network }) => ({
      network: network ?? "",
      ip: "10.7.0.1",
      size: 10,
      attributes: { IPAM_MAD: "internal", NOTE: `note-${name}` },
    }),
    update: () => ({ size: 20, attributes: { IPAM_MAD: "internal", NOTE: "other" } }),
    replace: () => ({ ip: "10.8.0.1" }),
    drift: async (world, id) => {
      const [network, range] = split(id);
      return world.call("one.vn.update_ar", network, `AR = [ AR_ID = "${range}", SIZE = "15" ]`);
    },
    drifted: ["attributes.NOTE", "size"],
    remove: async (world, id) => world.call("one.vn.rm_ar", ...split(id)),
    allocate: "one.vn.add_ar",
    denied: NOT_AUTHORIZED,
    count: async (world, name, ids) => rangesWith(({ network = "" }) => network, `note-${name}]`)(world, name, ids),
  },
  {
    type: "Reservation",
    api: "vn",
    before: async (world) => ({ network: await networkNamed(world, "for-reservations") }),
    inputs: (name, { network }) => ({
      name,
      network: network ?? "",
      size: 4,
      attributes: { NOTE: "n" },
      permissions: "660",
    }),
    update: () => ({ attributes: { NOTE: "m" }, permissions: "640" }),
    replace: () => ({ size: 5 }),
    drift: merge("vn", 'NOTE = "x"'),
    drifted: ["attributes.NOTE"],
    remove: byId("one.vn.delete"),
    allocate: "one.vn.reserve",
    duplicate: TAKEN,
    quota: ({ network }) => `NETWORK = [ ID = "${network ?? ""}", LEASES = "3" ]`,
    count: pooled("vnpool", -2, -1, -1),
  },
  {
    type: "SecurityGroup",
    api: "secgroup",
    inputs: (name) => ({
      name,
      description: "web",
      rules: list(
        { protocol: "TCP", direction: "inbound", ports: "80,443" },
        { protocol: "ALL", direction: "outbound" },
      ),
    }),
    update: () => ({
      rules: list(
        { protocol: "ALL", direction: "outbound" },
        { protocol: "TCP", direction: "inbound", ports: "22,80:90" },
      ),
      description: undefined,
    }),
    drift: merge("secgroup", 'RULE = [ PROTOCOL = "ALL", RULE_TYPE = "inbound" ]'),
    drifted: ["rules[0]", "rules[1]"],
    remove: byId("one.secgroup.delete"),
    allocate: "one.secgroup.allocate",
    duplicate: TAKEN,
    count: pooled("secgrouppool", -2, -1, -1),
  },
  {
    type: "VmGroup",
    api: "vmgroup",
    before: async (world) => ({ host: await world.call("one.host.allocate", "host01", "dummy", "dummy", -1) }),
    inputs: (name, { host }) => ({
      name,
      roles: list({ name: "web", policy: "ANTI_AFFINED" }, { name: "db", affinedHosts: [host ?? ""] }),
      antiAffined: ["web,db"],
    }),
    update: ({ host }) => ({
      roles: list({ name: "db", affinedHosts: [host ?? ""] }, { name: "web", policy: "AFFINED" }, { name: "cache" }),
    }),
    drift: merge("vmgroup", 'NOTE = "x"'),
    drifted: [],
    remove: byId("one.vmgroup.delete"),
    allocate: "one.vmgroup.allocate",
    duplicate: TAKEN,
    count: pooled("vmgrouppool", -2, -1, -1),
  },
  {
    type: "VirtualRouter",
    api: "vrouter",
    before: async (world) => ({ a: await networkNamed(world, "vr-a"), b: await networkNamed(world, "vr-b") }),
    inputs: (name, { a }) => ({
      name,
      keepalivedId: 7,
      keepalivedPassword: "canary-vrrp",
      nics: list({ network: a ?? "", floatingIp: true }),
      description: "edge",
    }),
    update: ({ a, b }) => ({
      description: "other",
      nics: list({ network: b ?? "" }, { network: a ?? "", floatingIp: true }),
    }),
    drift: merge("vrouter", 'KEEPALIVED_ID = "9"'),
    drifted: ["keepalivedId"],
    remove: byId("one.vrouter.delete"),
    allocate: "one.vrouter.allocate",
    quota: ({ a }) => `NETWORK = [ ID = "${a ?? ""}", LEASES = "0" ]`,
    denied: NOT_AUTHORIZED,
    count: pooled("vrouterpool", -2, -1, -1),
  },
  {
    type: "ZoneServer",
    inputs: (name) => ({ name, endpoint: "http://10.16.0.5:2633/RPC2" }),
    update: () => ({}),
    replace: () => ({ endpoint: "http://10.16.0.6:2633/RPC2" }),
    drift: async (world) => world.call("one.zone.rename", 0, "OpenNebula"),
    drifted: [],
    remove: async (world, id) => world.call("one.zone.delserver", ...split(id)),
    allocate: "one.zone.addserver",
    denied: NOT_AUTHORIZED,
    count: async (world, name) => (await world.call("one.zone.info", 0)).split(`[${name}]`).length - 1,
  },
  {
    type: "Hook",
    api: "hook",
    inputs: (name) => ({
      name,
      type: "state",
      resource: "VM",
      on: "RUNNING",
      command: "log.sh",
      arguments: "$TEMPLATE",
      remote: false,
    }),
    update: () => ({ command: "other.sh", timeout: 30, arguments: undefined, remote: true, argumentsOnStdin: true }),
    replace: () => ({ on: "DONE" }),
    drift: merge("hook", 'COMMAND = "by-hand.sh"'),
    drifted: ["command"],
    remove: byId("one.hook.delete"),
    allocate: "one.hook.allocate",
    duplicate: TAKEN,
    denied: NOT_AUTHORIZED,
    count: pooled("hookpool", -2, -1, -1),
  },
];
