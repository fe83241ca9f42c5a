// SPDX-License-Identifier: Apache-2.0

/** Objects inside an OpenNebula cloud, as resources of the provider `opennebula`. */
export * from "./functions.gen";
export * from "./networks";
export { Provider } from "./provider";
export type { ProviderArgs, SshHopArgs } from "./provider";
export * from "./resources.gen";
export * from "./test-vm";
export * from "./types.gen";
