// SPDX-License-Identifier: Apache-2.0
/** From the protocol's registration request to a goal: envelopes opened, options inherited, provider chosen. */
import type { Alias } from "@pulumi/pulumi/proto/alias_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { hashAssets } from "./assets";
import type { AliasSpec, CustomTimeouts, Goal } from "./types";
import { isProviderType, splitReference, tokenPackage, urnType } from "./urn";
import { OUTPUT, contains, fromStruct, openOutputs, signatureOf } from "./values";
import type { PlainObject, Props, Value } from "./values";

/** What of a registration is not part of the goal itself. */
export interface Request {
  goal: Goal;
  version: string;
  /** Provider references by package, for the children of a component. */
  providers: Record<string, string>;
  remote: boolean;
}

const UNITS: Record<string, number> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Seconds of a duration such as `1h5m`; 0 when absent. @throws Error when the text is none */
export function seconds(duration: string): number {
  if (!duration) return 0;
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.map((part) => part[0]).join("") !== duration)
    throw new Error(`'${duration}' is not a duration such as 30s or 1h5m`);
  return parts.reduce((total, part) => total + Number(part[1]) * (UNITS[part[2] ?? ""] ?? 0), 0);
}

function timeoutsOf(request: RegisterResourceRequest): CustomTimeouts {
  const timeouts = request.getCustomtimeouts();
  const entries = Object.entries({
    create: seconds(timeouts?.getCreate() ?? ""),
    update: seconds(timeouts?.getUpdate() ?? ""),
    delete: seconds(timeouts?.getDelete() ?? ""),
  });
  return Object.fromEntries(entries.filter(([, value]) => value > 0));
}

function aliasOf(alias: Alias): AliasSpec {
  if (alias.hasUrn()) return { urn: alias.getUrn() };
  const spec = alias.getSpec();
  return {
    name: spec?.getName(),
    type: spec?.getType(),
    stack: spec?.getStack(),
    project: spec?.getProject(),
    parent: spec?.getParenturn(),
    noParent: spec?.getNoparent(),
  };
}

function hooksOf(request: RegisterResourceRequest): Record<string, string[]> {
  const hooks = request.getHooks();
  if (!hooks) return {};
  const named = {
    BeforeCreate: hooks.getBeforeCreateList(),
    AfterCreate: hooks.getAfterCreateList(),
    BeforeUpdate: hooks.getBeforeUpdateList(),
    AfterUpdate: hooks.getAfterUpdateList(),
    BeforeDelete: hooks.getBeforeDeleteList(),
    AfterDelete: hooks.getAfterDeleteList(),
    OnError: hooks.getOnErrorList(),
  };
  return Object.fromEntries(Object.entries(named).filter(([, names]) => names.length > 0));
}

/** Whether a replacement deletes first, where the program says so; not every SDK says that it does. */
function askedOrder(request: RegisterResourceRequest): boolean | undefined {
  return request.getDeletebeforereplace() || (request.getDeletebeforereplacedefined() ? false : undefined);
}

/** A trigger of null is none. */
function triggerOf(request: RegisterResourceRequest): Value | undefined {
  const trigger = request.getReplacementTrigger()?.toJavaScript() as Value | undefined;
  return trigger === null || trigger === undefined ? undefined : openOutputs(trigger);
}

/** URNs that the output envelopes inside a value name as dependencies. */
export function envelopeDependencies(props: Props): string[] {
  const found = new Set<string>();
  contains(props, (node) => {
    const { dependencies } = signatureOf(node) === OUTPUT ? (node as PlainObject) : {};
    if (Array.isArray(dependencies)) for (const urn of dependencies) if (typeof urn === "string") found.add(urn);
    return false;
  });
  return [...found];
}

/** Reads a request; `dir` is where relative paths of assets start. */
export function readRequest(request: RegisterResourceRequest, dir: string): Request {
  const raw = fromStruct(request.getObject());
  const propertyDependencies: Record<string, string[]> = {};
  const listedByKey = request.getPropertydependenciesMap();
  for (const key of Object.keys(raw)) {
    // A program that tells no property's dependencies means all of them by each.
    const listed =
      listedByKey.getLength() === 0 ? request.getDependenciesList() : (listedByKey.get(key)?.getUrnsList() ?? []);
    propertyDependencies[key] = [...new Set([...listed, ...envelopeDependencies({ value: raw[key] ?? null })])];
  }
  const type = request.getType();
  const goal: Goal = {
    type,
    name: request.getName(),
    parent: request.getParent(),
    custom: request.getCustom(),
    inputs: hashAssets(openOutputs(raw), dir),
    dependencies: request.getDependenciesList(),
    propertyDependencies,
    provider: request.getProvider(),
    protect: request.hasProtect() ? request.getProtect() : undefined,
    retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
    deleteBeforeReplace: askedOrder(request),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    hideDiff: request.getHidediffsList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: request.getAliasesList().map(aliasOf),
    importId: request.getImportid(),
    customTimeouts: timeoutsOf(request),
    deletedWith: request.getDeletedwith(),
    replaceWith: request.getReplaceWithList(),
    replacementTrigger: triggerOf(request),
    hooks: hooksOf(request),
  };
  for (const urn of request.getAliasurnsList()) goal.aliases.push({ urn });
  const providers = Object.fromEntries(request.getProvidersMap().getEntryList());
  return { goal, version: request.getVersion(), providers, remote: request.getRemote() };
}

/** Hands down what a child leaves open from its parent's registration. */
export function inherit(goal: Goal, parent: Goal | undefined): void {
  if (!parent) return;
  goal.protect ??= parent.protect;
  goal.retainOnDelete ??= parent.retainOnDelete;
  goal.deletedWith ||= parent.deletedWith;
  if (goal.provider || !parent.provider) return;
  const pkg = urnType(splitReference(parent.provider).urn).split(":")[2];
  if (!goal.custom || pkg === tokenPackage(goal.type)) goal.provider = parent.provider;
}

/** True for a resource that some other provider manages. */
export function needsProvider(goal: Goal): boolean {
  return goal.custom && !isProviderType(goal.type);
}
