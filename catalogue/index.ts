// SPDX-License-Identifier: Apache-2.0
export { AccessRole, AuthDriver } from "./access";
export {
  ipv4Network,
  ipv4Number,
  ipv4Text,
  isCidr,
  isIp,
  logSource,
  overlaps,
  sameOffset,
  type Ipv4Network,
} from "./addresses";
export { AcmeChallenge, CertificateSource, LETS_ENCRYPT } from "./certificates";
export {
  credentialFields,
  credentials,
  credentialTypes,
  heldCredential,
  type Credential,
  type CredentialName,
  type HeldCredential,
} from "./credentials";
export { cloudDefaults, logDefaults } from "./defaults";
export { encryptedDisk } from "./encryption";
export { guestProxyAddress, hostDevices, HostRole, OPERATOR_HOST, PrivateNics } from "./hosts";
export { Destination, egress, egressOf, type Egress, type EgressName, type Endpoint } from "./egress";
export { GRAFANA_REPOSITORY, GrafanaMode, type GrafanaRepository } from "./grafana";
export type { Owner } from "./owners";
export { runbookUrl } from "./runbooks";
export {
  flexibleIpGateway,
  hourlyOffers,
  operatingSystems,
  privateNetworkOption,
  VXLAN_OVERHEAD,
  type OperatingSystem,
} from "./scaleway";
export {
  Bind,
  bindAddress,
  hostKinds,
  ServiceHost,
  services,
  servicesOf,
  unitsOf,
  type Service,
  type ServiceName,
} from "./services";
export { secretFolder, SecretStoreKind } from "./secret-store";
export { hourlyPrices } from "./prices";
export { TrustZone } from "./zones";
