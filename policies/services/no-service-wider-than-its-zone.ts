// SPDX-License-Identifier: Apache-2.0
import { services, TrustZone, type Service } from "../../catalogue";
import { definePolicy } from "../define";

interface Rule {
  action?: string;
  source?: string;
  protocol?: string;
  dstPortLow?: number;
  /** 0: every port. */
  dstPortHigh?: number;
}

/** Services of these ports that the public has no business with. */
function closedIn(first: number, last: number): string[] {
  const all: [string, Service][] = Object.entries(services);
  return all
    .filter(
      ([, { port, lastPort = port, from }]) => port <= last && lastPort >= first && !from.includes(TrustZone.Public),
    )
    .map(([name]) => name);
}

/** A rule made by hand opens at Scaleway what the catalogue keeps closed. */
export const noServiceWiderThanItsZone = definePolicy({
  name: "no-service-wider-than-its-zone",
  description: "No access rule or load balancer of Scaleway lets everybody to a service that is not public.",
  level: "mandatory",
  reason: "It exposes a service that nobody has prepared for the public.",
  severity: "critical",
  controls: ["SOC2 CC6.6"],
  cure: "Name the source network, or make the service public in the catalogue with a reason.",
  types: ["scaleway:network/acl:Acl", "scaleway:loadbalancers/frontend:Frontend"],
  check: ({ type, props }) => {
    if (type === "scaleway:loadbalancers/frontend:Frontend")
      return closedIn(Number(props.inboundPort), Number(props.inboundPort)).map(
        (name) => `the load balancer opens ${name} to everybody`,
      );
    return ((props.rules ?? []) as Rule[]).flatMap(({ action, source, protocol, dstPortLow = 0, dstPortHigh = 0 }) => {
      if (action !== "accept" || (source !== "0.0.0.0/0" && source !== "::/0") || protocol === "ICMP") return [];
      return closedIn(dstPortLow, dstPortHigh === 0 ? 65535 : dstPortHigh).map(
        (name) => `a rule opens ${name} to everybody`,
      );
    });
  },
});
