// SPDX-License-Identifier: Apache-2.0
export { Hypervisors, type HypervisorHost, type HypervisorsArgs } from "./hypervisor";
