// SPDX-License-Identifier: Apache-2.0
export { HostList, type HostListArgs } from "./host-list";
