// SPDX-License-Identifier: Apache-2.0
export { BareMetal, type BareMetalArgs } from "./baremetal";
export type { HostOutputs } from "./outputs";
export { MANAGEMENT_DEVICE, PUBLIC_BRIDGE, VMS_DEVICE, type BareMetalHost } from "./plan";
