// SPDX-License-Identifier: Apache-2.0
/** Names of resources and references to provider instances. */

export const ROOT_STACK_TYPE = "pulumi:pulumi:Stack";
const PROVIDER_PREFIX = "pulumi:providers:";

export interface UrnScope {
  stack: string;
  project: string;
}

interface UrnParts extends UrnScope {
  qualifiedType: string;
  name: string;
}

/** Splits `urn:pulumi:<stack>::<project>::<types>::<name>`; a name may itself contain `::`. */
export function splitUrn(urn: string): UrnParts {
  const [head = "", project = "", qualifiedType = "", ...rest] = urn.split("::");
  return { stack: head.replace(/^urn:pulumi:/, ""), project, qualifiedType, name: rest.join("::") };
}

export function urnName(urn: string): string {
  return splitUrn(urn).name;
}

/** The resource's own type, without those of its ancestors. */
export function urnType(urn: string): string {
  const { qualifiedType } = splitUrn(urn);
  return qualifiedType.slice(qualifiedType.lastIndexOf("$") + 1);
}

/** A URN holds the types of all ancestors, but not the stack's, and no ancestor's name. */
export function makeUrn(scope: UrnScope, parent: string, resource: { type: string; name: string }): string {
  const parentType = parent ? splitUrn(parent).qualifiedType : "";
  const types = parentType && parentType !== ROOT_STACK_TYPE ? `${parentType}$${resource.type}` : resource.type;
  return `urn:pulumi:${scope.stack}::${scope.project}::${types}::${resource.name}`;
}

export function stackUrn(scope: UrnScope): string {
  return makeUrn(scope, "", { type: ROOT_STACK_TYPE, name: `${scope.project}-${scope.stack}` });
}

export function isProviderType(type: string): boolean {
  return type.startsWith(PROVIDER_PREFIX);
}

/** The package that a provider resource's type stands for. */
export function providerPackage(type: string): string {
  return type.slice(PROVIDER_PREFIX.length);
}

export function providerType(pkg: string): string {
  return PROVIDER_PREFIX + pkg;
}

/** The package of a type or function token. */
export function tokenPackage(token: string): string {
  return token.split(":")[0] ?? "";
}

/** Splits a provider reference `<urn>::<id>`. */
export function splitReference(reference: string): { urn: string; id: string } {
  const at = reference.lastIndexOf("::");
  return { urn: reference.slice(0, at), id: reference.slice(at + 2) };
}

/** The URN part of a provider reference, or nothing. */
export function referenceUrn(reference: string | undefined): string | undefined {
  return reference ? splitReference(reference).urn : undefined;
}
