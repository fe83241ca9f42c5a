// SPDX-License-Identifier: Apache-2.0

/** Objects inside an OpenNebula cloud, as resources of the provider `opennebula`. */
export { Host } from "./host";
export type { HostArgs } from "./host";
export { Provider } from "./provider";
export type { ProviderArgs, SshHopArgs } from "./provider";
