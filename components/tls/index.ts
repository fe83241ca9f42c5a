// SPDX-License-Identifier: Apache-2.0
export type { AcmeArgs } from "./plan";
export type { TlsOutputs } from "./outputs";
export { TlsProxy, type TlsProxyArgs } from "./tls-proxy";
