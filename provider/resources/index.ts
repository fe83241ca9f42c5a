// SPDX-License-Identifier: Apache-2.0

/** Every resource type of the provider. */
import type { ResourceDefinition } from "../definition";
import type { Kind } from "../framework/kind";
import { ObjectResource } from "../framework/object";
import { PACE, type Timing } from "../framework/wait";
import type { ResourceHandler } from "../resource";
import { token } from "../types";
import { ADDRESS_RANGE } from "./address-range";
import { ACL, GROUP, USER, VDC } from "./access";
import { HOST_DEFINITION, HostResource } from "./host";
import { IMAGE, MARKETPLACE_APP_EXPORT } from "./image";
import { CLUSTER, DATASTORE, ZONE_SERVER } from "./infrastructure";
import { VIRTUAL_NETWORK, VN_TEMPLATE } from "./network";
import { BACKUP_JOB, DOCUMENT, HOOK, VIRTUAL_ROUTER, VM_GROUP } from "./operations";
import { QUOTA } from "./quota";
import { RESERVATION } from "./reservation";
import { SECURITY_GROUP } from "./security-group";
import { SERVICE, SERVICE_TEMPLATE } from "./service";
import { VIRTUAL_MACHINE } from "./vm";
import { VM_TEMPLATE } from "./vm-template";

/** Kinds that the framework drives, in the order of the documentation. */
export const KINDS: readonly Kind[] = [
  ...[CLUSTER, DATASTORE, ZONE_SERVER],
  ...[VIRTUAL_NETWORK, ADDRESS_RANGE, RESERVATION, VN_TEMPLATE, SECURITY_GROUP],
  ...[IMAGE, MARKETPLACE_APP_EXPORT],
  ...[VM_TEMPLATE, VIRTUAL_MACHINE, VM_GROUP, VIRTUAL_ROUTER],
  ...[GROUP, USER, ACL, QUOTA, VDC],
  ...[HOOK, BACKUP_JOB, DOCUMENT, SERVICE_TEMPLATE, SERVICE],
];

/** What the schema and `Check` know, by token. */
export const RESOURCES: Record<string, ResourceDefinition> = {
  [token("Host")]: HOST_DEFINITION,
  ...Object.fromEntries(KINDS.map((kind) => [token(kind.name), kind])),
};

/**
 * The handlers by token.
 *
 * @param timing - other than the real one in tests.
 */
export function resourceHandlers(timing: Timing = PACE): Record<string, ResourceHandler> {
  return {
    [token("Host")]: new HostResource(),
    ...Object.fromEntries(KINDS.map((kind) => [token(kind.name), new ObjectResource(kind, timing)])),
  };
}
