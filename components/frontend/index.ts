// SPDX-License-Identifier: Apache-2.0
export { Frontend, type FrontendArgs, type FrontendHost } from "./frontend";
export type { FrontendOutputs } from "./outputs";
