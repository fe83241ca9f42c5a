// SPDX-License-Identifier: Apache-2.0
export { AccessRole, AuthDriver, CertificateSource, HostRole, PrivateNics } from "../catalogue";
export * from "./access";
export * from "./backup";
export * from "./baremetal";
export * as cloud from "./cloud";
export { plannedLayers, planCloud, type CloudPlan, type PlannedLayer } from "./cloud-plan";
export * from "./flexible-ip";
export * from "./frontend";
export * from "./hypervisor";
export * from "./monitoring";
export * from "./logs";
export * from "./network";
export { OpenNebulaCloud } from "./opennebula-cloud";
export type { CloudHostArgs, OpenNebulaCloudArgs, PrivateNetworkArgs } from "./opennebula-cloud-args";
export { SecretStoreKind } from "../catalogue";
export * from "./secrets";
export * from "./security";
export * from "./tls";
