// SPDX-License-Identifier: Apache-2.0
export { HostRole, PrivateNics } from "./hosts";
export { egress, type Egress } from "./egress";
export { operatingSystems, privateNetworkOption, type OperatingSystem } from "./scaleway";
export { Bind, bindAddress, ServiceHost, services, unitsOf, type Service, type ServiceName } from "./services";
export { TrustZone } from "./zones";
