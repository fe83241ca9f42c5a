// SPDX-License-Identifier: Apache-2.0
export { BareMetal, type BareMetalArgs } from "./baremetal";
export type { HostOutputs } from "./outputs";
export type { BareMetalHost } from "./plan";
