// SPDX-License-Identifier: Apache-2.0
export type { HypervisorOutputs } from "./outputs";
export { Hypervisors, type HypervisorHost, type HypervisorsArgs } from "./hypervisor";
