// SPDX-License-Identifier: Apache-2.0

import type { OnedConfig } from "../config";
import type { Entity, VnData } from "../entities";
import { Code, Failure } from "../failure";
import { isYes } from "../leases";
import type { State } from "../state";
import type { Template } from "../template";
import { get, set, without } from "../template";
import { idList, noUpdates } from "./updates";

/** States of a network, as numbered by oned; the names are in its messages. */
export const VnState = { READY: 1, ERROR: 5, UPDATE_FAILURE: 6 } as const;
export const stateName = (state: number): string =>
  Object.entries(VnState).find(([, value]) => value === state)?.[0] ?? "INIT";

/** What each driver must be told, and where its automatic VLAN ids come from. */
const DRIVERS: Record<
  string,
  { needs?: ("PHYDEV" | "BRIDGE" | "VLAN_ID" | "OUTER_VLAN_ID")[]; vlan?: "8021Q" | "vxlan"; outer?: true }
> = {
  dummy: { needs: ["BRIDGE"] },
  "802.1q": { needs: ["PHYDEV", "VLAN_ID"], vlan: "8021Q" },
  vxlan: { needs: ["PHYDEV", "VLAN_ID"], vlan: "vxlan" },
  ovswitch: { vlan: "8021Q" },
  ovswitch_vxlan: { needs: ["OUTER_VLAN_ID"], vlan: "8021Q", outer: true },
};
const driverOf = (vnMad: string): (typeof DRIVERS)[string] => DRIVERS[vnMad.toLowerCase()] ?? {};

const refuse = (message: string): Failure => new Failure(Code.INTERNAL, message);

function bridgeTypeOf(config: OnedConfig, vnMad: string): string {
  const conf = config.vectors("VN_MAD_CONF").find(({ NAME }) => NAME === vnMad);
  if (conf === undefined) throw refuse(`VN_MAD named "${vnMad}" is not defined in oned.conf`);
  if ((conf.BRIDGE_TYPE ?? "") !== "") return conf.BRIDGE_TYPE ?? "";
  throw refuse(`Attribute bridge type in VN_MAD_CONF for ${vnMad} is missing or has wrong value in oned.conf`);
}

/** A new network's template and fields from what the caller gave; its address ranges are left to the caller. */
export function define(
  context: { state: State; config: OnedConfig },
  given: Template,
  made: { id: number; clusters: number[]; parent: number },
): Pick<Entity<"vn">, "template" | "data"> {
  const value = (name: string): string => get(given, name) ?? "";
  const vnMad = value("VN_MAD");
  if (vnMad === "") throw refuse("No VN_MAD in template for Virtual Network.");
  const automatic = (name: string): boolean => value(name) === "" && isYes(value(`AUTOMATIC_${name}`));
  const data: VnData = {
    ...noUpdates(),
    state: VnState.READY,
    clusters: made.clusters,
    parent: made.parent,
    vnMad,
    phydev: value("PHYDEV"),
    bridge: value("BRIDGE"),
    bridgeType: "",
    vlanId: value("VLAN_ID"),
    outerVlanId: value("OUTER_VLAN_ID"),
    vlanAutomatic: automatic("VLAN_ID"),
    outerVlanAutomatic: automatic("OUTER_VLAN_ID"),
    vrouters: [],
    ranges: [],
    nextRange: 0,
  };
  checkDriver(data);
  data.bridgeType = bridgeTypeOf(context.config, vnMad);
  if (data.bridge === "" && data.bridgeType !== "none")
    data.bridge = `onebr${data.vlanId === "" ? made.id : `.${data.vlanId}`}`;
  assignVlans(context, data, made.id);
  const groups = value("SECURITY_GROUPS") === "" ? [0] : idList(`${value("SECURITY_GROUPS")},0`);
  const template = set(without(given, "AR"), "SECURITY_GROUPS", groups.join(","));
  return { template: withFields(template, data), data };
}

function checkDriver(data: VnData): void {
  const driver = driverOf(data.vnMad);
  const given = {
    PHYDEV: data.phydev !== "",
    BRIDGE: data.bridge !== "",
    VLAN_ID: data.vlanId !== "" || data.vlanAutomatic,
    OUTER_VLAN_ID: data.outerVlanId !== "" || data.outerVlanAutomatic,
  };
  const missing = driver.needs?.find((name) => !given[name]);
  if (missing === undefined) return;
  const words = { VLAN_ID: "VLAN_ID (or AUTOMATIC_VLAN_ID)", OUTER_VLAN_ID: "OUTER_VLAN_ID (or AUTOMATIC)" };
  const what = missing === "PHYDEV" || missing === "BRIDGE" ? missing : words[missing];
  throw refuse(`${what} is mandatory for driver ${data.vnMad}`);
}

function assignVlans({ state, config }: { state: State; config: OnedConfig }, data: VnData, id: number): void {
  const { vlan, outer } = driverOf(data.vnMad);
  const vxlan = String(Number(config.vectors("VXLAN_IDS")[0]?.START ?? "2") + id);
  if (data.vlanAutomatic && vlan === "vxlan") data.vlanId = vxlan;
  if (data.vlanAutomatic && vlan === "8021Q") data.vlanId = freeVlan(state, config, id);
  if (data.outerVlanAutomatic && outer === true) data.outerVlanId = vxlan;
}

/** The network's own place after the first id when it is free, else the lowest free one. */
function freeVlan(state: State, config: OnedConfig, id: number): string {
  const [conf] = config.vectors("VLAN_IDS");
  const start = Number(conf?.START ?? "2");
  const reserved = (conf?.RESERVED ?? "").split(",").flatMap((part) => {
    const [from = NaN, to = from] = part.split(":").map(Number);
    return Array.from({ length: Math.max(0, to - from + 1) || 0 }, (_, index) => from + index);
  });
  const used = state
    .all("vn")
    .filter(({ data }) => data.vlanAutomatic && driverOf(data.vnMad).vlan === "8021Q")
    .map(({ data }) => Number(data.vlanId));
  const taken = new Set([...reserved, ...used]);
  const all = Array.from({ length: 4096 - start }, (_, index) => start + index);
  const free = [start + (id % (4095 - start)), ...all].find((vlan) => !taken.has(vlan));
  if (free === undefined) throw refuse("Cannot automatically assign VLAN_ID to network.");
  return String(free);
}

/** The template with the attributes that are fields of the network too. */
function withFields(template: Template, data: VnData): Template {
  const fields: [string, string | undefined][] = [
    ["VN_MAD", data.vnMad],
    ["PHYDEV", data.phydev],
    ["BRIDGE", data.bridge],
    ["BRIDGE_TYPE", data.bridgeType],
    ["VLAN_ID", data.vlanAutomatic ? undefined : data.vlanId],
    ["OUTER_VLAN_ID", data.outerVlanAutomatic ? undefined : data.outerVlanId],
  ];
  const rest = without(template, ...fields.map(([name]) => name), "AUTOMATIC_VLAN_ID", "AUTOMATIC_OUTER_VLAN_ID");
  return [...rest, ...fields.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))];
}

/** After an update of the template the network's fields follow it. */
export function redefine(context: { config: OnedConfig }, network: Entity<"vn">): void {
  const { data } = network;
  const value = (name: string): string => get(network.template, name) ?? "";
  Object.assign(data, { vnMad: value("VN_MAD"), phydev: value("PHYDEV") });
  if (!data.vlanAutomatic) data.vlanId = value("VLAN_ID");
  if (!data.outerVlanAutomatic) data.outerVlanId = value("OUTER_VLAN_ID");
  if (value("BRIDGE") !== "") data.bridge = value("BRIDGE");
  data.bridgeType = bridgeTypeOf(context.config, data.vnMad);
  network.template = withFields(network.template, data);
}
