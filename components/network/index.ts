// SPDX-License-Identifier: Apache-2.0
export { Network, type NetworkArgs, type NetworkHost } from "./network";
export type { HostAddressOutputs, NetworkOutputs } from "./outputs";
