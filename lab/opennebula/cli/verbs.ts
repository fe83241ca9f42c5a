// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import type { Param } from "./call";

/** What a verb is given. */
export interface Operands {
  /** The object's id. */
  id: number;
  /** What follows the object. */
  rest: string[];
  options: Record<string, string | boolean | undefined>;
  /** Id of another object by its name or id, e.g. `("onehost", "host01")`. */
  idOf: (command: string, text: string) => Promise<number>;
}

/** One call of oned: its method and what it takes after the session. */
export interface Verb {
  method: string;
  /** Whether an object comes first; a verb that makes one has none. @default true */
  object?: boolean;
  /** Names of the operands, for the message when one is missing. */
  needs?: string[];
  params: (given: Operands) => Param[] | Promise<Param[]>;
}

/** A file's content, standard input for `-` and for none. */
const content = (file: string | undefined): string =>
  readFileSync(file === undefined || file === "-" ? 0 : file, "utf8");
const option = ({ options }: Operands, name: string): string | undefined => {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
};
const number = (text: string | undefined, absent: number): number => (text === undefined ? absent : Number(text));
const attributes = (values: Record<string, string | undefined>): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} = "${value.replaceAll('"', '\\"')}"`]))
    .join(", ");

const action = (name: string, hard?: string): Verb => ({
  method: "one.vm.action",
  params: ({ id, options }) => [hard !== undefined && options.hard === true ? hard : name, id],
});
const onObject = (method: string, ...more: Param[]): Verb => ({ method, params: ({ id }) => [id, ...more] });
const fromFile = (method: string, ...more: Param[]): Verb => ({
  method,
  object: false,
  params: ({ rest }) => [content(rest[0]), ...more],
});
const withId = (method: string, ...needs: string[]): Verb => ({
  method,
  needs,
  params: ({ id, rest }) => [id, ...needs.map((_, index) => Number(rest[index]))],
});
const inCluster = (method: string, other: string): Verb => ({
  method,
  needs: [other.slice(3)],
  params: async ({ id, rest, idOf }) => [id, await idOf(other, rest[0] ?? "")],
});

/** Verbs of every kind; a kind without the method answers with oned's own words. */
export function commonVerbs(kind: string): Record<string, Verb> {
  const method = (name: string): string => `one.${kind}.${name}`;
  const octal = (text: string): number[] =>
    [...text.padStart(3, "0")].flatMap((digit) => [4, 2, 1].map((bit) => (Number(digit) & bit ? 1 : 0)));
  return {
    delete: onObject(method("delete")),
    rename: { method: method("rename"), needs: ["name"], params: ({ id, rest }) => [id, rest[0] ?? ""] },
    update: {
      method: method("update"),
      params: ({ id, rest, options }) => [id, content(rest[0]), options.append === true ? 1 : 0],
    },
    chmod: { method: method("chmod"), needs: ["octet"], params: ({ id, rest }) => [id, ...octal(rest[0] ?? "")] },
    chown: {
      method: method("chown"),
      needs: ["user"],
      params: async ({ id, rest, idOf }) => {
        const group = rest[1] === undefined ? -1 : await idOf("onegroup", rest[1]);
        return [id, await idOf("oneuser", rest[0] ?? ""), group];
      },
    },
    lock: onObject(method("lock"), 1),
    unlock: onObject(method("unlock")),
  };
}

const onDiskSnapshot = (method: string): Verb => ({
  method,
  needs: ["disk id", "snapshot id"],
  params: ({ id, rest }) => [id, Number(rest[0]), Number(rest[1])],
});

const VM: Record<string, Verb> = {
  create: fromFile("one.vm.allocate", false),
  terminate: action("terminate", "terminate-hard"),
  poweroff: action("poweroff", "poweroff-hard"),
  undeploy: action("undeploy", "undeploy-hard"),
  reboot: action("reboot", "reboot-hard"),
  ...Object.fromEntries(
    ["resume", "suspend", "stop", "hold", "release", "resched", "unresched"].map((name) => [name, action(name)]),
  ),
  deploy: {
    method: "one.vm.deploy",
    needs: ["host"],
    params: async ({ id, rest, idOf }) => [id, await idOf("onehost", rest[0] ?? ""), false, number(rest[1], -1), ""],
  },
  migrate: {
    method: "one.vm.migrate",
    needs: ["host"],
    params: async ({ id, rest, options, idOf }) => [
      ...[id, await idOf("onehost", rest[0] ?? ""), options.live === true, false, number(rest[1], -1)],
      options.hard === true ? 2 : options.poweroff === true ? 1 : 0,
    ],
  },
  recover: {
    method: "one.vm.recover",
    params: ({ id, options }) => {
      const ways = ["failure", "success", "retry", "delete", "recreate", "delete-db"];
      const way = ways.findIndex((name) => options[name] === true);
      if (way < 0) throw new Error(`recover needs one of ${ways.map((name) => `--${name}`).join(", ")}`);
      return [id, way];
    },
  },
  resize: {
    method: "one.vm.resize",
    params: (given) => {
      const values = { CPU: option(given, "cpu"), VCPU: option(given, "vcpu"), MEMORY: option(given, "memory") };
      return [given.id, attributes(values).replaceAll(", ", "\n"), true];
    },
  },
  "nic-attach": {
    method: "one.vm.attachnic",
    params: async (given) => {
      const file = option(given, "file");
      if (file !== undefined) return [given.id, content(file)];
      const network = String(await given.idOf("onevnet", option(given, "network") ?? ""));
      return [given.id, `NIC = [ ${attributes({ NETWORK_ID: network, IP: option(given, "ip") })} ]`];
    },
  },
  "nic-detach": withId("one.vm.detachnic", "NIC id"),
  "disk-attach": {
    method: "one.vm.attach",
    params: async (given) => {
      const file = option(given, "file");
      if (file !== undefined) return [given.id, content(file)];
      const image = String(await given.idOf("oneimage", option(given, "image") ?? ""));
      return [given.id, `DISK = [ ${attributes({ IMAGE_ID: image, TARGET: option(given, "target") })} ]`];
    },
  },
  "disk-detach": withId("one.vm.detach", "disk id"),
  "disk-resize": {
    method: "one.vm.diskresize",
    needs: ["disk id", "MiB"],
    params: ({ id, rest }) => [id, Number(rest[0]), rest[1] ?? ""],
  },
  "disk-snapshot-create": {
    method: "one.vm.disksnapshotcreate",
    needs: ["disk id"],
    params: ({ id, rest }) => [id, Number(rest[0]), rest[1] ?? ""],
  },
  "disk-snapshot-revert": onDiskSnapshot("one.vm.disksnapshotrevert"),
  "disk-snapshot-delete": onDiskSnapshot("one.vm.disksnapshotdelete"),
  "snapshot-create": { method: "one.vm.snapshotcreate", params: ({ id, rest }) => [id, rest[0] ?? ""] },
  "snapshot-revert": withId("one.vm.snapshotrevert", "snapshot id"),
  "snapshot-delete": withId("one.vm.snapshotdelete", "snapshot id"),
};

const IMAGE: Record<string, Verb> = {
  create: {
    method: "one.image.allocate",
    object: false,
    params: async (given) => {
      const { rest, idOf } = given;
      const names = ["name", "path", "type", "size", "description", "format", "fs", "prefix"];
      const values = Object.fromEntries(names.map((name) => [name.toUpperCase(), option(given, name)]));
      const text = attributes({ ...values, PREFIX: undefined, DEV_PREFIX: values.PREFIX }).replaceAll(", ", "\n");
      const persistent = given.options.persistent === true ? "\nPERSISTENT = YES" : "";
      const datastore = await idOf("onedatastore", option(given, "datastore") ?? "1");
      return [rest[0] === undefined ? text + persistent : content(rest[0]), datastore, false];
    },
  },
  enable: onObject("one.image.enable", true),
  disable: onObject("one.image.enable", false),
  persistent: onObject("one.image.persistent", true),
  nonpersistent: onObject("one.image.persistent", false),
};

/** What each command has beside the common verbs. */
export const VERBS: Record<string, Record<string, Verb>> = {
  onevm: VM,
  oneimage: IMAGE,
  onehost: {
    create: {
      method: "one.host.allocate",
      object: false,
      needs: ["name"],
      params: async (given) => {
        const cluster = option(given, "cluster");
        const [im, vm] = [option(given, "im") ?? "kvm", option(given, "vm") ?? "kvm"];
        return [given.rest[0] ?? "", im, vm, cluster === undefined ? -1 : await given.idOf("onecluster", cluster)];
      },
    },
    enable: onObject("one.host.status", 0),
    disable: onObject("one.host.status", 1),
    offline: onObject("one.host.status", 2),
  },
  oneuser: {
    create: {
      method: "one.user.allocate",
      object: false,
      needs: ["name"],
      // A password is never an argument: it is read from standard input.
      params: ({ rest }) => [rest[0] ?? "", password(), "core"],
    },
    passwd: { method: "one.user.passwd", params: ({ id }) => [id, password()] },
    enable: onObject("one.user.enable", true),
    disable: onObject("one.user.enable", false),
    chgrp: inCluster("one.user.chgrp", "onegroup"),
    addgroup: inCluster("one.user.addgroup", "onegroup"),
    delgroup: inCluster("one.user.delgroup", "onegroup"),
    quota: { method: "one.user.quota", params: ({ id, rest }) => [id, content(rest[0])] },
  },
  onegroup: {
    create: { method: "one.group.allocate", object: false, needs: ["name"], params: ({ rest }) => [rest[0] ?? ""] },
    quota: { method: "one.group.quota", params: ({ id, rest }) => [id, content(rest[0])] },
  },
  onecluster: {
    create: { method: "one.cluster.allocate", object: false, needs: ["name"], params: ({ rest }) => [rest[0] ?? ""] },
    addhost: inCluster("one.cluster.addhost", "onehost"),
    delhost: inCluster("one.cluster.delhost", "onehost"),
    adddatastore: inCluster("one.cluster.adddatastore", "onedatastore"),
    deldatastore: inCluster("one.cluster.deldatastore", "onedatastore"),
    addvnet: inCluster("one.cluster.addvnet", "onevnet"),
    delvnet: inCluster("one.cluster.delvnet", "onevnet"),
  },
  onedatastore: {
    create: fromFile("one.datastore.allocate", -1),
    enable: onObject("one.datastore.enable", true),
    disable: onObject("one.datastore.enable", false),
  },
  onevdc: { create: fromFile("one.vdc.allocate") },
  onevnet: {
    create: fromFile("one.vn.allocate", -1),
    addar: { method: "one.vn.add_ar", params: ({ id, rest }) => [id, content(rest[0])] },
    rmar: withId("one.vn.rm_ar", "address range id"),
    reserve: { method: "one.vn.reserve", params: ({ id, rest }) => [id, content(rest[0])] },
    hold: { method: "one.vn.hold", needs: ["IP"], params: ({ id, rest }) => [id, `LEASES = [ IP = "${rest[0]}" ]`] },
    release: {
      method: "one.vn.release",
      needs: ["IP"],
      params: ({ id, rest }) => [id, `LEASES = [ IP = "${rest[0]}" ]`],
    },
  },
  onetemplate: {
    create: fromFile("one.template.allocate"),
    clone: { method: "one.template.clone", needs: ["name"], params: ({ id, rest }) => [id, rest[0] ?? "", false] },
    instantiate: {
      method: "one.template.instantiate",
      params: (given) => {
        const { id, rest, options } = given;
        return [
          id,
          option(given, "name") ?? "",
          options.hold === true,
          rest[0] === undefined ? "" : content(rest[0]),
          false,
        ];
      },
    },
  },
  onevntemplate: { create: fromFile("one.vntemplate.allocate") },
  onesecgroup: { create: fromFile("one.secgroup.allocate"), commit: onObject("one.secgroup.commit", false) },
  onevmgroup: { create: fromFile("one.vmgroup.allocate") },
  onevrouter: { create: fromFile("one.vrouter.allocate") },
  onehook: { create: fromFile("one.hook.allocate") },
  onebackupjob: { create: fromFile("one.backupjob.allocate") },
};

const password = (): string => readFileSync(0, "utf8").replace(/\r?\n$/, "");
