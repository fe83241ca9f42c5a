// SPDX-License-Identifier: Apache-2.0

/** Security groups. */
import type { Kind } from "../framework/kind";
import { attributesProperty, idOutput, integer, nameProperty, OWNERSHIP_OUTPUTS, ownership, text } from "./common";

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
