// SPDX-License-Identifier: Apache-2.0
import type { Vpcv2 } from "@scaleway/sdk-vpc";

import type { PropertyMap } from "../../../../provider/grpc/provider";
import type { Wire } from "../api/wire";
import type { Call, ResourceDefinition } from "../core/resource";
import { given, optional } from "../core/schema";
import { flag, objects, text } from "../core/values";
import { fullId, splitId } from "../locality";
import { chosenRegion, region, sameId } from "./common";
import { vpcsPath } from "./vpc";

type Rule = Wire<Vpcv2.AclRule>;
type Acl = { rules: Rule[] | null; default_policy: string };

/** What the API writes before a rule's description. */
const SCOPE = /^\(Rule scope: [^)]*\) ?/;

const number = { kind: "int" } as const;

const oneOf =
  (...allowed: string[]) =>
  (value: string, name: string): string | undefined =>
    allowed.includes(value)
      ? undefined
      : `expected ${name.split(".").at(-1)} to be one of [${allowed.map((one) => `"${one}"`).join(" ")}], got ${value}`;

function ruleBodies(planned: PropertyMap): object[] | null {
  const rules = objects(planned.rules).map((rule) => ({
    protocol: text(rule.protocol) || "ANY",
    source: text(rule.source),
    src_port_low: Number(rule.srcPortLow ?? 0),
    src_port_high: Number(rule.srcPortHigh ?? 0),
    destination: text(rule.destination),
    dst_port_low: Number(rule.dstPortLow ?? 0),
    dst_port_high: Number(rule.dstPortHigh ?? 0),
    action: text(rule.action),
    description: rule.description ?? null,
  }));
  return rules.length === 0 ? null : rules;
}

/** A VPC has one list for each family, so that to write is to replace it. */
async function write(call: Call, id: string, planned: PropertyMap): Promise<void> {
  const { locality, id: vpcId } = splitId(id);
  await call.api.put(`${vpcsPath(locality)}/${vpcId}/acl-rules`, {
    rules: ruleBodies(planned),
    is_ipv6: flag(planned.isIpv6),
    default_policy: text(planned.defaultPolicy),
  });
}

export const vpcAcl: ResourceDefinition = {
  token: "scaleway:network/acl:Acl",
  schema: {
    defaultPolicy: optional({ default: "accept", fillsDefault: true, rules: { refuse: oneOf("accept", "drop") } }),
    isIpv6: optional({ kind: "bool", default: false }),
    // Named for a replacement by the real provider too, which then sees no difference in it.
    region: { ...region, rules: { ...region.rules, same: () => true } },
    rules: optional({
      kind: "block",
      fields: {
        action: optional(),
        description: optional(),
        destination: optional(),
        dstPortHigh: optional(number),
        dstPortLow: optional(number),
        protocol: optional({ default: "ANY", rules: { refuse: oneOf("ANY", "TCP", "UDP", "ICMP") } }),
        source: optional(),
        srcPortHigh: optional(number),
        srcPortLow: optional(number),
      },
    }),
    vpcId: given({ rules: { same: sameId } }),
  },

  async create(planned, call) {
    const vpc = splitId(text(planned.vpcId));
    const id = fullId(vpc.locality || chosenRegion(planned, call.defaults), vpc.id);
    await write(call, id, planned);
    call.created(id);
  },

  async read(id, call, prior) {
    const { locality, id: vpcId } = splitId(id);
    const acl = await call.api.get<Acl>(`${vpcsPath(locality)}/${vpcId}/acl-rules`, {
      is_ipv6: String(flag(prior.isIpv6)),
    });
    return {
      defaultPolicy: acl.default_policy,
      rules: (acl.rules ?? []).map((rule) => ({
        action: rule.action,
        description: (rule.description ?? "").replace(SCOPE, ""),
        destination: rule.destination,
        dstPortHigh: rule.dst_port_high,
        dstPortLow: rule.dst_port_low,
        protocol: rule.protocol,
        source: rule.source,
        srcPortHigh: rule.src_port_high,
        srcPortLow: rule.src_port_low,
      })),
    };
  },

  async update(id, change, call) {
    await write(call, id, change.planned);
  },

  // The list itself stays with its VPC: what is deleted is what was in it, of IPv4 alone.
  async delete(id, _prior, call) {
    await write(call, id, { isIpv6: false, defaultPolicy: "accept", rules: [] });
  },
};
