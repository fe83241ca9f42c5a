// SPDX-License-Identifier: Apache-2.0
export { planTestVm, TestVmKind, type TestVmPlan, type TestVmRule } from "./plan";
export { TestVm, type TestVmArgs } from "./test-vm";
