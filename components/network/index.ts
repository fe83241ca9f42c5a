// SPDX-License-Identifier: Apache-2.0
export { openVpcAcl, vpcAcl, type AclRule, type VpcAclArgs, type VpcAclPlan } from "./acl";
export { Network, type FlexibleIpArgs, type NetworkArgs, type NetworkHost } from "./network";
export type { FlexibleIpOutputs, HostAddressOutputs, NetworkOutputs } from "./outputs";
