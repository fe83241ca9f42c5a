// SPDX-License-Identifier: Apache-2.0
export { ipv4Network, ipv4Number, ipv4Text, isCidr, isIp, overlaps, sameOffset, type Ipv4Network } from "./addresses";
export { cloudDefaults, logDefaults } from "./defaults";
export { hostDevices, HostRole, PrivateNics } from "./hosts";
export { egress, type Egress } from "./egress";
export {
  flexibleIpGateway,
  hourlyOffers,
  operatingSystems,
  privateNetworkOption,
  VXLAN_OVERHEAD,
  type OperatingSystem,
} from "./scaleway";
export { Bind, bindAddress, ServiceHost, services, unitsOf, type Service, type ServiceName } from "./services";
export { TrustZone } from "./zones";
