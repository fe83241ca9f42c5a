// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** One HTTP call of the real provider and the answer it got. */
export interface HttpCall {
  step: string;
  method: string;
  path: string;
  /** Without the question mark; null where there was none. */
  query?: string | null;
  /** Seconds since the previous, identical call, where the provider polled or retried. */
  waitedSeconds?: number;
  request?: unknown;
  status: number;
  /** Only special ones. */
  headers?: Record<string, string>;
  response?: unknown;
}

/** One call of the engine to the real provider plugin. */
export interface GrpcCall {
  step: string;
  /** Check, Diff, Create, Read, Update, Delete, Invoke, CheckConfig, DiffConfig, Configure. */
  method: string;
  request: Record<string, unknown>;
  response?: Record<string, unknown>;
  errors?: unknown;
}

/** One `pulumi` command of a scenario. */
export interface Step {
  step: string;
  command: string;
  /** What was done to the API before the step, in plain words. From the first one on the world is not reproducible. */
  worldBefore?: string;
  exitCode: number;
  ops: unknown[];
  diagnostics?: unknown;
  changes?: unknown;
}

export interface Scenario {
  /** e.g. `elasticmetal.Server`. */
  resource: string;
  /** e.g. `lifecycle`. */
  name: string;
  /** The Pulumi program; `rec:step` selects the step. */
  program: string;
  about: string;
  /** Environment variables that differ from the recordings' own; "" is unset. */
  environment: Record<string, string>;
  steps: Step[];
  http: HttpCall[];
  grpc: GrpcCall[];
}

/** A scenario as the files hold it: rows may point to equal values in earlier rows, and in the compact form to a shared table. */
export interface RawScenario {
  scenario: string;
  program: string;
  expected: { about: string; environment?: Record<string, string>; steps: Step[] };
  http: unknown[];
  grpc: unknown[];
}

/** `SCALEWAY_RECORDINGS`, default the copy in this repository. */
export function recordingsFolder(): string {
  return process.env["SCALEWAY_RECORDINGS"] ?? resolve(__dirname, "../../recordings/scaleway");
}

/**
 * Names of the recorded resources and functions, sorted.
 * @throws Error where the folder holds no recordings
 */
export function recordedResources(folder = recordingsFolder()): string[] {
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory() && !entry.name.startsWith(".")) return [entry.name];
    return entry.name.endsWith(".jsonl") ? [entry.name.replace(/\.jsonl$/, "")] : [];
  });
  if (names.length === 0) throw new Error(`${folder} holds no recordings: neither <resource>/ nor <resource>.jsonl`);
  return names.sort();
}

/** All scenarios of one resource, whichever of the two layouts the folder has, every reference resolved. */
export function readResource(resource: string, folder = recordingsFolder()): Scenario[] {
  const compact = join(folder, `${resource}.jsonl`);
  const raw = existsSync(compact) ? readCompact(compact) : readFolders(join(folder, resource));
  return raw.map(({ scenario, program, expected, http, grpc }) => ({
    resource,
    name: scenario,
    program,
    about: expected.about,
    environment: expected.environment ?? {},
    steps: expected.steps,
    http: resolveRows(http) as HttpCall[],
    grpc: resolveRows(grpc) as GrpcCall[],
  }));
}

/** The scenarios of a resource as the original layout has them: `<scenario>/{program.ts,expected.json,http.jsonl,grpc.jsonl}`. */
export function readFolders(folder: string): RawScenario[] {
  const lines = (file: string): unknown[] =>
    existsSync(file)
      ? readFileSync(file, "utf8")
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line) as unknown)
      : [];
  return readdirSync(folder)
    .sort()
    .map((scenario) => {
      const path = join(folder, scenario);
      return {
        scenario,
        program: readFileSync(join(path, "program.ts"), "utf8"),
        expected: JSON.parse(readFileSync(join(path, "expected.json"), "utf8")) as RawScenario["expected"],
        http: lines(join(path, "http.jsonl")),
        grpc: lines(join(path, "grpc.jsonl")),
      };
    });
}

/** One line a scenario; the first line is the table of values that several rows share. */
function readCompact(file: string): RawScenario[] {
  const [first = "{}", ...lines] = readFileSync(file, "utf8").split("\n").filter(Boolean);
  const { shared } = JSON.parse(first) as { shared: Record<string, unknown> };
  const expand = (value: unknown): unknown =>
    mapValues(value, (object) =>
      typeof object["$shared"] === "string" ? { to: expand(shared[object["$shared"]]) } : undefined,
    );
  return lines.map((line) => expand(JSON.parse(line)) as RawScenario);
}

function resolveRows(rows: unknown[]): unknown[] {
  const fix = (value: unknown): unknown =>
    mapValues(value, (object) => {
      if (typeof object["$line"] !== "number") return undefined;
      const keys = String(object["$path"]).split(".");
      const target = keys.reduce((at, key) => (at as Record<string, unknown>)[key], rows[object["$line"] - 1]);
      return { to: fix(target) };
    });
  return rows.map(fix);
}

type Replacement = (object: Record<string, unknown>) => { to: unknown } | undefined;

/** Copies a JSON value with some of its objects replaced. */
export function mapValues(value: unknown, replace: Replacement): unknown {
  if (Array.isArray(value)) return value.map((item) => mapValues(item, replace));
  if (typeof value !== "object" || value === null) return value;
  const replaced = replace(value as Record<string, unknown>);
  if (replaced !== undefined) return replaced.to;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapValues(item, replace)]));
}
