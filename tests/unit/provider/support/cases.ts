// SPDX-License-Identifier: Apache-2.0

/** Each resource type: what is made of it, and what happens to it. */
import type { PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";
import { Secret } from "../../../../provider/grpc/provider";
import type { World } from "./world";

/** Ids of what a case needs beside its object. */
export type Ids = Record<string, string>;

export interface Case {
  type: string;
  /** oned's name for the kind, where its objects have `info` and a pool. */
  api?: string;
  before?(world: World): Promise<Ids>;
  inputs(name: string, ids: Ids): PropertyMap;
  /** Changed in place; undefined takes a property away. */
  update(ids: Ids): Record<string, PropertyValue | undefined>;
  /** Changes that replace the object. */
  replace?(ids: Ids): PropertyMap;
  /** Somebody changes by hand what the program has set ... */
  drift(world: World, id: string, ids: Ids): Promise<unknown>;
  /** ... and these paths show it. */
  drifted: string[];
  /** Somebody deletes it by hand. */
  remove(world: World, id: string, ids: Ids): Promise<unknown>;
  /** Brings back what went along with it. */
  restore?(world: World): Promise<unknown>;
  /** The method that makes it. */
  allocate: string;
  /** What a second one of the same name is answered with; undefined if it may be there. */
  duplicate?: RegExp;
  /** What a user without rights is told; undefined if every user may make one, though not delete another's. */
  denied?: RegExp;
  /** Properties that an import cannot know. */
  unknownToImport?: string[];
  /** How many of them there are. */
  count(world: World, name: string, ids: Ids): Promise<number>;
}

const NOT_AUTHORIZED = /AUTHORIZATION 512/;
const TAKEN = /already has a|NAME is already taken|AUTHORIZATION|already exists/i;
const pooled =
  (pool: string, ...parameters: number[]) =>
  async (world: World, name: string): Promise<number> =>
    (await world.call(`one.${pool}.info`, ...parameters)).split(`<NAME>${name}</NAME>`).length - 1;
const byId =
  (method: string, ...more: (number | boolean)[]) =>
  async (world: World, id: string): Promise<unknown> =>
    world.call(method, Number(id), ...more);
const merge =
  (api: string, text: string) =>
  async (world: World, id: string): Promise<unknown> =>
    world.call(`one.${api}.update`, Number(id), text, 1);

/** A datastore whose images are ready at once. */
async function imageDatastore(world: World): Promise<string> {
  const id = await world.call("one.datastore.allocate", 'NAME = "images"\nDS_MAD = "dummy"\nTM_MAD = "dummy"', -1);
  await world.oned.settle();
  return id;
}

export async function virtualMachineSurroundings(world: World): Promise<Ids> {
  const datastore = await imageDatastore(world);
  await world.call("one.datastore.allocate", 'NAME = "disks"\nTYPE = "SYSTEM_DS"\nTM_MAD = "dummy"', -1);
  await world.call("one.host.allocate", "host01", "dummy", "dummy", -1);
  const image = await world.call(
    "one.image.allocate",
    'NAME = "os"\nPATH = "/x.img"\nSIZE = "32"',
    Number(datastore),
    true,
  );
  const template = await world.call("one.template.allocate", 'NAME = "small"\nCPU = "0.1"\nMEMORY = "32"');
  await world.oned.settle();
  return { datastore, image, template };
}

export const CASES: Case[] = [
  {
    type: "Cluster",
    api: "cluster",
    inputs: (name) => ({ name, attributes: { rack: "A1", RESERVED_CPU: "10%" } }),
    update: () => ({ attributes: { rack: "B2" } }),
    drift: merge("cluster", 'RACK = "X9"'),
    drifted: ["attributes.rack"],
    remove: byId("one.cluster.delete"),
    allocate: "one.cluster.allocate",
    duplicate: TAKEN,
    denied: NOT_AUTHORIZED,
    count: pooled("clusterpool"),
  },
  {
    type: "Datastore",
    api: "datastore",
    before: async (world) => ({ cluster: await world.call("one.cluster.allocate", "for-datastore") }),
    inputs: (name, { cluster }) => ({
      name,
      dsMad: "fs",
      tmMad: "ssh",
      safeDirectories: ["/var/tmp", "/srv/images"],
      clusters: ["0", cluster ?? ""],
      permissions: "640",
      attributes: { NOTE: "x" },
    }),
    update: () => ({
      permissions: "660",
      limitMb: 5000,
      safeDirectories: ["/var/tmp"],
      attributes: undefined,
      clusters: ["0"],
    }),
    replace: () => ({ type: "FILE_DS" }),
    drift: async (world, id) => world.call("one.datastore.chmod", Number(id), 1, 1, 1, 1, 1, 1, 1, 1, 1),
    drifted: ["permissions"],
    remove: byId("one.datastore.delete"),
    allocate: "one.datastore.allocate",
    duplicate: TAKEN,
    denied: NOT_AUTHORIZED,
    count: pooled("datastorepool"),
  },
  {
    type: "Group",
    api: "group",
    inputs: (name) => ({ name, attributes: { SUNSTONE: { DEFAULT_VIEW: "cloud" } } }),
    update: () => ({ defaultAcls: false, attributes: { SUNSTONE: { DEFAULT_VIEW: "user" } } }),
    replace: () => ({ name: "renamed-group" }),
    drift: merge("group", 'SUNSTONE = [ DEFAULT_VIEW = "admin" ]'),
    drifted: ["attributes.SUNSTONE"],
    remove: byId("one.group.delete"),
    allocate: "one.group.allocate",
    duplicate: TAKEN,
    denied: NOT_AUTHORIZED,
    count: pooled("grouppool"),
  },
  {
    type: "User",
    api: "user",
    before: async (world) => ({
      devs: await world.call("one.group.allocate", "devs"),
      ops: await world.call("one.group.allocate", "ops"),
    }),
    inputs: (name, { devs }) => ({
      name,
      password: new Secret("canary-first"),
      primaryGroup: devs ?? "",
      groups: ["users"],
      sshPublicKey: "ssh-ed25519 AAAA a@b",
    }),
    update: () => ({
      password: new Secret("canary-second"),
      primaryGroup: "ops",
      groups: ["users", "devs"],
      enabled: false,
    }),
    replace: () => ({ name: "renamed-user" }),
    drift: merge("user", 'SSH_PUBLIC_KEY = "ssh-ed25519 BBBB x"'),
    drifted: ["sshPublicKey"],
    remove: byId("one.user.delete"),
    allocate: "one.user.allocate",
    duplicate: TAKEN,
    denied: NOT_AUTHORIZED,
    unknownToImport: ["password", "primaryGroup", "groups"],
    count: pooled("userpool"),
  },
  {
    type: "Acl",
    before: async (world) => ({ group: await world.call("one.group.allocate", "for-acl") }),
    inputs: (name, { group }) => ({ rule: `@${group} VM+NET/* ${name.length % 2 === 0 ? "USE" : "MANAGE"}+CREATE *` }),
    update: () => ({}),
    replace: ({ group }) => ({ rule: `@${group} HOST/#0 USE *` }),
    drift: async () => undefined,
    drifted: [],
    remove: byId("one.acl.delrule"),
    allocate: "one.acl.addrule",
    denied: NOT_AUTHORIZED,
    count: async (world, name, { group }) => {
      const words = `@${group} VM+NET/* ${name.length % 2 === 0 ? "USE" : "MANAGE"}+CREATE *`;
      return (await world.call("one.acl.info")).split(words).length - 1;
    },
  },
  {
    type: "Vdc",
    api: "vdc",
    before: async (world) => ({
      group: await world.call("one.group.allocate", "for-vdc"),
      cluster: await world.call("one.cluster.allocate", "for-vdc"),
    }),
    inputs: (name) => ({
      name,
      groups: ["for-vdc"],
      clusters: ["for-vdc", "default"],
      datastores: ["ALL"],
      attributes: { X: "y" },
    }),
    update: () => ({ groups: [], clusters: ["default"], datastores: ["system"], name: "vdc-renamed" }),
    drift: async (world, id) => world.call("one.vdc.delcluster", Number(id), 0, 0),
    drifted: ["clusters[1]"],
    remove: byId("one.vdc.delete"),
    allocate: "one.vdc.allocate",
    duplicate: TAKEN,
    unknownToImport: ["groups", "clusters", "datastores"],
    denied: /AUTHORIZATION 512|there is no/,
    count: pooled("vdcpool"),
  },
  {
    type: "VmTemplate",
    api: "template",
    inputs: (name) => ({
      name,
      cpu: 0.5,
      vcpu: 2,
      memory: 256,
      nics: [
        { network: "0", model: "virtio" },
        { network: "1", model: "e1000" },
      ],
      context: { NETWORK: "YES", SSH_PUBLIC_KEY: "$USER[SSH_PUBLIC_KEY]" },
      graphics: { type: "VNC", listen: "0.0.0.0" },
      attributes: { LOGO: "images/x.png", RAW: { TYPE: "kvm", DATA: "<a b='c'/>" } },
      permissions: "640",
    }),
    update: () => ({
      memory: 512,
      vcpu: undefined,
      nics: [{ network: "1" }],
      graphics: { type: "SPICE" },
      name: "tpl-renamed",
    }),
    drift: merge("template", 'MEMORY = "128"\nHYPERVISOR = "kvm"'),
    drifted: ["memory"],
    remove: byId("one.template.delete", false),
    allocate: "one.template.allocate",
    count: pooled("templatepool", -2, -1, -1),
  },
  {
    type: "VnTemplate",
    api: "vntemplate",
    inputs: (name) => ({
      name,
      vnMad: "bridge",
      bridge: "br0",
      dns: ["10.0.0.1", "10.0.0.2"],
      addressRanges: [{ size: 10, ip: "10.0.0.10", attributes: { IPAM_MAD: "internal" } }],
    }),
    update: () => ({ vnMad: "vxlan", addressRanges: [{ size: 20, ip: "10.0.0.10" }], dns: undefined }),
    drift: merge("vntemplate", 'BRIDGE = "br9"'),
    drifted: ["bridge"],
    remove: byId("one.vntemplate.delete"),
    allocate: "one.vntemplate.allocate",
    denied: NOT_AUTHORIZED,
    count: pooled("vntemplatepool", -2, -1, -1),
  },
  {
    type: "Document",
    api: "document",
    inputs: (name) => ({
      name,
      type: 500,
      body: { a: [1, { b: "c" }], on: true },
      attributes: { NOTE: "n" },
      permissions: "600",
    }),
    update: () => ({ body: { a: [1] }, attributes: {} }),
    replace: () => ({ type: 501 }),
    drift: merge("document", 'NOTE = "other"'),
    drifted: ["attributes.NOTE"],
    remove: byId("one.document.delete"),
    allocate: "one.document.allocate",
    count: pooled("documentpool", -2, -1, -1, 500),
  },
  {
    type: "Image",
    api: "image",
    before: async (world) => ({ datastore: await imageDatastore(world) }),
    inputs: (name, { datastore }) => ({
      name,
      datastore: datastore ?? "",
      type: "DATABLOCK",
      size: 64,
      persistent: true,
      permissions: "660",
      attributes: { LABELS: "a,b" },
    }),
    update: () => ({ persistent: false, attributes: { LABELS: "c" }, enabled: false, permissions: "640" }),
    replace: () => ({ size: 128 }),
    drift: async (world, id) => world.call("one.image.persistent", Number(id), false),
    drifted: ["persistent"],
    remove: async (world, id) => {
      await world.call("one.image.delete", Number(id), false);
      await world.oned.settle();
    },
    allocate: "one.image.allocate",
    duplicate: TAKEN,
    count: pooled("imagepool", -2, -1, -1),
  },
  {
    type: "VirtualMachine",
    api: "vm",
    before: virtualMachineSurroundings,
    inputs: (name, { image }) => ({
      name,
      cpu: 0.1,
      memory: 64,
      disks: [{ name: "root", image: image ?? "" }],
      context: { NETWORK: "YES", SSH_PUBLIC_KEY: "$USER[SSH_PUBLIC_KEY]" },
      scheduledActions: [
        { action: "snapshot-create", arguments: "nightly", time: "1900000000", repeat: "0", days: "1,5" },
      ],
      attributes: { ROLE: "web" },
      permissions: "640",
    }),
    update: ({ image }): PropertyMap => ({
      disks: [...[{ name: "data", size: 10, type: "fs", format: "raw" }], ...[{ name: "root", image: image ?? "" }]],
      powerState: "poweroff",
      scheduledActions: [
        { action: "snapshot-create", arguments: "weekly", time: "1900000000", repeat: "0", days: "0" },
      ],
      attributes: { ROLE: "db" },
      memory: 128,
      allowPowerOff: true,
    }),
    replace: ({ template }) => ({ template: template ?? "" }),
    drift: async (world, id) => world.call("one.vm.rename", Number(id), "by-hand"),
    drifted: ["name"],
    remove: async (world, id) => {
      await world.call("one.vm.action", "terminate-hard", Number(id));
      await world.oned.settle();
    },
    allocate: "one.vm.allocate",
    denied: NOT_AUTHORIZED,
    count: pooled("vmpool", -2, -1, -1, -1),
  },
  {
    type: "Quota",
    before: async (world) => {
      await world.call("one.user.allocate", "limited", "pw", "core");
      return {};
    },
    inputs: () => ({ user: "limited", vm: { vms: 3, cpu: 2.5 }, datastores: [{ datastore: "1", size: 1000 }] }),
    update: () => ({ vm: { vms: 5 }, datastores: undefined, networks: [{ network: "0", leases: 2 }] }),
    replace: () => ({ user: "serveradmin" }),
    drift: async (world, id) => {
      await world.call(
        "one.user.quota",
        Number(id.split(":")[1]),
        'VM = [ VMS = "9" ]\nIMAGE = [ ID = "7", RVMS = "1" ]',
      );
    },
    drifted: ["vm.vms"],
    remove: async (world, id) => world.call("one.user.delete", Number(id.split(":")[1])),
    restore: async (world) => world.call("one.user.allocate", "limited", "pw", "core"),
    allocate: "one.user.quota",
    denied: /AUTHORIZATION 512|there is no user/,
    count: async (world) => {
      const users = (await world.call("one.userpool.info")).split("<USER>");
      const id = /<ID>(\d+)/.exec(users.find((one) => one.includes("<NAME>limited</NAME>")) ?? "")?.[1] ?? "";
      const limits =
        /<VMS><!\[CDATA\[(.*?)\]\]><\/VMS>/.exec(await world.call("one.user.info", Number(id)))?.[1] ?? "-1";
      return limits === "-1" ? 0 : 1;
    },
  },
  {
    type: "BackupJob",
    api: "backupjob",
    before: async (world) => ({
      backups: await world.call(
        "one.datastore.allocate",
        'NAME = "backups"\nTYPE = "BACKUP_DS"\nDS_MAD = "dummy"\nTM_MAD = "-"',
        -1,
      ),
      vm: await world.call("one.vm.allocate", 'CPU = "0.1"\nMEMORY = "16"', true),
    }),
    inputs: (name, { backups, vm }) => ({
      name,
      vms: [vm ?? ""],
      datastore: backups ?? "",
      keepLast: 3,
      mode: "FULL",
      schedule: [{ time: "1900000000", repeat: "3", days: "24" }],
    }),
    update: () => ({ keepLast: 5, priority: 70, schedule: [{ time: "1900000000", repeat: "0", days: "1" }] }),
    drift: merge("backupjob", 'KEEP_LAST = "9"'),
    drifted: ["keepLast"],
    remove: byId("one.backupjob.delete"),
    allocate: "one.backupjob.allocate",
    duplicate: TAKEN,
    count: pooled("backupjobpool", -2, -1, -1),
  },
];
