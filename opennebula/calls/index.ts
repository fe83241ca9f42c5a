// SPDX-License-Identifier: Apache-2.0

/** What can be asked of oned, by kind of object. */
export { AclCalls } from "./acls";
export * from "./automation";
export * from "./images";
export * from "./infrastructure";
export * from "./networks";
export { ObjectCalls } from "./objects";
export type { NameQuery } from "./objects";
export { GroupCalls, UserCalls, VdcCalls } from "./people";
export type { TokenRequest, VdcMember } from "./people";
export { PoolFilter, VmFilter } from "./pool";
export type { PoolQuery } from "./pool";
export { poolQuotas } from "./pool-quotas";
export type { QuotaUse } from "./pool-quotas";
export { VmDiskCalls } from "./vm-disks";
export type { DiskOfVm, SavedDisk } from "./vm-disks";
export * from "./vms";
