// SPDX-License-Identifier: Apache-2.0
export { Access, type AccessArgs } from "./access";
export type { AccessPlanArgs, AccessQuotaArgs, AccessUserArgs } from "./plan";
export { roles, type GroupRole, type RoleDefinition } from "./roles";
