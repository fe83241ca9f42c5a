// SPDX-License-Identifier: Apache-2.0
import { TrustZone } from "../zones";
import { frontendServices } from "./frontend";
import { Bind, ServiceHost, type Service } from "./service";

const proxy: Pick<Service, "protocols" | "owner" | "hosts" | "unit"> = {
  protocols: ["tcp"],
  owner: "tls",
  hosts: ServiceHost.Frontend,
  unit: "nginx.service",
};
const EVERYBODY = [TrustZone.Admin, TrustZone.Vpn, TrustZone.Private, TrustZone.Public];

/** The TLS proxy. What speaks plain HTTP on loopback has the same port here on the management address. */
export const tlsServices = {
  https: {
    ...proxy,
    port: 443,
    bind: Bind.All,
    from: EVERYBODY,
    about: "FireEdge for those who have a login; further pages behind passwords of their own",
  },
  http: {
    ...proxy,
    port: 80,
    bind: Bind.All,
    from: EVERYBODY,
    about: "sends browsers to HTTPS",
  },
  onedTls: {
    ...proxy,
    port: frontendServices.oned.port,
    bind: Bind.Management,
    from: [TrustZone.Private, TrustZone.Vpn],
    about: "XML-RPC API over TLS",
  },
  oneflowTls: {
    ...proxy,
    port: frontendServices.oneflow.port,
    bind: Bind.Management,
    from: [TrustZone.Private, TrustZone.Vpn],
    about: "OneFlow over TLS",
  },
} as const satisfies Record<string, Service>;
