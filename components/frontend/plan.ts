// SPDX-License-Identifier: Apache-2.0
import { bindAddress, type OperatingSystem } from "../../catalogue";
import type { OpenNebulaRepository } from "../host/opennebula-repository";

export interface FrontendPlanArgs {
  /** Name of the front-end host. */
  host: string;
  os: OperatingSystem;
  managementAddress: string;
  /** OpenNebula series: `7.0`, `7.2` or `7.4`. */
  version: string;
  /** @default the vendor's */
  repository?: OpenNebulaRepository;
  domain: string;
  /** Whether MariaDB keeps a log of every change, from which a backup is continued. */
  binaryLog: boolean;
  /** Further top-level settings of oned.conf. */
  onedSettings: Record<string, string | number>;
}

/** The front-end with every address and version decided. */
export interface FrontendPlan extends FrontendPlanArgs {
  /** Apt pattern of every OpenNebula package. */
  packageVersion: string;
  /** Whether oned has a gRPC port (7.2 and later). */
  grpc: boolean;
  /** Whether OneGate's configuration has a `:server:` section (7.4 and later). */
  gateServerSection: boolean;
  bind: { oned: string; onegate: string; oneflow: string; fireedge: string; monitord: string; dns: string };
}

/** Plans the front-end's services on the addresses that the service catalogue gives them. */
export function planFrontend(args: FrontendPlanArgs): FrontendPlan {
  const minor = Number(args.version.split(".")[1]);
  const bind = (name: Parameters<typeof bindAddress>[0]): string => bindAddress(name, args.managementAddress);
  return {
    ...args,
    packageVersion: `${args.version}.*`,
    grpc: minor >= 2,
    gateServerSection: minor >= 4,
    bind: {
      oned: bind("oned"),
      onegate: bind("onegate"),
      oneflow: bind("oneflow"),
      fireedge: bind("fireedge"),
      monitord: bind("monitord"),
      dns: bind("dns"),
    },
  };
}
