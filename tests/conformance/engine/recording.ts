// SPDX-License-Identifier: Apache-2.0
/** What the real engine did, as files: see the README beside the recordings. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Deployment, EngineEvent, ResourceState } from "../../../lab/engine";

export type ConfigValue = string | { value: string; secret?: boolean; path?: boolean };

export interface StepSpec {
  command: "up" | "preview" | "refresh" | "destroy";
  stack?: string;
  args?: string[];
  parallel: number;
  exitCode: number;
  config?: Record<string, ConfigValue>;
  policyPacks?: string[];
  worldBefore?: Record<string, object | null>;
  shellBefore?: string;
  cancelBefore?: boolean;
  signal?: { name: "INT" | "KILL"; creating: string };
}

export interface CaseSpec {
  about: string;
  project: string;
  stack: string;
  config?: Record<string, ConfigValue>;
  steps: StepSpec[];
}

export interface Expected {
  exitCode: number;
  events: EngineEvent[];
  summary: { resourceChanges?: Record<string, number>; isPreview?: boolean; result?: string };
  outputs?: Record<string, unknown>;
  outputsWithSecrets?: Record<string, unknown>;
  ordered?: [string, string][];
}

export interface StepRecording {
  dir: string;
  spec: StepSpec;
  expected: Expected;
  state?: { deployment: Deployment };
  /** Each line: one question to a provider. */
  calls: Record<string, unknown>[];
  /** How much independent work was done before a stop depends on timing. */
  races: boolean;
}

export interface Recording {
  name: string;
  dir: string;
  spec: CaseSpec;
  steps: StepRecording[];
}

/** Where the cases lie: `ENGINE_CASES`, or the copy in this repository. */
export const CASES_DIR = resolve(process.env.ENGINE_CASES ?? join(__dirname, "../../recordings/engine"));

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

/** Names of all cases: the folders with a case.json. */
export function caseNames(): string[] {
  return readdirSync(CASES_DIR).filter((name) => existsSync(join(CASES_DIR, name, "case.json")));
}

/** Lines of a JSON-lines file; none when there is no such file. */
export function readLines(file: string): Record<string, unknown>[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/**
 * True where independent work was in flight when a step failed: how much of it was done differs from run to run. The
 * list names the steps that were caught at it; another failing step of the same case, and every run in which an
 * operation failed, is no different.
 */
function isRace(step: StepSpec, expected: Expected, at: { listed: string[]; name: string; number: number }): boolean {
  const { listed, name, number } = at;
  if (listed.includes(`${name}/${String(number)}`)) return true;
  if (step.exitCode === 0) return false;
  const failed = step.command === "up" && expected.events.some((event) => event.event === "resourceFailed");
  return failed || listed.some((race) => race.startsWith(`${name}/`));
}

/** Reads a case. */
export function readCase(name: string): Recording {
  const dir = join(CASES_DIR, name);
  const spec = readJson<CaseSpec>(join(dir, "case.json"));
  const { races } = readJson<{ races: string[] }>(join(CASES_DIR, "order-varies.json"));
  const steps = spec.steps.map((step, i): StepRecording => {
    const stepDir = join(dir, "steps", String(i + 1));
    const state = join(stepDir, "state.json");
    const expected = readJson<Expected>(join(stepDir, "expected.json"));
    return {
      dir: stepDir,
      spec: step,
      expected,
      state: existsSync(state) ? readJson<{ deployment: Deployment }>(state) : undefined,
      calls: readLines(join(stepDir, "provider-calls.jsonl")),
      races: isRace(step, expected, { listed: races, name, number: i + 1 }),
    };
  });
  return { name, dir, spec, steps };
}

/** The resources of a recorded or an own state. */
export function resourcesOf(state: { deployment: Deployment } | undefined): ResourceState[] {
  return state?.deployment.resources ?? [];
}
