// SPDX-License-Identifier: Apache-2.0

/** Virtual networks, and the templates that users make them from. */
import type { XmlElement } from "../../opennebula";
import type { Properties } from "../definition";
import { allocate } from "../framework/calls";
import type { Kind, StateRule } from "../framework/kind";
import { RANGE } from "./address-range";
import {
  attributesProperty,
  clustersProperty,
  flag,
  idOutput,
  integer,
  nameProperty,
  OWNERSHIP_OUTPUTS,
  ownership,
  references,
  text,
} from "./common";
import { lockProperty } from "./lock";

/** Attributes that networks and templates of networks have. */
const NETWORK: Properties = {
  description: text("For people.", { attribute: "DESCRIPTION" }),
  vnMad: text(
    "Driver: `bridge`, `fw`, `ebtables`, `802.1Q`, `vxlan`, `ovswitch`, `ovswitch_vxlan`, `elastic` or one of your own.",
    {
      attribute: "VN_MAD",
      required: true,
      immutable: true,
    },
  ),
  bridge: text("Bridge on the hosts; oned chooses a name if it is left out.", { attribute: "BRIDGE", sticky: true }),
  physicalDevice: text("NIC of the hosts that carries the traffic.", { attribute: "PHYDEV" }),
  vlanId: integer("VLAN or VXLAN number.", { attribute: "VLAN_ID", sticky: true, minimum: 0, maximum: 16777215 }),
  automaticVlanId: flag("oned chooses the VLAN or VXLAN number.", {
    attribute: "AUTOMATIC_VLAN_ID",
    sticky: true,
    immutable: true,
    read: automatic,
  }),
  mtu: integer("MTU of the devices on the hosts.", { attribute: "MTU", minimum: 68, maximum: 65535 }),
  guestMtu: integer("MTU that guests are told.", { attribute: "GUEST_MTU", minimum: 68, maximum: 65535 }),
  networkAddress: text("Base address.", { attribute: "NETWORK_ADDRESS" }),
  networkMask: text("IPv4 mask.", { attribute: "NETWORK_MASK" }),
  gateway: text("IPv4 gateway.", { attribute: "GATEWAY" }),
  gateway6: text("IPv6 gateway.", { attribute: "GATEWAY6" }),
  dns: { type: "list", description: "Name servers.", attribute: "DNS", form: "blanks" },
  searchDomain: text("DNS search domain.", { attribute: "SEARCH_DOMAIN" }),
  method: text("How guests get their IPv4 address: `static`, `dhcp` or `skip`.", { attribute: "METHOD" }),
  ip6Method: text("How guests get their IPv6 address: `static`, `auto`, `dhcp`, `disable` or `skip`.", {
    attribute: "IP6_METHOD",
  }),
  filterIpSpoofing: flag("Drop packets with other source addresses than the VM's own.", {
    attribute: "FILTER_IP_SPOOFING",
  }),
  filterMacSpoofing: flag("Drop packets with other MACs than the VM's own.", { attribute: "FILTER_MAC_SPOOFING" }),
  securityGroups: references("secgroup", "Security groups of every NIC in the network.", {
    attribute: "SECURITY_GROUPS",
    sticky: true,
  }),
  qos: {
    type: "object",
    typeName: "NetworkQos",
    description: "Limits of each NIC in the network.",
    fields: {
      inboundAverage: integer("KB/s.", { attribute: "INBOUND_AVG_BW", minimum: 0 }),
      inboundPeak: integer("KB/s.", { attribute: "INBOUND_PEAK_BW", minimum: 0 }),
      inboundBurst: integer("KB at peak speed.", { attribute: "INBOUND_PEAK_KB", minimum: 0 }),
      outboundAverage: integer("KB/s.", { attribute: "OUTBOUND_AVG_BW", minimum: 0 }),
      outboundPeak: integer("KB/s.", { attribute: "OUTBOUND_PEAK_BW", minimum: 0 }),
      outboundBurst: integer("KB at peak speed.", { attribute: "OUTBOUND_PEAK_KB", minimum: 0 }),
    },
  },
};

/** oned remembers the choice beside the number that it chose. */
function automatic(object: XmlElement): boolean | undefined {
  const value = object.value("VLAN_ID_AUTOMATIC");
  return value === "" ? undefined : value === "1";
}

const NETWORK_STATES: Record<string, string> = {
  0: "INIT",
  1: "READY",
  2: "LOCK_CREATE",
  3: "LOCK_DELETE",
  4: "DONE",
  5: "ERROR",
  6: "UPDATE_FAILURE",
};
const NETWORK_STATE: StateRule = {
  first: true,
  word: (object) => NETWORK_STATES[object.value("STATE")] ?? object.value("STATE"),
  judge: (object) => {
    const state = NETWORK_STATES[object.value("STATE")];
    if (state === "READY" || state === "UPDATE_FAILURE") return "ready";
    return state === "ERROR" ? "failed" : "busy";
  },
  reason: (object) => object.child("TEMPLATE")?.value("ERROR"),
  seconds: 120,
};

export const VIRTUAL_NETWORK: Kind = {
  name: "VirtualNetwork",
  word: "network",
  api: "vn",
  description: "A virtual network. Its addresses are resources by themselves: {@link AddressRange}.",
  importId: "the number that `onevnet list` shows",
  marked: "allocate",
  // Another owner may have a network of the same name.
  unique: false,
  state: NETWORK_STATE,
  gone: (object) => NETWORK_STATES[object.value("STATE")] === "DONE",
  inputs: {
    ...nameProperty("vn", "Name of the network. Unique for its owner."),
    ...NETWORK,
    ...clustersProperty("one.cluster.addvnet", "one.cluster.delvnet"),
    ...attributesProperty(),
    ...lockProperty("vn"),
    ...ownership("vn"),
  },
  outputs: {
    networkId: idOutput("oned's number of the network."),
    vlanNumber: {
      ...idOutput("VLAN or VXLAN number in use, if there is one.", "VLAN_ID"),
      required: false,
      follows: ["vlanId"],
      immutable: false,
    },
    bridgeName: {
      type: "string",
      description: "Bridge in use.",
      follows: ["bridge"],
      read: (object) => (object.value("BRIDGE") === "" ? undefined : object.value("BRIDGE")),
    },
    ...OWNERSHIP_OUTPUTS,
  },
  calls: {
    allocate: async (call, wish, template) => {
      const [cluster] = (wish["clusters"] ?? []) as string[];
      return allocate(call, "one.vn.allocate", template, cluster === undefined ? -1 : Number(cluster));
    },
  },
};

export const VN_TEMPLATE: Kind = {
  name: "VnTemplate",
  word: "network template",
  api: "vntemplate",
  description: "A template from which users make virtual networks.",
  importId: "the number that `onevntemplate list` shows",
  marked: "allocate",
  unique: false,
  inputs: {
    ...nameProperty("vntemplate", "Name of the template."),
    ...Object.fromEntries(
      // A template is not bound by what its networks are.
      Object.entries(NETWORK).map(([name, { immutable: _fixed, read: _read, ...rest }]) => [name, rest]),
    ),
    addressRanges: {
      type: "list",
      description: "Ranges that each network gets.",
      attribute: "AR",
      items: {
        type: "object",
        typeName: "VnTemplateRange",
        description: "A range of addresses.",
        fields: {
          ...RANGE,
          attributes: { type: "stringMap", description: "Further attributes of the range, e.g. `IPAM_MAD`." },
        },
      },
    },
    ...attributesProperty(),
    ...lockProperty("vntemplate"),
    ...ownership("vntemplate"),
  },
  outputs: { templateId: idOutput("oned's number of the template."), ...OWNERSHIP_OUTPUTS },
};
