// SPDX-License-Identifier: Apache-2.0

/** A typed client for OpenNebula's XML-RPC interface, without any Pulumi in it. */
export * from "./calls";
export { OneClient } from "./client";
export type { CallOptions, ClientSettings } from "./client";
export * from "./errors";
export { METHODS } from "./methods";
export * from "./objects";
export { OpenNebula } from "./opennebula";
export type { CallResult, RpcValue } from "./rpc/decode";
export type { RpcParameter } from "./rpc/encode";
export type { MethodAnswer, MethodName, MethodParameters } from "./signatures";
export * from "./template";
export type { TlsSettings } from "./transport/dial";
export { Limiter } from "./transport/limit";
export { connectPinned, SshRefusal } from "./transport/pinned";
export type { SshHop } from "./transport/pinned";
export { parseXml, XmlElement } from "./xml";
