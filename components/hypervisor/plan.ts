// SPDX-License-Identifier: Apache-2.0
import type { OperatingSystem } from "../../catalogue";
import type { OpenNebulaRepository } from "../host/opennebula-repository";

export interface HypervisorPlanArgs {
  host: string;
  os: OperatingSystem;
  /** OpenNebula series: `7.0`, `7.2` or `7.4`. */
  version: string;
  /** @default the vendor's */
  repository?: OpenNebulaRepository;
  /** The front-end layer of the same host owns the repository: one file on a host has one owner. @default false */
  sharesFrontend?: boolean;
  /** Where public addresses are taken along with VMs. @default they are not */
  flexibleIps?: {
    /** The front-end's address in the management network. */
    broker: string;
    /** The bridge that carries the public network. */
    bridge: string;
  };
}

export interface HypervisorPlan extends HypervisorPlanArgs {
  /** Apt pattern of every OpenNebula package. */
  packageVersion: string;
}

/** Plans one hypervisor. */
export function planHypervisor(args: HypervisorPlanArgs): HypervisorPlan {
  return { ...args, packageVersion: `${args.version}.*` };
}
