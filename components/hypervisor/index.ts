// SPDX-License-Identifier: Apache-2.0
export type { HypervisorOutputs, RegistrationOutputs } from "./outputs";
export { Hypervisors, type HypervisorHost, type HypervisorsArgs } from "./hypervisor";
export { HostRegistrations, type HostRegistrationsArgs } from "./registrations";
