// SPDX-License-Identifier: Apache-2.0
import { CLOUD, definePolicy } from "../define";

/** Whoever logs in to FireEdge over plain HTTP gives the password to the network. */
export const fireedgeByTls = definePolicy({
  name: "fireedge-by-tls",
  description: "FireEdge listens on loopback, and only the TLS proxy (1.2 and later) is before it.",
  level: "mandatory",
  reason: "Passwords of administrators would cross the network readable.",
  severity: "critical",
  controls: ["SOC2 CC6.7", "GDPR Art. 32(1)(a)"],
  cure: "Keep fireedge on loopback in the catalogue and do not switch tls off.",
  types: [CLOUD],
  check: ({ props }) => {
    const { fireedge, https } = (props.services ?? {}) as Record<string, { bind: string; from: string[] } | undefined>;
    const layers = (props.layers ?? []) as string[];
    return [
      ...(fireedge && (fireedge.bind !== "loopback" || fireedge.from.length > 0)
        ? ["fireedge is reached without the TLS proxy"]
        : []),
      ...(https && !layers.includes("tls") ? ["the TLS proxy is switched off"] : []),
    ];
  },
});
