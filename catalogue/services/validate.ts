// SPDX-License-Identifier: Apache-2.0
import { TrustZone } from "../zones";
import { Bind, ServiceHost, type Service } from "./service";

/** What `validate` starts on the hosts for as long as it measures. */
export const validateServices = {
  iperf3: {
    port: 5201,
    protocols: ["tcp"],
    owner: "validate",
    hosts: ServiceHost.Every,
    unit: "iperf3 (validate --load)",
    bind: Bind.Management,
    from: [TrustZone.Private],
    about: "the other end when throughput is measured",
    onDemand: true,
  },
} as const satisfies Record<string, Service>;
