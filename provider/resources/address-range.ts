// SPDX-License-Identifier: Apache-2.0

/** Address ranges of networks. */
import type { Properties } from "../definition";
import type { Kind } from "../framework/kind";
import { attributesProperty, idOutput, integer, text } from "./common";
import { PARENT, parentId, partOf } from "./parts";
import { rangesOf } from "./reservation-calls";

/** What address ranges have, in a network or in a template of networks. */
export const RANGE: Properties = {
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
