// SPDX-License-Identifier: Apache-2.0

/** One resource as a deployment of version 3 writes it; what is not named here is left as it is. */
interface DeployedResource {
  urn: string;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[]>;
  deletedWith?: string;
  replaceWith?: string[];
}

/**
 * A deployment without some resources and without whatever points to them: a state that points to what it does not hold is refused.
 *
 * @throws Error when a resource that stays is a child of one that goes.
 */
export function withoutResources<T extends { resources?: unknown[] }>(deployment: T, urns: readonly string[]): T {
  const gone = new Set(urns);
  const left = ((deployment.resources ?? []) as (DeployedResource & { parent?: string; provider?: string })[]).filter(
    ({ urn }) => !gone.has(urn),
  );
  const orphan = left.find(
    ({ parent = "", provider = "" }) => gone.has(parent) || gone.has(provider.split("::").slice(0, -1).join("::")),
  );
  if (orphan) throw new Error(`${orphan.urn} belongs to a resource that is to be forgotten`);
  const without = (list: string[] | undefined): string[] | undefined => list?.filter((urn) => !gone.has(urn));
  const resources = left.map((resource) => {
    const { dependencies, propertyDependencies, deletedWith, replaceWith, ...rest } = resource;
    return {
      ...rest,
      ...(dependencies && { dependencies: without(dependencies) }),
      ...(propertyDependencies && {
        propertyDependencies: Object.fromEntries(
          Object.entries(propertyDependencies).map(([name, list]) => [name, without(list)!]),
        ),
      }),
      ...(deletedWith !== undefined && !gone.has(deletedWith) && { deletedWith }),
      ...(replaceWith && { replaceWith: without(replaceWith) }),
    };
  });
  return { ...deployment, resources };
}
