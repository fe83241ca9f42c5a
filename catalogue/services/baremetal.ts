// SPDX-License-Identifier: Apache-2.0
import { TrustZone } from "../zones";
import { Bind, ServiceHost, type Service } from "./service";

/** Services of every host. */
export const baremetalServices = {
  ssh: {
    port: 22,
    protocols: ["tcp"],
    owner: "baremetal",
    hosts: ServiceHost.Every,
    unit: "ssh.service",
    bind: Bind.All,
    from: [TrustZone.Admin, TrustZone.Private],
    perSource: true,
    about: "operators; image copies and driver calls between hosts",
  },
} as const satisfies Record<string, Service>;
