// SPDX-License-Identifier: Apache-2.0
/** Brings a recording and a run to one form: what differs from run to run gets the same placeholder on both sides. */
import type { EngineEvent, ResourceState } from "../../../lab/engine";
import type { Expected } from "./recording";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const RECORDED_ID = /^<(UUID|ID)-\d+>$/;

type Json = unknown;

function mapJson(value: Json, change: (text: string, key: string) => string, key = ""): Json {
  if (typeof value === "string") return change(value, key);
  if (Array.isArray(value)) return value.map((item: Json) => mapJson(item, change, key));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, mapJson(item as Json, change, name)] as const);
  return Object.fromEntries(entries);
}

interface Idded {
  urn?: string;
  type?: string;
  id?: string;
}

/** Names random ids by the resource that has them and their turn: the first id of a URN in a case is its first. */
export class IdNames {
  private readonly names = new Map<string, string>();
  private readonly turns = new Map<string, number>();

  /** @param isRandom - whether an id of a resource differs from run to run */
  constructor(private readonly isRandom: (id: string, type: string) => boolean) {}

  private note({ urn = "", type = "", id }: Idded): void {
    if (!id || id === UNKNOWN || this.names.has(id) || !this.isRandom(id, type)) return;
    const turn = (this.turns.get(urn) ?? 0) + 1;
    this.turns.set(urn, turn);
    this.names.set(id, `<id ${String(turn)} of ${urn}>`);
  }

  learn(events: readonly EngineEvent[], states: readonly ResourceState[]): void {
    for (const event of events) {
      if (!("urn" in event) || !("op" in event)) continue;
      this.note({ urn: event.urn, type: event.type, id: event.oldId });
      this.note({ urn: event.urn, type: event.type, id: event.new?.id });
    }
    for (const state of states) this.note(state);
  }

  /** The same JSON with the ids named. */
  apply<T>(value: T): T {
    const ids = [...this.names.keys()];
    return mapJson(value, (text) => {
      let result = text;
      for (const id of ids) if (result.includes(id)) result = result.replaceAll(id, this.names.get(id) ?? id);
      return result;
    }) as T;
  }
}

export function recordedIds(): IdNames {
  return new IdNames((id) => RECORDED_ID.test(id));
}

export function ownIds(): IdNames {
  return new IdNames((id, type) => UUID.test(id) || (type.startsWith("command:") && /[0-9a-f]{8}$/.test(id)));
}

/** Replaces what a run of ours has in the places where a recording has placeholders. */
export function withPlaceholders<T>(value: T, project: string): T {
  return mapJson(value, (text, key) => {
    if (key === "created" || key === "modified" || key === "time") return "<TIME>";
    if (key === "__provider" || text.startsWith("exports.handler = ")) return "<PROVIDER>";
    if (key === "plaintext" && text.startsWith('"exports.handler = ')) return "<PROVIDER>";
    if (key === "magic") return "<SHA256-OF-VERSION>";
    if (key === "salt") return "<SALT>";
    return text.replaceAll(project, "<PROJECT>");
  }) as T;
}

/** Lists that are sets, sorted. */
export function sortSets<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => sortSets(item)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    const sorted = sortSets(item as unknown);
    const isSet = ["dependencies", "keys", "diffs", "failed"].includes(key) && Array.isArray(sorted);
    return [key, isSet ? [...(sorted as string[])].sort() : sorted] as const;
  });
  return Object.fromEntries(entries) as T;
}

/** The first two lines of a text: what follows is stack trace. */
function firstLines(text: string): string {
  return text.split("\n").slice(0, 2).join("\n").trimEnd();
}

/** Events as they are compared: without output of programs and providers, summaries of policies, and times. */
export function comparableEvents(events: Expected["events"]): Record<string, unknown>[] {
  const kept = events.filter((event) => {
    const name: string = event.event;
    if (event.event === "diagnostic") return event.severity === "error" || event.severity === "warning";
    return !/^policy.*Summary|^policyLoad|^summary$|^prelude$/.test(name);
  });
  const comparable = kept.map((event) => {
    const copy: Record<string, unknown> = { ...event };
    delete copy.steps;
    delete copy.color;
    delete copy.policyPackVersionTag;
    if (typeof copy.message === "string") copy.message = firstLines(copy.message);
    return copy;
  });
  return sortRuns(comparable);
}

/** Violations that follow each other come in the order in which a pack was told of the resources: none in particular. */
function sortRuns(events: Record<string, unknown>[]): Record<string, unknown>[] {
  const sorted: Record<string, unknown>[] = [];
  let run: Record<string, unknown>[] = [];
  const flush = (): void => {
    sorted.push(...run.sort((a, b) => String(a.message).localeCompare(String(b.message))));
    run = [];
  };
  for (const event of events) {
    if (event.event === "policyEvent") run.push(event);
    else {
      flush();
      sorted.push(event);
    }
  }
  flush();
  return sorted;
}
