// SPDX-License-Identifier: Apache-2.0
export { Network, type FlexibleIpArgs, type NetworkArgs, type NetworkHost } from "./network";
export type { FlexibleIpOutputs, HostAddressOutputs, NetworkOutputs } from "./outputs";
