// SPDX-License-Identifier: Apache-2.0

/** Virtual networks, their address ranges, reservations, templates of networks, security groups. */
import type { XmlElement } from "../../opennebula";
import type { Properties } from "../definition";
import { allocate } from "../framework/calls";
import type { Kind, StateRule } from "../framework/kind";
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
import { PARENT, parentId, partOf } from "./parts";
import { isUnusedReservation, rangesOf, reservationCalls } from "./reservation";
import { asText } from "../framework/values";

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

/** What address ranges have, in a network or in a template of networks. */
const RANGE: Properties = {
  type: text("Kind of addresses.", {
    attribute: "TYPE",
    immutable: true,
    default: "IP4",
    enum: {
      name: "AddressRangeType",
      description: "Kind of addresses in a range.",
      values: {
        Ip4: "IP4",
        Ip6: "IP6",
        Ip6Static: "IP6_STATIC",
        Ip4Ip6: "IP4_6",
        Ip4Ip6Static: "IP4_6_STATIC",
        Ethernet: "ETHER",
      },
    },
  }),
  size: integer("Number of addresses.", { attribute: "SIZE", required: true, minimum: 1 }),
  ip: text("First IPv4 address.", { attribute: "IP", immutable: true }),
  ip6: text("First IPv6 address of a static range.", { attribute: "IP6", immutable: true, caseless: true }),
  prefixLength: integer("Of a static IPv6 range.", {
    attribute: "PREFIX_LENGTH",
    immutable: true,
    minimum: 1,
    maximum: 128,
  }),
  globalPrefix: text("IPv6 prefix that is routed.", { attribute: "GLOBAL_PREFIX", immutable: true, caseless: true }),
  ulaPrefix: text("Local IPv6 prefix.", { attribute: "ULA_PREFIX", immutable: true, caseless: true }),
  mac: text("First MAC; made from the address if it is left out.", {
    attribute: "MAC",
    sticky: true,
    immutable: true,
    caseless: true,
    rule: { pattern: /^[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}$/, text: "must be a MAC such as 02:00:0a:00:00:01" },
  }),
};

/** Parts of an address range that oned makes itself. */
const RANGE_OUTPUTS: Kind["outputs"] = {
  networkId: idOutput("Number of the network.", PARENT),
  rangeId: idOutput("Number of the range in its network.", "AR_ID"),
  firstMac: { type: "string", description: "First MAC.", attribute: "MAC" },
  lastIp: { type: "string", description: "Last IPv4 address.", attribute: "IP_END", follows: ["size"] },
  usedLeases: integer("Addresses in use when oned was last asked.", { attribute: "USED_LEASES" }),
};

export const ADDRESS_RANGE: Kind = {
  name: "AddressRange",
  word: "address range",
  description:
    "Addresses of a virtual network. Each range is a resource by itself, so that adding one touches no other. Deleted only when " +
    "none of its addresses is in use.",
  importId: "network and range as `onevnet show` tells them, e.g. `7:0`",
  marked: "allocate",
  inputs: {
    network: text("Name or id of the network.", {
      required: true,
      reference: "vn",
      immutable: true,
      idOutput: "networkId",
      read: parentId,
    }),
    ...RANGE,
    ...attributesProperty("range"),
  },
  outputs: RANGE_OUTPUTS,
  ...partOf({
    parent: { api: "vn", property: "network" },
    vector: "AR",
    idElement: "AR_ID",
    list: rangesOf,
    add: "one.vn.add_ar",
    update: "one.vn.update_ar",
    computed: [
      "MAC_END",
      "IP_END",
      "IP6_END",
      "IP6_GLOBAL",
      "IP6_GLOBAL_END",
      "IP6_ULA",
      "IP6_ULA_END",
      "USED_LEASES",
      "LEASES",
    ],
    remove: "one.vn.rm_ar",
  }),
};

export const RESERVATION: Kind = {
  name: "Reservation",
  word: "reservation",
  api: "vn",
  description:
    "Addresses of a network set aside, as a network of their own, or as a further range of a reservation that exists (`into`). " +
    "Deleting it gives the addresses back.",
  importId: "the reservation's number as `onevnet list` shows it, or `<reservation>:<range>` for a range added to one",
  idPattern: /^\d{1,9}(?::\d{1,9})?$/,
  marked: "update",
  unique: true,
  fresh: isUnusedReservation,
  inputs: {
    network: text("Name or id of the network whose addresses are reserved.", {
      required: true,
      reference: "vn",
      immutable: true,
      idOutput: "networkId",
      read: (object) => object.value("PARENT_NETWORK_ID"),
    }),
    name: text("Name of the reservation, unless it goes into another one.", {
      read: (object) => (object.name === "VNET" ? object.value("NAME") : undefined),
      apply: async (work, { wanted }) => {
        await work.call("one.vn.rename", [Number(work.id), asText(wanted)]);
      },
    }),
    into: text("Name or id of a reservation of the same network that gets the addresses as a further range.", {
      reference: "vn",
      immutable: true,
      read: (object) => (object.name === "AR" ? object.value(PARENT) : undefined),
    }),
    size: integer("Number of addresses.", {
      required: true,
      immutable: true,
      minimum: 1,
      read: (object) => Number(firstRange(object)?.value("SIZE") ?? 0),
    }),
    range: integer("Number of the network's range to take them from.", {
      immutable: true,
      unreadable: true,
      minimum: 0,
    }),
    firstIp: text("First IPv4 address; with `range`.", {
      sticky: true,
      immutable: true,
      read: (object) => firstRange(object)?.value("IP"),
    }),
    firstMac: text("First MAC; with `range`.", {
      sticky: true,
      immutable: true,
      caseless: true,
      read: (object) => firstRange(object)?.value("MAC"),
    }),
    ...attributesProperty("reservation"),
    ...ownership("vn"),
  },
  outputs: {
    networkId: idOutput("Number of the network whose addresses are reserved.", "PARENT_NETWORK_ID", {
      required: false,
    }),
    reservationId: {
      ...idOutput("Number of the reservation, which NICs name as their network."),
      read: (object) => Number(object.name === "AR" ? object.value(PARENT) : object.value("ID")),
    },
    ip: { type: "string", description: "First IPv4 address.", read: (object) => firstRange(object)?.value("IP") },
  },
  check: ({ name, into, permissions, owner, group, attributes }) => {
    if (into === undefined)
      return name === undefined ? [{ property: "name", reason: "is needed unless `into` is given" }] : [];
    const own = Object.entries({ name, permissions, owner, group, attributes }).filter(
      ([, value]) => value !== undefined,
    );
    return own.map(([property]) => ({ property, reason: "belongs to the reservation named by `into`; leave it out" }));
  },
  calls: reservationCalls,
};

/** The range itself, or the first one of a reservation that is a network. */
function firstRange(object: XmlElement): XmlElement | undefined {
  return object.name === "AR" ? object : rangesOf(object)[0];
}

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
    ...ownership("vntemplate"),
  },
  outputs: { templateId: idOutput("oned's number of the template."), ...OWNERSHIP_OUTPUTS },
};

export const SECURITY_GROUP: Kind = {
  name: "SecurityGroup",
  word: "security group",
  api: "secgroup",
  description: "Rules for traffic of VMs' NICs. oned brings changed rules to running VMs by itself.",
  importId: "the number that `onesecgroup list` shows",
  marked: "allocate",
  unique: false,
  inputs: {
    ...nameProperty("secgroup", "Name of the group. Unique for its owner."),
    description: text("For people.", { attribute: "DESCRIPTION" }),
    rules: {
      type: "list",
      description: "What is let through, in any order; nothing else is.",
      required: true,
      unordered: true,
      attribute: "RULE",
      items: {
        type: "object",
        typeName: "SecurityGroupRule",
        description: "One rule.",
        fields: {
          protocol: text("Protocol.", {
            attribute: "PROTOCOL",
            required: true,
            caseless: true,
            enum: {
              name: "SecurityGroupProtocol",
              description: "Protocol of a rule.",
              values: { All: "ALL", Tcp: "TCP", Udp: "UDP", Icmp: "ICMP", Icmpv6: "ICMPV6", Ipsec: "IPSEC" },
            },
          }),
          direction: text("Direction, seen from the VM.", {
            attribute: "RULE_TYPE",
            required: true,
            caseless: true,
            enum: {
              name: "SecurityGroupDirection",
              description: "Direction of a rule, seen from the VM.",
              values: { Inbound: "inbound", Outbound: "outbound" },
            },
          }),
          ports: text("Ports and ranges, e.g. `22,80,1000:2000`; TCP and UDP only.", {
            attribute: "RANGE",
            rule: {
              pattern: /^\d+(?::\d+)?(?:,\d+(?::\d+)?)*$/,
              text: "must be ports and ranges such as 22,1000:2000",
            },
          }),
          icmpType: integer("ICMP type.", { attribute: "ICMP_TYPE", minimum: 0, maximum: 255 }),
          icmpv6Type: integer("ICMPv6 type.", { attribute: "ICMPV6_TYPE", minimum: 0, maximum: 255 }),
          ip: text("First address of the other side, with `size`.", { attribute: "IP" }),
          size: integer("Number of addresses from `ip` on.", { attribute: "SIZE", minimum: 1 }),
          network: text("Name or id of the virtual network of the other side.", {
            attribute: "NETWORK_ID",
            reference: "vn",
          }),
        },
      },
    },
    ...attributesProperty(),
    ...ownership("secgroup"),
  },
  outputs: { securityGroupId: idOutput("oned's number of the group."), ...OWNERSHIP_OUTPUTS },
};
