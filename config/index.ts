// SPDX-License-Identifier: Apache-2.0
export { ConfigProblems, parseCloud, type Cloud, type CloudHost, type CloudNetwork } from "./cloud";
export { load } from "./load";
export { problemText, type Problem } from "./problems";
export type { CloudConfig, StackFile } from "./stack.gen";
