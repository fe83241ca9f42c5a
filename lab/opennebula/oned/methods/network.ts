// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Method, Methods } from "../call";
import { authorize, checkFree, checkName, find, takeName, targetOf, template, use, useLocked } from "../call";
import type { AddressRange, Entity } from "../entities";
import { DEFAULT_CLUSTER, ONEADMIN_GROUP } from "../entities";
import { Code, Failure } from "../failure";
import { fullRanges, leasesOf, networkHead } from "../kinds/network";
import { leaseViewer, macSettings, releaseAll } from "../leases";
import { allTold, networkChanged, rangeChanged, tellNetwork } from "../network/changes";
import { define, redefine, stateName, VnState } from "../network/definition";
import { giveBack, indexOf, isFree, newRange, sizeOf, take, updateRange, usedOf } from "../network/ranges";
import type { Wanted } from "../network/ranges";
import { commitUpdates, idList } from "../network/updates";
import type { Params } from "../params";
import { checkQuotas, reservedBy } from "../quota-use";
import type { Template } from "../template";
import { get, merge, set, vectors, without } from "../template";
import { clusterFor } from "./cluster";
import { AFTER_DELETE, AFTER_UPDATE, CHOWN_GUARDS, DELETE_GUARDS, UPDATE_GUARDS } from "./common";

type Vn = Entity<"vn">;

const internal = (message: string): Failure => new Failure(Code.INTERNAL, message);
export const action = (message: string): Failure => new Failure(Code.ACTION, message);

/** As the C library writes a time, in UTC. */
const timeText = (seconds: number): string => {
  const [week = "", day = "", month = "", year = "", time = ""] = new Date(seconds * 1000).toUTCString().split(/,? /);
  return `${week} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`;
};

/** Makes a network; bad address ranges leave it in the state ERROR, as their registration comes after the answer. */
export function createNetwork(
  context: CallContext,
  given: Template,
  made: { clusters: number[]; parent?: number; code?: number },
): Vn {
  const id = context.state.nextId("vn", 0);
  const { name: own, rest } = takeName(given);
  const prefix = get(rest, "TEMPLATE_NAME") ?? "";
  const name = own === "" && prefix !== "" ? `${prefix}-${id}` : own;
  try {
    if (own !== "") checkFree(context, "vn", own, context.user.id);
    if (name === "") throw internal("No NAME in template for Virtual Network.");
    checkName(name);
    const ranges = vectors(rest, "AR");
    const defined = define(context, without(rest, "TEMPLATE_NAME"), { id, parent: -1, ...made });
    const owner = { uid: context.user.id, gid: context.user.gid, permissions: 0o600 };
    const network = context.state.add("vn", { id, name, ...owner, ...defined });
    addFirstRanges(context, network, ranges);
    return network;
  } catch (error) {
    throw error instanceof Failure && made.code !== undefined ? new Failure(made.code, error.message) : error;
  }
}

function addFirstRanges(context: CallContext, network: Vn, ranges: Record<string, string>[]): void {
  try {
    for (const range of ranges) addRange(context, network, range);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    network.data.state = VnState.ERROR;
    network.template = set(network.template, "ERROR", `${timeText(context.now)} : ${error.message}`);
  }
}

function addRange(context: CallContext, network: Vn, given: Record<string, string>): void {
  const ipam = get(network.template, "IPAM_MAD");
  const range = { ...given, ...(ipam !== undefined && !given.IPAM_MAD ? { IPAM_MAD: ipam } : {}) };
  network.data.ranges.push(newRange(range, network.data.nextRange, macSettings(context.config)));
  network.data.nextRange++;
}

function allocate(context: CallContext, params: Params): number {
  const given = template(params.string(0));
  const cluster = clusterFor(context, params.count > 1 ? params.int(1) : -1);
  const target = targetOf("cluster", find(context, "cluster", cluster));
  authorize(context, ["CREATE", { type: "NET" }], ["ADMIN", target]);
  return createNetwork(context, given, { clusters: [cluster] }).id;
}

function info(context: CallContext, params: Params): string {
  const network = useLocked(context, "vn", params.int(0), "USE");
  params.boolean(1, false);
  const head = networkHead.map((part) => part(network, context)).join("");
  return `<VNET>${head}${fullRanges(network, leaseViewer(context, network))}</VNET>`;
}

/** A change of a network's ranges or leases, which only a network in order takes. */
const change =
  (name: string, apply: (context: CallContext, network: Vn, given: Template) => void): Method =>
  (context, params) => {
    const [id, text] = [params.int(0), params.string(1)];
    const network = use(context, "vn", id, name === "update_ar" || name === "add_ar" ? rangeRight(name) : "MANAGE");
    const given = template(text);
    inOrder(network, `Could not execute one.vn.${name}`);
    context.state.touch("vn", network);
    apply(context, network, given);
    return id;
  };

/** Adding a range is for administrators of the network, as it may take addresses of others. */
const rangeRight = (name: string): "ADMIN" | "MANAGE" => (name === "add_ar" ? "ADMIN" : "MANAGE");

function inOrder(network: Vn, what: string): void {
  const { state } = network.data;
  if (state === VnState.READY || state === VnState.UPDATE_FAILURE) return;
  throw action(`${what}Virtual Network is in wrong state: ${stateName(state)}`);
}

const NO_RANGE = "Wrong AR definition. AR vector attribute is missing.";

function addAr(context: CallContext, network: Vn, given: Template): void {
  const [range] = vectors(given, "AR");
  if (range === undefined) throw internal(NO_RANGE);
  addRange(context, network, range);
}

function updateAr(context: CallContext, network: Vn, given: Template): void {
  const [asked] = vectors(given, "AR");
  if (asked === undefined) throw internal(NO_RANGE);
  if (!/^\d+$/.test(asked.AR_ID ?? "")) throw internal("AR/AR_ID attribute is missing.");
  const range = network.data.ranges.find(({ id }) => id === Number(asked.AR_ID));
  if (range === undefined) throw internal(`Address Range with ID ${asked.AR_ID} was not found.`);
  const admin = context.user.data.groups.includes(ONEADMIN_GROUP);
  const before = range.attributes;
  updateRange(range, admin || network.data.parent < 0 ? asked : keepRestricted(context, range, asked));
  const inherited = context.config.all("INHERIT_VNET_ATTR");
  rangeChanged(context.work, network, { before, now: range.attributes, inherited });
}

/** Of a reservation's range, the attributes that are for administrators stay as they are. */
function keepRestricted(
  context: CallContext,
  range: AddressRange,
  asked: Record<string, string>,
): Record<string, string> {
  const kept = { ...asked };
  for (const restricted of context.config.all("VNET_RESTRICTED_ATTR")) {
    if (!restricted.startsWith("AR/")) continue;
    const name = restricted.slice(3);
    const old = range.attributes[name];
    if (old === undefined) delete kept[name];
    else kept[name] = old;
  }
  return kept;
}

const HELD = { kind: "vm", id: -1 } as const;

/** The address that a lease description names, and the ranges that it may be in. */
function leaseOf(network: Vn, given: Template): { wanted: Wanted; ranges: AddressRange[] } {
  const [lease] = vectors(given, "LEASES");
  if (lease === undefined) throw internal("Empty lease description.");
  const names = (["MAC", "IP", "IP6"] as const).filter((name) => (lease[name] ?? "") !== "");
  const [name] = names;
  if (name === undefined) throw internal("Missing MAC, IP or IP6.");
  if (names.length > 1) throw internal("Only one attribute MAC, IP or IP6 can be set.");
  const only = /^\d+$/.test(lease.AR_ID ?? "") ? Number(lease.AR_ID) : undefined;
  const ranges = network.data.ranges.filter(({ id }) => only === undefined || id === only);
  return { wanted: { [name.toLowerCase()]: lease[name] }, ranges };
}

function hold(_context: CallContext, network: Vn, given: Template): void {
  const { wanted, ranges } = leaseOf(network, given);
  const held = ranges.filter((range) => {
    const index = indexOf(range, wanted);
    if (index === undefined || !isFree(range, index)) return false;
    take(range, index, HELD);
    return true;
  });
  if (held.length === 0) throw internal("Address is not part of the address range or in use.");
}

function release(_context: CallContext, network: Vn, given: Template): void {
  const { wanted, ranges } = leaseOf(network, given);
  for (const range of ranges) {
    const index = indexOf(range, wanted);
    if (index !== undefined) giveBack(range, HELD, [index]);
  }
}

function removeRange(admin: boolean): Method {
  return (context, params) => {
    const [id, rangeId] = [params.int(0), params.int(1)];
    const network = use(context, "vn", id, admin ? "ADMIN" : "MANAGE");
    const force = params.boolean(2, false);
    inOrder(network, "Could not remove Adress Range, ");
    const { data } = network;
    const range = data.ranges.find((r) => r.id === rangeId);
    if (range === undefined) throw internal("Address Range does not exist");
    if (!force && usedOf(range) > 0) throw internal("Address Range has leases in use");
    data.ranges = data.ranges.filter((r) => r !== range);
    returnRange(context, network, range);
    context.state.touch("vn", network);
    return id;
  };
}

/** A reservation's range goes back to the network that it is from. */
function returnRange(context: CallContext, network: Vn, range: AddressRange): void {
  const parent = context.state.find("vn", network.data.parent);
  const source = parent?.data.ranges.find(({ id }) => String(id) === range.attributes.PARENT_NETWORK_AR_ID);
  const first = source && indexOf(source, { mac: range.attributes.MAC ?? "" });
  if (parent === undefined || source === undefined || first === undefined) return;
  const indices = Array.from({ length: Number(sizeOf(range)) }, (_, place) => first + place);
  giveBack(source, { kind: "vn", id: network.id }, indices);
  context.state.touch("vn", parent);
}

const RECOVERIES = ["failure", "success", "delete", "retry"] as const;

function recover(context: CallContext, params: Params): number {
  const [id, operation] = [params.int(0), params.int(1)];
  const name = RECOVERIES[operation];
  if (name === undefined) throw action("Wrong recovery operation code");
  const network = use(context, "vn", id, "MANAGE");
  const { data } = network;
  const { ERROR, UPDATE_FAILURE } = VnState;
  const takes = { failure: [], success: [ERROR, UPDATE_FAILURE], delete: [ERROR], retry: [UPDATE_FAILURE] } as const;
  if (!(takes[name] as readonly number[]).includes(data.state)) {
    throw internal(`Could not perform 'recover ${name}' on VN ${id}, wrong state ${stateName(data.state)}.`);
  }
  if (name === "delete") {
    AFTER_DELETE.vn?.(context, network);
    context.state.remove("vn", id);
    return id;
  }
  if (name === "success" && data.state === UPDATE_FAILURE) allTold(context.state, network);
  data.state = VnState.READY;
  if (name === "retry") {
    commitUpdates(data, true);
    tellNetwork(context.work, network);
  }
  if (name === "success") network.template = without(network.template, "ERROR");
  context.state.touch("vn", network);
  return id;
}

DELETE_GUARDS.vn = (_context, network) =>
  leasesOf(network) > 0 ? "Can not remove a virtual network with leases in use" : undefined;
AFTER_DELETE.vn = (context, network) => {
  releaseAll(context.state, network.data.parent, { kind: "vn", id: network.id });
  for (const vdc of context.state.all("vdc")) {
    const list = vdc.data.resources.VNET ?? [];
    if (!list.some((resource) => resource.id === network.id)) continue;
    vdc.data.resources.VNET = list.filter((resource) => resource.id !== network.id);
    context.state.touch("vdc", vdc);
  }
};
AFTER_UPDATE.vn = (context, network, before) => {
  redefine(context, network);
  networkChanged(context.work, network, before.template);
};

/** Others than administrators may not change what the configuration reserves for them. */
UPDATE_GUARDS.vn = (context, network, { added, append }) => {
  if (context.user.data.groups.includes(ONEADMIN_GROUP)) return undefined;
  const value = (from: Template, name: string): string => JSON.stringify(from.filter((a) => a.name === name));
  const changed = context.config
    .all("VNET_RESTRICTED_ATTR")
    .find(
      (name) => value(added, name) !== value(network.template, name) && (!append || get(added, name) !== undefined),
    );
  if (changed === undefined) return undefined;
  return append
    ? `User Template includes a restricted attribute ${changed}`
    : `Tried to change restricted attribute: ${changed}`;
};

/** A reservation's addresses count for its owner. */
CHOWN_GUARDS.vn = (context, network, owner) => {
  if (network.data.parent < 0) return;
  checkQuotas(context, owner, { NETWORK: { [network.data.parent]: { LEASES: reservedBy(network) } } });
};

function instantiate(context: CallContext, params: Params): number {
  const [id, name, text] = [params.int(0), params.string(1), params.string(2)];
  const source = find(context, "vntemplate", id);
  const asked = get(source.template, "CLUSTER_IDS") ?? "";
  const known = idList(asked).filter((cluster) => context.state.find("cluster", cluster) !== undefined);
  const clusters = asked === "" ? [DEFAULT_CLUSTER] : known;
  const extra = template(text);
  if (!context.user.data.groups.includes(ONEADMIN_GROUP)) {
    const restricted = context.config.all("VNET_RESTRICTED_ATTR").find((r) => get(extra, r) !== undefined);
    if (restricted !== undefined) {
      const message = `VNTemplate includes a restricted attribute ${restricted}`;
      throw new Failure(Code.AUTHORIZATION, `User [${context.user.id}] : ${message}.`);
    }
  }
  const merged = without(merge(source.template, extra), "NAME");
  const named = set(set(merged, "TEMPLATE_NAME", source.name), "TEMPLATE_ID", String(id));
  authorize(context, ["USE", targetOf("vntemplate", source)]);
  const given = name === "" ? named : set(named, "NAME", name);
  return createNetwork(context, given, { clusters, code: Code.ALLOCATE }).id;
}

export const networkMethods: Methods = {
  "one.vn.allocate": allocate,
  "one.vn.info": info,
  "one.vn.add_ar": change("add_ar", addAr),
  "one.vn.update_ar": change("update_ar", updateAr),
  "one.vn.hold": change("hold", hold),
  "one.vn.release": change("release", release),
  "one.vn.rm_ar": removeRange(true),
  "one.vn.free_ar": removeRange(false),
  "one.vn.recover": recover,
  "one.vntemplate.instantiate": instantiate,
};
