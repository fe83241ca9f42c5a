// SPDX-License-Identifier: Apache-2.0
export { FlexibleIpDriver, type FlexibleIpDriverArgs } from "./flexible-ip";
