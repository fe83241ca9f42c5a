// SPDX-License-Identifier: Apache-2.0

/** A typed client for OpenNebula's XML-RPC interface, without any Pulumi in it. */
export { OneClient } from "./client";
export type { CallOptions, ClientSettings } from "./client";
export * from "./errors";
export { METHODS } from "./methods";
export { HostState, HostStatus, hostFromXml, hostStateWord } from "./objects/host";
export type { Host, HostCapacity } from "./objects/host";
export * from "./objects/infrastructure";
export type { Named, Ownership, Permissions } from "./objects/kinds";
export type { Group, User } from "./objects/people";
export { isRunning, vmFromXml, VmState } from "./objects/vm";
export type { Vm } from "./objects/vm";
export { HostCalls, ObjectCalls, OpenNebula, VmFilter } from "./opennebula";
export type { CallResult, RpcValue } from "./rpc/decode";
export type { RpcParameter } from "./rpc/encode";
export type { MethodAnswer, MethodName, MethodParameters } from "./signatures";
export * from "./template";
export type { TlsSettings } from "./transport/dial";
export { connectPinned, SshRefusal } from "./transport/pinned";
export type { SshHop } from "./transport/pinned";
export { parseXml, XmlElement } from "./xml";
