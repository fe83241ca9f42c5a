// SPDX-License-Identifier: Apache-2.0

import { isIP } from "node:net";
import type { CallContext, Methods } from "../call";
import { authorize, create, takeName, template, use } from "../call";
import { Code, Failure } from "../failure";
import { tellVms } from "../network/rules";
import { commitUpdates, noUpdates } from "../network/updates";
import type { Template } from "../template";
import { vectors } from "../template";
import { AFTER_CLONE, AFTER_UPDATE, DELETE_GUARDS } from "./common";

type Rule = Record<string, string>;

const PROTOCOLS = ["TCP", "UDP", "ICMP", "ICMPV6", "IPSEC", "ALL"];
const MAX_PORT = 65535;
const MAX_PORTS = 15;
const isNumber = (text: string | undefined): boolean => /^\s*[+-]?\d+$/.test(text ?? "");

/** What is wrong with the ports of a rule, in oned's words. */
function portsError(range: string, protocol: string): string | undefined {
  if (protocol !== "TCP" && protocol !== "UDP") return "RANGE is supported only for TCP and UDP protocols.";
  if (!/^(\d+(:\d+)?,)*\d+(:\d+)?$/.test(range)) return "Invalid RANGE specification.";
  let ports = 0;
  for (const part of range.split(",")) {
    const [from = 0, to = from] = part.split(":").map(Number);
    if (to > MAX_PORT) return "RANGE out of bounds 0-65536.";
    if (to < from) return "RANGE BEGIN value is greater than RANGE END value";
    ports += part.includes(":") ? 2 : 1;
    if (ports > MAX_PORTS) return `Not more than ${MAX_PORTS} ports can be specified in a RULE`;
  }
  return undefined;
}

function ruleError(rule: Rule): string | undefined {
  const protocol = (rule.PROTOCOL ?? "").toUpperCase();
  if (!PROTOCOLS.includes(protocol)) return `Wrong PROTOCOL in rule. Valid options: ${PROTOCOLS.join(", ")}.`;
  const ports = (rule.RANGE ?? "") === "" ? undefined : portsError(rule.RANGE ?? "", protocol);
  if (ports !== undefined) return ports;
  for (const name of ["ICMP", "ICMPV6"]) {
    const type = rule[`${name}_TYPE`] ?? "";
    if (type === "") continue;
    if (protocol !== name) return `${name}_TYPE is supported only for ${name} protocol.`;
    if (!isNumber(type) || type.includes("-")) return `Wrong ${name}_TYPE, it must be integer`;
  }
  if (!["INBOUND", "OUTBOUND"].includes((rule.RULE_TYPE ?? "").toUpperCase())) {
    return "Wrong RULE_TYPE in rule. Valid options: INBOUND, OUTBOUND.";
  }
  if ((rule.IP ?? "") === "") {
    return (rule.NETWORK_ID ?? "") !== "" && !isNumber(rule.NETWORK_ID) ? "Wrong NETWORK_ID." : undefined;
  }
  if (!isNumber(rule.SIZE) || rule.SIZE?.includes("-") === true) return "Wrong or empty SIZE.";
  return isIP(rule.IP ?? "") === 0 ? "Wrong format for IP value." : undefined;
}

/** The template with each rule once; throws what oned says about a bad rule. */
function checked(given: Template): Template {
  for (const rule of vectors(given, "RULE")) {
    const error = ruleError(rule);
    if (error !== undefined) throw new Failure(Code.INTERNAL, error);
  }
  const seen = new Set<string>();
  return given.filter(({ name, value }) => {
    if (name !== "RULE" || typeof value === "string") return true;
    const text = JSON.stringify(Object.entries(value).sort());
    return !seen.has(text) && seen.add(text);
  });
}

AFTER_UPDATE.secgroup = (context, group) => {
  group.template = checked(group.template);
  commitUpdates(group.data, false);
  tellVms(context.state, group);
};
AFTER_CLONE.secgroup = (group) => Object.assign(group.data, noUpdates());
DELETE_GUARDS.secgroup = (_context, group) => {
  if (group.id === 0) return "The default security group (ID 0) cannot be deleted.";
  const { updated, outdated, updating, error } = group.data;
  const used = updated.length + outdated.length + updating.length + error.length > 0;
  return used ? "The security group has VMs using it" : undefined;
};

export const securityGroupMethods: Methods = {
  "one.secgroup.allocate": (context: CallContext, params) => {
    const given = template(params.string(0));
    authorize(context, ["CREATE", { type: "SECGROUP" }]);
    const { name, rest } = takeName(given);
    return create(context, "secgroup", { name, template: checked(rest), data: noUpdates() }).id;
  },
  "one.secgroup.commit": (context, params) => {
    const [id, recover] = [params.int(0), params.boolean(1)];
    const group = use(context, "secgroup", id, "MANAGE");
    commitUpdates(group.data, recover);
    tellVms(context.state, group);
    context.state.touch("secgroup", group);
    return id;
  },
};
