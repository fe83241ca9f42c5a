// SPDX-License-Identifier: Apache-2.0

import { lcmName, VmState } from "../oned/vm/states";
import { textOf, type XmlElement } from "../oned/xml";
import { find } from "./call";

/** A column of `list`. */
export interface Column {
  title: string;
  /** Path below the object's element, e.g. `TEMPLATE/HYPERVISOR`; of two, the first that is there. */
  path: string | string[];
  show?: (text: string, object: XmlElement) => string;
}

/** What one command is about. */
export interface Kind {
  /** Prefix of its methods, and its pool's. */
  kind: string;
  pool: string;
  /** Parameters of the pool call after the session. */
  range: number[];
  columns: Column[];
}

const HOST_STATES = ["init", "update", "on", "err", "dsbl", "update", "init", "dsbl", "off"];
const VM_STATES = ["init", "pend", "hold", "actv", "stop", "susp", "done", "fail", "poff", "unde", "clon", "fail"];
const IMAGE_STATES = ["init", "rdy", "used", "disa", "lock", "err", "clon", "dele", "used", "lock", "lock"];

/** What an active VM does is shown by four letters; mostly the first ones of the state's name. */
const LCM_WORDS: [RegExp, string][] = [
  [/_FAILURE$/, "fail"],
  [/SNAPSHOT/, "snap"],
  [/^DISK_RESIZE/, "drsz"],
  [/^PROLOG_MIGRATE/, "migr"],
];

/** A VM's state as `onevm list` shows it: of an active one what it does. */
export function vmWord(state: number, lcm: number): string {
  if (state !== VmState.ACTIVE) return VM_STATES[state] ?? String(state);
  const name = lcmName(lcm);
  return LCM_WORDS.find(([pattern]) => pattern.test(name))?.[1] ?? name.slice(0, 4).toLowerCase();
}

const id: Column = { title: "ID", path: "ID" };
export const nameColumn: Column = { title: "NAME", path: "NAME" };
const owner: Column[] = [
  { title: "USER", path: "UNAME" },
  { title: "GROUP", path: "GNAME" },
];
const ALL = [-2, -1, -1];
const state = (names: string[]): Column => ({
  title: "STAT",
  path: "STATE",
  show: (text) => names[Number(text)] ?? text,
});
const lcmOf = (vm: XmlElement): string => {
  const found = find(vm, ["LCM_STATE"]);
  return found === undefined ? "0" : textOf(found);
};
const mib = (text: string): string => `${Math.round(Number(text) / 1024)}M`;

const owned = (kind: string, ...columns: Column[]): Kind => ({
  kind,
  pool: `${kind}pool`,
  range: ALL,
  columns: [id, ...owner, nameColumn, ...columns],
});
const plain = (kind: string, ...columns: Column[]): Kind => ({
  kind,
  pool: `${kind}pool`,
  range: [],
  columns: [id, nameColumn, ...columns],
});

/** The commands by name. */
export const COMMANDS: Record<string, Kind> = {
  onehost: plain(
    "host",
    { title: "CLUSTER", path: "CLUSTER" },
    { title: "TVM", path: "HOST_SHARE/RUNNING_VMS" },
    { title: "CPU", path: "HOST_SHARE/MAX_CPU" },
    { title: "MEM", path: "HOST_SHARE/MAX_MEM", show: mib },
    state(HOST_STATES),
  ),
  oneuser: plain(
    "user",
    { title: "ENABLED", path: "ENABLED" },
    { title: "GROUP", path: "GNAME" },
    { title: "AUTH", path: "AUTH_DRIVER" },
  ),
  onegroup: plain("group"),
  onecluster: plain("cluster"),
  onezone: plain("zone", { title: "ENDPOINT", path: "TEMPLATE/ENDPOINT" }),
  onedatastore: plain(
    "datastore",
    { title: "SIZE", path: "TOTAL_MB" },
    { title: "AVAIL", path: "FREE_MB" },
    { title: "TM", path: "TM_MAD" },
    state(["on", "off"]),
  ),
  onevdc: plain("vdc"),
  onehook: { ...owned("hook"), columns: [id, nameColumn, { title: "TYPE", path: "TYPE" }] },
  onevm: {
    ...owned(
      "vm",
      { title: "STAT", path: "STATE", show: (text, vm) => vmWord(Number(text), Number(lcmOf(vm))) },
      { title: "HOST", path: "HISTORY_RECORDS/HISTORY/HOSTNAME" },
      { title: "IP", path: "TEMPLATE/NIC/IP" },
    ),
    range: [...ALL, -1],
  },
  onevnet: {
    ...owned("vn", { title: "BRIDGE", path: "BRIDGE" }, { title: "LEASES", path: "USED_LEASES" }),
  },
  oneimage: owned(
    "image",
    { title: "SIZE", path: "SIZE" },
    { title: "RVMS", path: "RUNNING_VMS" },
    state(IMAGE_STATES),
  ),
  onetemplate: owned("template"),
  onevntemplate: owned("vntemplate"),
  onesecgroup: owned("secgroup"),
  onevrouter: owned("vrouter"),
  onevmgroup: owned("vmgroup"),
  onemarket: plain("market"),
  onemarketapp: owned("marketapp"),
  onebackupjob: owned("backupjob"),
};
