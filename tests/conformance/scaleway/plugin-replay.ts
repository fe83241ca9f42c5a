// SPDX-License-Identifier: Apache-2.0
import { PartialFailure } from "../../../provider/grpc/provider";
import type { CallContext, ProviderImplementation, PropertyMap, ResourceId } from "../../../provider/grpc/provider";
import { fromWire, toWire } from "../../../provider/grpc/values";
import type { Json } from "../../../provider/grpc/values";
import { scalewayProvider } from "../../../lab/plugins/scaleway/provider";
import { functions } from "../../../lab/plugins/scaleway/functions";
import { resources } from "../../../lab/plugins/scaleway/resources";
import { ReplayServer } from "./plugin-server";
import type { GrpcCall, Scenario } from "./recordings";

/** The variables under which the recordings were made. */
const RECORDED_ENVIRONMENT = {
  SCW_ACCESS_KEY: "SCWXXXXXXXXXXXXXXXXX",
  SCW_SECRET_KEY: "11111111-1111-1111-1111-111111111111",
  SCW_DEFAULT_PROJECT_ID: "22222222-2222-2222-2222-222222222222",
  SCW_DEFAULT_ORGANIZATION_ID: "33333333-3333-3333-3333-333333333333",
  SCW_ORGANIZATION_ID: "33333333-3333-3333-3333-333333333333",
  SCW_DEFAULT_REGION: "fr-par",
  SCW_DEFAULT_ZONE: "fr-par-1",
};

const CONFIG_CALLS = ["CheckConfig", "DiffConfig", "Configure"];
const known = new Set([...resources, ...functions].map((definition) => definition.token));

type Request = Record<string, unknown>;

/**
 * Makes the calls that the engine made to the real plugin, in order, to the stand-in, with an API that answers as recorded.
 *
 * @returns what differs, in words; empty where nothing does.
 */
export async function replayPlugin(scenario: Scenario): Promise<string[]> {
  const server = await ReplayServer.start();
  try {
    return await new Replay(scenario, server).run();
  } finally {
    await server.close();
  }
}

/** Whether a scenario holds calls that the stand-in is made for (`provider/missing-required` has other products' too). */
export function concerns(row: GrpcCall): boolean {
  if (CONFIG_CALLS.includes(row.method)) return true;
  return known.has(String(row.request["type"] ?? row.request["tok"]));
}

class Replay {
  private readonly differences: string[] = [];
  private readonly provider: ProviderImplementation;

  constructor(
    private readonly scenario: Scenario,
    private readonly server: ReplayServer,
  ) {
    const environment = { ...RECORDED_ENVIRONMENT, ...scenario.environment };
    this.provider = scalewayProvider({ ...environment, SCW_API_URL: server.url, SCW_LAB_POLL_SCALE: "0" });
  }

  async run(): Promise<string[]> {
    if (!this.scenario.grpc.some((row) => CONFIG_CALLS.includes(row.method))) await this.provider.configure({});
    for (const rows of steps(this.scenario.grpc)) {
      const step = rows[0]?.step ?? "";
      this.server.expect(this.scenario.http.filter((call) => call.step === step));
      for (const row of rows.filter(concerns)) {
        for (const problem of await this.compare(row)) {
          const number = this.scenario.grpc.indexOf(row) + 1;
          this.differences.push(`${step} #${String(number)} ${row.method}: ${problem}`);
        }
      }
      for (const problem of this.server.settle()) this.differences.push(`${step} HTTP: ${problem}`);
    }
    return this.differences;
  }

  private async compare(row: GrpcCall): Promise<string[]> {
    const recorded = recordedError(row);
    this.server.inAnyOrder = row.method === "Invoke";
    try {
      const answer = await this.make(row);
      if (recorded !== undefined) return [`recorded the error ${recorded}, got an answer`];
      return deepDifferences(normalised(row.response ?? {}), normalised(answer), "");
    } catch (error) {
      const text = error instanceof PartialFailure ? error.reasons.join("; ") : String((error as Error).message);
      if (recorded === undefined) return [`got the error ${text}`];
      return text.trim() === recorded.trim() ? [] : [`recorded the error ${recorded}, got ${text}`];
    }
  }

  private async make({ method, request }: GrpcCall): Promise<unknown> {
    const map = (name: string): PropertyMap => fromWire((request[name] ?? {}) as Json, false) as PropertyMap;
    const resource = resourceOf(request);
    const id = (request["id"] ?? "") as string;
    const context = contextOf(request);
    switch (method) {
      case "CheckConfig": {
        const checked = await this.provider.checkConfig?.(map("news"), map("olds"));
        return checked && withFailures({ inputs: toWire(checked.inputs) }, checked.failures);
      }
      case "DiffConfig": {
        const result = await this.provider.diffConfig?.(map("olds"), map("news"));
        return result && result.changes !== "none" ? diffOnWire(result) : {};
      }
      case "Configure":
        await this.provider.configure(map("args"));
        return { supportsPreview: true, supportsAutonamingConfiguration: true };
      case "Check": {
        const seed = new Uint8Array();
        const checked = await this.provider.check(resource, map("news"), map("olds"), seed, context);
        return withFailures({ inputs: toWire(checked.inputs) }, checked.failures);
      }
      case "Diff": {
        const state = { inputs: map("oldInputs"), outputs: map("olds") };
        return diffOnWire(
          await this.provider.diff(
            resource,
            id,
            state,
            map("news"),
            (request["ignoreChanges"] as string[] | undefined) ?? [],
          ),
        );
      }
      case "Create": {
        const made = await this.provider.create(resource, map("properties"), context);
        return { ...(made.id ? { id: made.id } : {}), properties: toWire(made.properties) };
      }
      case "Read": {
        const state = { inputs: map("inputs"), outputs: map("properties") };
        const read = await this.provider.read(resource, id, state, context);
        return read ? { id: read.id, properties: toWire(read.properties), inputs: toWire(read.inputs) } : {};
      }
      case "Update": {
        const state = { inputs: map("oldInputs"), outputs: map("olds") };
        return { properties: toWire(await this.provider.update(resource, id, state, map("news"), context)) };
      }
      case "Delete":
        await this.provider.delete(resource, id, { inputs: map("oldInputs"), outputs: map("properties") }, context);
        return {};
      case "Invoke": {
        const answer = await this.provider.invoke?.(String(request["tok"]), map("args"), context);
        return { return: toWire(answer?.result ?? {}) };
      }
      default:
        throw new Error(`the recording holds the unknown call ${method}`);
    }
  }
}

/** Two steps may have the same name, one after the other: their calls are one sequence. */
function steps(rows: GrpcCall[]): GrpcCall[][] {
  const groups: GrpcCall[][] = [];
  for (const row of rows) {
    const group = groups.find((candidate) => candidate[0]?.step === row.step);
    if (group) group.push(row);
    else groups.push([row]);
  }
  return groups;
}

function resourceOf(request: Request): ResourceId {
  return { urn: String(request["urn"]), type: String(request["type"]), name: String(request["name"]) };
}

function contextOf(request: Request): CallContext {
  return {
    signal: new AbortController().signal,
    preview: request["preview"] === true,
    deadlineSeconds: 0,
    log: () => undefined,
  };
}

function withFailures(answer: Request, failures: { reason: string }[]): Request {
  return failures.length === 0 ? answer : { ...answer, failures: failures.map(({ reason }) => ({ reason })) };
}

type Diff = Awaited<ReturnType<ProviderImplementation["diff"]>>;

function diffOnWire(result: Diff): Request {
  const kinds = Object.entries(result.detailedDiff ?? {}).map(([path, { kind, inputDiff }]) => {
    const name = kind.toUpperCase().replace("-", "_");
    return [path, { ...(name === "ADD" ? {} : { kind: name }), ...(inputDiff ? { inputDiff } : {}) }] as const;
  });
  return {
    ...(result.replaces?.length ? { replaces: result.replaces } : {}),
    ...(result.stables?.length ? { stables: result.stables } : {}),
    ...(result.deleteBeforeReplace ? { deleteBeforeReplace: true } : {}),
    changes: `DIFF_${result.changes.toUpperCase()}`,
    ...(result.diffs?.length ? { diffs: result.diffs } : {}),
    ...(kinds.length > 0 ? { detailedDiff: Object.fromEntries(kinds) } : {}),
    hasDetailedDiff: true,
  };
}

function recordedError(row: GrpcCall): string | undefined {
  const [first] = Array.isArray(row.errors) ? (row.errors as string[]) : [];
  return first?.replace(/^rpc error: code = \w+ desc = /, "");
}

/** Left out of every comparison: the bridge's bookkeeping, the order of lists of names and of sets. */
const BOOKKEEPING = ["__meta", "__pulumi_raw_state_delta"];
const UNORDERED = ["diffs", "replaces", "stables", "failures", "options", "privateNetworks"];

function normalised(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    const elements = value.map((element) => normalised(element));
    return UNORDERED.includes(key)
      ? elements.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : elements;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !BOOKKEEPING.includes(name));
  const object = Object.fromEntries(entries.map(([name, entry]) => [name, normalised(entry, name)]));
  // An automatic name is random.
  const automatic = object["__defaults"];
  if (Array.isArray(automatic)) {
    for (const name of automatic as string[]) object[name] = String(object[name]).replace(/-[0-9a-f]{7}$/, "-<random>");
  }
  return object;
}

/** `path: recorded X, got Y` for every leaf that differs. */
export function deepDifferences(recorded: unknown, got: unknown, path: string): string[] {
  if (isObject(recorded) && isObject(got)) {
    const names = [...new Set([...Object.keys(recorded), ...Object.keys(got)])].sort();
    return names.flatMap((name) => {
      if (!(name in recorded)) return [`${path}.${name}: recorded nothing, got ${JSON.stringify(got[name])}`];
      if (!(name in got)) return [`${path}.${name}: recorded ${JSON.stringify(recorded[name])}, got nothing`];
      return deepDifferences(recorded[name], got[name], `${path}.${name}`);
    });
  }
  if (Array.isArray(recorded) && Array.isArray(got) && recorded.length === got.length) {
    return recorded.flatMap((entry, index) => deepDifferences(entry, got[index], `${path}[${String(index)}]`));
  }
  const same = JSON.stringify(recorded) === JSON.stringify(got);
  return same ? [] : [`${path}: recorded ${JSON.stringify(recorded)}, got ${JSON.stringify(got)}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
