// SPDX-License-Identifier: Apache-2.0
export * from "./baremetal";
export * as cloud from "./cloud";
export * from "./frontend";
export * from "./hypervisor";
export * from "./network";
export {
  HostRole,
  OpenNebulaCloud,
  type CloudHostArgs,
  type OpenNebulaCloudArgs,
  type PrivateNetworkArgs,
} from "./opennebula-cloud";
