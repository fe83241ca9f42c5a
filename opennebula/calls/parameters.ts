// SPDX-License-Identifier: Apache-2.0
import type { FromTemplate, Kind, SpecificationOf } from "../objects/kinds";
import type { RpcParameter } from "../rpc/encode";
import { buildTemplate } from "../template/build";
import type { TemplateVector } from "../template/template";

/** How a new template is laid over the old one. */
export const TEMPLATE_UPDATE = { replace: 0, merge: 1 } as const;

/** The cluster that oned chooses itself. */
const DEFAULT_CLUSTER = -1;

type Allocations = { [K in Kind]?: (specification: SpecificationOf<K>) => RpcParameter[] };

/** Kinds whose `allocate` takes more, or less, than a template. */
const ALLOCATIONS: Allocations = {
  cluster: ({ name }) => [name],
  group: ({ name }) => [name],
  host: ({ name, imMad, vmMad, clusterId = DEFAULT_CLUSTER }) => [name, imMad, vmMad, clusterId],
  user: ({ name, password, driver = "", groupIds }) => [
    name,
    password,
    driver,
    ...(groupIds === undefined ? [] : [groupIds]),
  ],
  vn: ({ template, clusterId = DEFAULT_CLUSTER }) => [buildTemplate(template), clusterId],
  datastore: ({ template, clusterId = DEFAULT_CLUSTER }) => [buildTemplate(template), clusterId],
  document: ({ template, type }) => [buildTemplate(template), type],
  image: ({ template, datastoreId, unchecked = false }) => [buildTemplate(template), datastoreId, unchecked],
  marketapp: ({ template, marketplaceId }) => [buildTemplate(template), marketplaceId],
  vm: ({ template, hold = false }) => [buildTemplate(template), hold],
};

/** What a kind's `allocate` takes after the session. */
export function allocationParameters<K extends Kind>(kind: K, specification: SpecificationOf<K>): RpcParameter[] {
  const parameters = ALLOCATIONS[kind];
  return parameters?.(specification) ?? [buildTemplate((specification as FromTemplate).template)];
}

/** The text of one vector, e.g. `NIC = [ NETWORK_ID = "1" ]`. */
export function vectorText(name: string, vector: TemplateVector): string {
  return buildTemplate({ [name]: vector });
}
