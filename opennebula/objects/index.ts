// SPDX-License-Identifier: Apache-2.0

/** The objects of oned as typed data. */
export * from "./acl";
export * from "./automation";
export * from "./host";
export * from "./images";
export * from "./infrastructure";
export { KINDS } from "./kinds";
export type { FromTemplate, Kind, KindsWith, ListedOf, ObjectOf, SpecificationOf } from "./kinds";
export * from "./market";
export * from "./networks";
export { LockLevel } from "./parts";
export type { Lock, Named, Owned, Owner, Ownership, Permissions, VmProgress } from "./parts";
export * from "./people";
export { DEFAULT_LIMIT, UNLIMITED } from "./quotas";
export type { Quotas } from "./quotas";
export type { StoredTemplate } from "./templates";
export * from "./vm";
export * from "./vm-states";
