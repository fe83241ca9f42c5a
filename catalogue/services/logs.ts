// SPDX-License-Identifier: Apache-2.0
import { TrustZone } from "../zones";
import { Bind, ServiceHost, type Service } from "./service";

/** Where hosts send their journals. */
export const logServices = {
  logCollector: {
    port: 19532,
    protocols: ["tcp"],
    owner: "logs",
    // The front-end collects from all; the host that keeps the front-end's own records collects from it.
    hosts: ServiceHost.Every,
    unit: "systemd-journal-remote.socket",
    bind: Bind.Management,
    from: [TrustZone.Private],
    about: "journals of other hosts; TLS with certificates on both sides",
  },
} as const satisfies Record<string, Service>;
