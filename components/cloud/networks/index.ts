// SPDX-License-Identifier: Apache-2.0
export { offLinkGatewayScript, publicGuestContext } from "./guest";
export {
  planVmNetworks,
  PUBLIC_NETWORK,
  PUBLIC_NETWORK6,
  type PublicNetworkArgs,
  type VmNetworksPlan,
  type VxlanNetworkArgs,
} from "./plan";
export { VmNetworks, type VmNetworksArgs } from "./vm-networks";
