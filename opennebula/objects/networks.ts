// SPDX-License-Identifier: Apache-2.0
import { attributeVectors, templateFromXml, type Template, type TemplateVector } from "../template/template";
import type { XmlElement } from "../xml";
import { ownedFromXml, vmProgressFromXml, type Owned, type VmProgress } from "./parts";

/** The numbers in a network's `STATE`. */
export enum VirtualNetworkState {
  Init = 0,
  Ready = 1,
  LockCreate = 2,
  LockDelete = 3,
  Done = 4,
  Error = 5,
  UpdateFailure = 6,
}

/** What `one.vn.recover` takes. */
export enum VirtualNetworkRecovery {
  Failure = 0,
  Success = 1,
  Delete = 2,
  Retry = 3,
}

export interface VirtualNetwork extends Owned, VmProgress {
  /** See {@link VirtualNetworkState}; a plain number because a newer oned may know more. */
  state: number;
  /** Driver that makes the network on hosts, e.g. `bridge`, `vxlan`, `fw`. */
  vnMad: string;
  bridge: string;
  bridgeType: string;
  physicalDevice: string;
  /** Text, for it may be empty or a name. */
  vlanId: string;
  vlanIdAutomatic: boolean;
  outerVlanId: string;
  outerVlanIdAutomatic: boolean;
  clusterIds: number[];
  /** The network that this one is a reservation of; undefined for a network of its own. */
  parentId?: number;
  usedLeases: number;
  virtualRouterIds: number[];
  addressRanges: AddressRange[];
  template: Template;
}

export interface AddressRange {
  id: number;
  /** `IP4`, `IP6`, `IP6_STATIC`, `IP4_6`, `IP4_6_STATIC` or `ETHER`. */
  type: string;
  /** Number of addresses. */
  size: number;
  ip?: string;
  mac: string;
  ip6?: string;
  globalPrefix?: string;
  ulaPrefix?: string;
  /** The range of the parent network that this reservation's is taken from. */
  parentRangeId?: number;
  /** Undefined in lists, which leave it out. */
  usedLeases?: number;
  leases: Lease[];
  /** Every attribute as it is, those above too, without `ALLOCATED` and the leases. */
  attributes: TemplateVector;
}

/** An address that is taken: by a VM, a virtual router, a reservation, or held by a person. */
export interface Lease {
  ip?: string;
  ip6?: string;
  mac: string;
  /** -1 for an address on hold. */
  vmId?: number;
  networkId?: number;
  virtualRouterId?: number;
}

export interface SecurityGroup extends Owned, VmProgress {
  /** The `RULE` attributes, e.g. `{ PROTOCOL: "TCP", RULE_TYPE: "inbound", RANGE: "22" }`. */
  rules: TemplateVector[];
  template: Template;
}

export interface VirtualRouter extends Owned {
  vmIds: number[];
  /** The `NIC` attributes; the address that the machines share is `VROUTER_IP` there. */
  nics: TemplateVector[];
  template: Template;
}

export function virtualNetworkFromXml(element: XmlElement): VirtualNetwork {
  const parent = element.value("PARENT_NETWORK_ID");
  return {
    ...ownedFromXml(element),
    ...vmProgressFromXml(element),
    state: element.int("STATE", -1),
    vnMad: element.value("VN_MAD"),
    bridge: element.value("BRIDGE"),
    bridgeType: element.value("BRIDGE_TYPE"),
    physicalDevice: element.value("PHYDEV"),
    vlanId: element.value("VLAN_ID"),
    vlanIdAutomatic: element.value("VLAN_ID_AUTOMATIC") === "1",
    outerVlanId: element.value("OUTER_VLAN_ID"),
    outerVlanIdAutomatic: element.value("OUTER_VLAN_ID_AUTOMATIC") === "1",
    clusterIds: element.ids("CLUSTERS"),
    ...(parent === "" || parent === "-1" ? {} : { parentId: Number(parent) }),
    usedLeases: element.int("USED_LEASES", 0),
    virtualRouterIds: element.ids("VROUTERS"),
    addressRanges: (element.child("AR_POOL")?.all("AR") ?? []).map(addressRangeFromXml),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}

function addressRangeFromXml(element: XmlElement): AddressRange {
  const left = ["ALLOCATED", "LEASES"];
  const plain = element.children.filter(({ name }) => !left.includes(name)).map(({ name, text }) => [name, text]);
  return {
    id: element.int("AR_ID", -1),
    type: element.value("TYPE"),
    size: element.int("SIZE", 0),
    ip: element.optional("IP"),
    mac: element.value("MAC"),
    ip6: element.optional("IP6"),
    globalPrefix: element.optional("GLOBAL_PREFIX"),
    ulaPrefix: element.optional("ULA_PREFIX"),
    parentRangeId: element.optionalInt("PARENT_NETWORK_AR_ID"),
    usedLeases: element.optionalInt("USED_LEASES"),
    leases: (element.child("LEASES")?.all("LEASE") ?? []).map(leaseFromXml),
    attributes: Object.fromEntries(plain) as TemplateVector,
  };
}

function leaseFromXml(element: XmlElement): Lease {
  return {
    ip: element.optional("IP"),
    ip6: element.optional("IP6") ?? element.optional("IP6_GLOBAL"),
    mac: element.value("MAC"),
    vmId: element.optionalInt("VM"),
    networkId: element.optionalInt("VNET"),
    virtualRouterId: element.optionalInt("VROUTER"),
  };
}

export function securityGroupFromXml(element: XmlElement): SecurityGroup {
  const template = templateFromXml(element.child("TEMPLATE"));
  return {
    ...ownedFromXml(element),
    ...vmProgressFromXml(element),
    rules: attributeVectors(template, "RULE"),
    template,
  };
}

export function virtualRouterFromXml(element: XmlElement): VirtualRouter {
  const template = templateFromXml(element.child("TEMPLATE"));
  return { ...ownedFromXml(element), vmIds: element.ids("VMS"), nics: attributeVectors(template, "NIC"), template };
}
