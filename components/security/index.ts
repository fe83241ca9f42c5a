// SPDX-License-Identifier: Apache-2.0
export { Security, type SecurityArgs } from "./security";
export type { FirewallArgs, FurtherDestination } from "./plan";
