// SPDX-License-Identifier: Apache-2.0

export interface FlexibleIpPlanArgs {
  /** Scaleway zone of the addresses. */
  zone: string;
  /** Project that owns them. */
  projectId: string;
  /** Scaleway's API as the front-end reaches it, without slash at the end. */
  apiUrl: string;
  /** Names of the public addresses reserved for VMs. */
  flexibleIps: string[];
  /** Management addresses of the hypervisors by name. */
  hosts: Record<string, string>;
}

/** The driver's front-end side with everything that is known before anything exists. */
export interface FlexibleIpPlan extends FlexibleIpPlanArgs {
  /** VN_MADs that can put an interface on the public bridge; OpenNebula has hooks for each of its own. */
  drivers: string[];
  /** Seconds between two looks of the reconciler. */
  reconcileSeconds: number;
}

/** `fw` is what networks with security groups use; the tagged and tunnelled drivers make bridges of their own. */
const DRIVERS = ["bridge", "fw"];
const RECONCILE_SECONDS = 180;

/** Plans broker, reconciler and hooks. */
export function planFlexibleIp(args: FlexibleIpPlanArgs): FlexibleIpPlan {
  return { ...args, drivers: DRIVERS, reconcileSeconds: RECONCILE_SECONDS };
}
