// SPDX-License-Identifier: Apache-2.0
export { flexibleIpDriver, type FlexibleIpDriverArgs } from "./flexible-ip";
