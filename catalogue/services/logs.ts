// SPDX-License-Identifier: Apache-2.0
import { TrustZone } from "../zones";
import { Bind, ServiceHost, type Service } from "./service";

/** Where hosts send their journals: the front-end collects from all, and one other host from the front-end. */
export const logServices = {
  logCollector: {
    port: 19532,
    protocols: ["tcp"],
    owner: "logs",
    hosts: ServiceHost.Every,
    onSome: true,
    unit: "opennebula-scaleway-log-gate.service",
    bind: Bind.Management,
    from: [TrustZone.Private],
    about: "journals of other hosts; TLS with certificates on both sides",
  },
  logStore: {
    port: 19533,
    protocols: ["tcp"],
    owner: "logs",
    hosts: ServiceHost.Every,
    onSome: true,
    unit: "systemd-journal-remote.service",
    bind: Bind.Loopback,
    from: [],
    about: "writes what the collector lets in",
  },
} as const satisfies Record<string, Service>;
