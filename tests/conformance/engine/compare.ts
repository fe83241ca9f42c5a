// SPDX-License-Identifier: Apache-2.0
/** Compares a run with its recording. Every difference is one sentence. */
import { isDeepStrictEqual } from "node:util";
import type { ResourceState } from "../../../lab/engine";
import type { Actual } from "./case-runner";
import { comparableEvents, sortSets, withPlaceholders } from "./normalise";
import type { IdNames } from "./normalise";
import { resourcesOf } from "./recording";
import type { Expected, StepRecording } from "./recording";

type EventRecord = Record<string, unknown>;

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function text(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  return json === undefined ? "nothing" : json.length > 300 ? `${json.slice(0, 300)}...` : json;
}

/** Where two values differ, with what stands there on both sides. */
function differences(path: string, expected: unknown, actual: unknown): string[] {
  if (isDeepStrictEqual(expected, actual)) return [];
  const isBranch = (value: unknown): value is object => typeof value === "object" && value !== null;
  if (!isBranch(expected) || !isBranch(actual) || Array.isArray(expected) !== Array.isArray(actual)) {
    return [`${path}: recorded ${text(expected)}, got ${text(actual)}`];
  }
  const left = expected as Record<string, unknown>;
  const right = actual as Record<string, unknown>;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].flatMap((key) => differences(`${path}.${key}`, left[key], right[key]));
}

function groupByUrn(events: readonly EventRecord[]): Map<string, EventRecord[]> {
  const groups = new Map<string, EventRecord[]>();
  for (const event of events) {
    const urn = textOf(event.urn) || textOf(event.resourceUrn);
    groups.set(urn, [...(groups.get(urn) ?? []), event]);
  }
  return groups;
}

function isPrefix(short: readonly EventRecord[], long: readonly EventRecord[]): boolean {
  return short.every((event, i) => isDeepStrictEqual(event, long[i]));
}

function compareEvents(step: StepRecording, expected: EventRecord[], actual: EventRecord[]): string[] {
  const problems: string[] = [];
  const left = groupByUrn(expected);
  const right = groupByUrn(actual);
  for (const urn of new Set([...left.keys(), ...right.keys()])) {
    const recorded = left.get(urn) ?? [];
    const own = right.get(urn) ?? [];
    if (isDeepStrictEqual(recorded, own)) continue;
    const settled = [...recorded, ...own].some(
      (event) => event.event === "resourceFailed" || isDeletion(String(event.op)),
    );
    if (step.races && !settled && (isPrefix(recorded, own) || isPrefix(own, recorded))) continue;
    for (let i = 0; i < Math.max(recorded.length, own.length); i += 1) {
      problems.push(...differences(`event ${String(i)} of ${urn || "the run"}`, recorded[i], own[i]));
    }
  }
  return problems;
}

function needs(state: ResourceState): string[] {
  // A reference is `<urn>::<id>`; the id may have become a placeholder that itself names a URN.
  const provider = /^(urn:pulumi:[^<]*?::[^<]*?::[^<]*?::[^<]*?)::/.exec(state.provider ?? "")?.[1];
  const urns = [...(state.dependencies ?? []), state.parent, provider, state.deletedWith];
  return urns.filter((urn) => urn !== undefined);
}

/** Where the steps of a URN begin and end in the order of events. */
function spans(
  events: readonly EventRecord[],
  isWanted: (op: string) => boolean,
): Map<string, { first: number; last: number }> {
  const found = new Map<string, { first: number; last: number }>();
  events.forEach((event, i) => {
    if (event.event !== "resourcePre" && event.event !== "resourceOutputs") return;
    if (!isWanted(String(event.op))) return;
    const urn = String(event.urn);
    const span = found.get(urn);
    // What a refresh finds gone ends as a deletion, but did not begin as one.
    if (!span && event.event !== "resourcePre") return;
    found.set(urn, { first: span?.first ?? i, last: i });
  });
  return found;
}

const isDeletion = (op: string): boolean => op === "delete" || op === "discard";
const isMaking = (op: string): boolean => ["create", "update", "same", "create-replacement", "read"].includes(op);

function checkOrder(events: EventRecord[], states: readonly ResourceState[], isPreview: boolean): string[] {
  const problems: string[] = [];
  const made = spans(events, isMaking);
  const deleted = spans(events, isDeletion);
  for (const state of states) {
    for (const urn of needs(state)) {
      // Components are complete only when their outputs are registered, which children do not wait for.
      const before = made.get(urn);
      const after = made.get(state.urn);
      if (before && after && !(before.first < after.first))
        problems.push(`${state.urn} began before ${urn}, which it needs`);
      const gone = deleted.get(urn);
      const dependent = deleted.get(state.urn);
      if (gone && dependent && !(dependent.last < gone.first))
        problems.push(`${urn} was deleted before ${state.urn}, which needs it`);
    }
  }
  if (isPreview) return problems;
  const lastMade = Math.max(-1, ...[...made.values()].map((span) => span.first));
  const firstDeleted = Math.min(Infinity, ...[...deleted.values()].map((span) => span.first));
  if (firstDeleted < lastMade) problems.push("a deletion began before the last resource was made");
  return problems;
}

function checkOrderedPairs(events: EventRecord[], pairs: readonly [string, string][]): string[] {
  const isUrn = (event: EventRecord, name: string): boolean => String(event.urn).endsWith(`::${name}`);
  return pairs.flatMap(([before, after]) => {
    const end = events.findIndex((event) => event.event === "resourceOutputs" && isUrn(event, before));
    const start = events.findIndex((event) => event.event === "resourcePre" && isUrn(event, after));
    return end >= 0 && end < start ? [] : [`${before} must be complete before ${after} starts`];
  });
}

function keyOf(state: ResourceState): string {
  return `${state.urn} ${state.id ?? ""}${state.delete ? " delete" : ""}`;
}

function compareStates(step: StepRecording, expected: ResourceState[], actual: ResourceState[]): string[] {
  const left = new Map(expected.map((state) => [keyOf(state), state]));
  const right = new Map(actual.map((state) => [keyOf(state), state]));
  const problems: string[] = [];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const both = left.has(key) && right.has(key);
    // Whether the program got so far as to name its outputs before the stop is part of the race.
    if (step.races && (!both || left.get(key)?.type === "pulumi:pulumi:Stack")) continue;
    problems.push(...differences(`state of ${key}`, left.get(key), right.get(key)));
  }
  const seen = new Set<string>();
  for (const state of actual) {
    for (const urn of needs(state)) {
      if (!seen.has(urn)) problems.push(`state: ${urn} must stand before ${state.urn}`);
    }
    seen.add(state.urn);
  }
  return problems;
}

/** The object that a question to a provider is about. */
function subjectOf(call: Record<string, unknown>): string {
  const inputs = (call.inputs ?? call.news) as { label?: string } | undefined;
  return textOf(call.urn) || inputs?.label || textOf(call.id).replace(/-\d+$/, "");
}

function compareCalls(
  step: StepRecording,
  expected: Record<string, unknown>[],
  actual: Record<string, unknown>[],
): string[] {
  if (step.races) return [];
  const bySubject = (calls: Record<string, unknown>[]): Map<string, Record<string, unknown>[]> => {
    const groups = new Map<string, Record<string, unknown>[]>();
    for (const call of calls) {
      if (call.method === "handshake" || call.method === "cancel") continue;
      const subject = subjectOf(call);
      groups.set(subject, [...(groups.get(subject) ?? []), call]);
    }
    return groups;
  };
  const left = bySubject(expected);
  const right = bySubject(actual);
  const problems: string[] = [];
  for (const subject of new Set([...left.keys(), ...right.keys()])) {
    const recorded = left.get(subject) ?? [];
    const own = right.get(subject) ?? [];
    for (let i = 0; i < Math.max(recorded.length, own.length); i += 1) {
      problems.push(...differences(`call ${String(i)} about ${subject}`, recorded[i], own[i]));
    }
  }
  return problems;
}

/** What the steps of a case so far have taught. */
export interface Known {
  recorded: IdNames;
  own: IdNames;
  diverged: ReadonlySet<string>;
}

/** Events without those that tell how a diverged resource comes into being, and without the outputs that follow from it. */
function withoutDiverged(events: EventRecord[], diverged: ReadonlySet<string>): EventRecord[] {
  if (diverged.size === 0) return events;
  return events.filter((event) => {
    if (event.op === undefined) return true;
    return !diverged.has(textOf(event.urn)) && event.type !== "pulumi:pulumi:Stack";
  });
}

/** What the recording of a step and a run of it have different. */
export function compareStep(recording: StepRecording, actual: Actual, ids: Known): string[] {
  const { diverged } = ids;
  const step: StepRecording = { ...recording, races: recording.races || diverged.size > 0 };
  ids.recorded.learn(step.expected.events, resourcesOf(step.state));
  ids.own.learn(actual.events, resourcesOf(actual.state));
  const expected = sortSets(ids.recorded.apply(step.expected));
  const own = sortSets(ids.own.apply(withPlaceholders(actual, actual.project)));
  const states = sortSets(ids.recorded.apply(resourcesOf(step.state)));
  const ownStates = resourcesOf(own.state);
  const summary = own.events.find((event) => event.event === "summary");
  const prelude = (events: Expected["events"]): unknown => events.find((event) => event.event === "prelude");
  const ownEvents = comparableEvents(own.events);
  const killed = step.spec.signal?.name === "KILL";
  return [
    ...differences("exit code", expected.exitCode, own.exitCode),
    ...differences("configuration shown", prelude(expected.events), prelude(own.events)),
    ...(killed
      ? []
      : compareEvents(
          step,
          withoutDiverged(comparableEvents(expected.events), diverged),
          withoutDiverged(ownEvents, diverged),
        )),
    ...(killed || step.races
      ? []
      : differences("summary", expected.summary.resourceChanges ?? {}, summary?.resourceChanges ?? {})),
    ...(killed ? [] : differences("result", expected.summary.result, summary?.result)),
    ...(step.races ? [] : differences("outputs", expected.outputs ?? {}, own.outputs)),
    ...(step.races
      ? []
      : differences("outputs with secrets", expected.outputsWithSecrets ?? {}, own.outputsWithSecrets)),
    ...(step.state ? compareStates(step, states, ownStates) : []),
    ...(step.state ? differences("pending operations", pendingOf(step.state), pendingOf(own.state)) : []),
    ...compareCalls(step, ids.recorded.apply(step.calls), own.calls),
    ...checkOrder(ownEvents, ownStates, step.spec.command === "preview"),
    ...checkOrderedPairs(ownEvents, step.expected.ordered ?? []),
  ];
}

/**
 * URNs that exist on one side only after a step in which timing decided how much was done before the stop, or since
 * such a step: how they come into being later cannot match.
 */
export function divergedUrns(step: StepRecording, actual: Actual, { diverged }: Known): ReadonlySet<string> {
  if (!step.races && diverged.size === 0) return diverged;
  const recorded = new Set(resourcesOf(step.state).map(({ urn }) => urn));
  const own = new Set(resourcesOf(actual.state).map(({ urn }) => urn));
  return new Set([...recorded, ...own].filter((urn) => recorded.has(urn) !== own.has(urn)));
}

function pendingOf(state: StepRecording["state"]): string[] {
  return (state?.deployment.pending_operations ?? []).map(({ type, resource }) => `${type} ${resource.urn}`);
}
