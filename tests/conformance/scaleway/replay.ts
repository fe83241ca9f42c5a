// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noMachines, startEmulator, type Emulator } from "../../../lab/scaleway/index";
import type { HttpCall, Scenario } from "./recordings";
import { shapeDifferences } from "./shape";
import { preparations, seedsFor, substitutions, type Preparation } from "./worlds";

/** One recorded call, sent to the emulator. */
export interface Comparison {
  /** `<resource>/<scenario> <number of the call> <method> <path>`. */
  call: string;
  differences: string[];
}

export interface Replay {
  scenario: string;
  comparisons: Comparison[];
  /** Calls after the first step whose world was changed by hand: neither sent nor compared. */
  leftOut: number;
}

const recordedAccount = {
  accessKey: "SCWXXXXXXXXXXXXXXXXX",
  secretKey: "11111111-1111-1111-1111-111111111111",
  projectId: "22222222-2222-2222-2222-222222222222",
  organizationId: "33333333-3333-3333-3333-333333333333",
};
const idPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|SCW[A-Z0-9]{17}/g;
const cataloguePath = /\/baremetal\/v1\/zones\/[^/]+\/(offers|os|options)(\/|$)/;

/** The recorded API moved an option on only when its server was read; here reads of servers are what takes time. */
const optionDelay = 500;
const timeBetween = ({ method, path }: HttpCall): number =>
  method === "GET" && /\/servers\/[^/]+$/.test(path) ? 2 * optionDelay : 1;

/** Sends a scenario's recorded calls to an emulator of its own and compares code and shape of the answers. */
export async function replay(scenario: Scenario): Promise<Replay> {
  const folder = mkdtempSync(join(tmpdir(), "scaleway-replay-"));
  const clock = { time: Date.parse("2026-01-01T00:00:00Z") };
  const emulator = await startEmulator({
    port: 0,
    host: "127.0.0.1",
    stateFile: join(folder, "state.json"),
    machines: noMachines,
    credentials: recordedAccount,
    clock: { now: () => clock.time, delays: { option: optionDelay } },
  });
  try {
    return await new Run(scenario, emulator, clock).run();
  } finally {
    await emulator.close();
    rmSync(folder, { recursive: true });
  }
}

interface Reply {
  status: number;
  body: unknown;
}

class Run {
  /** Recorded id -> the emulator's. */
  private readonly ids = new Map<string, string>();
  private readonly name: string;

  constructor(
    private readonly scenario: Scenario,
    private readonly emulator: Emulator,
    private readonly clock: { time: number },
  ) {
    this.name = `${scenario.resource}/${scenario.name}`;
  }

  async run(): Promise<Replay> {
    const changed = new Set(
      this.scenario.steps.filter((step) => step.worldBefore !== undefined).map(({ step }) => step),
    );
    const end = this.scenario.http.findIndex(({ step }) => changed.has(step));
    const calls = end === -1 ? this.scenario.http : this.scenario.http.slice(0, end);
    const comparisons: Comparison[] = [];
    for (const [index, call] of calls.entries()) {
      await this.prepare(index + 1, call);
      this.clock.time += Math.max(timeBetween(call), (call.waitedSeconds ?? 0) * 1000);
      const reply = await this.send(call.method, `${call.path}${call.query ? `?${call.query}` : ""}`, call.request);
      comparisons.push({
        call: `${this.name} ${index + 1} ${call.method} ${call.path}`,
        differences: this.compare(call, reply),
      });
      if (reply.status === call.status && !cataloguePath.test(call.path)) this.learn(call.response, reply.body);
    }
    return { scenario: this.name, comparisons, leftOut: this.scenario.http.length - calls.length };
  }

  private compare(call: HttpCall, reply: Reply): string[] {
    if (reply.status !== call.status) return [`status ${reply.status} instead of ${call.status}`];
    const isCatalogue = cataloguePath.test(call.path);
    return shapeDifferences(call.response ?? null, reply.body, { isCatalogue });
  }

  /** Brings about what was there, or was made to happen, before a call. */
  private async prepare(number: number, call: HttpCall): Promise<void> {
    for (const preparation of preparations(this.scenario, number, call)) await this.perform(preparation);
    for (const { recordedId, ...preparation } of seedsFor(this.scenario, call)) {
      if (!this.ids.has(recordedId)) await this.seed(preparation);
    }
  }

  private async perform(preparation: Preparation): Promise<void> {
    const reply = await this.seed(preparation);
    if (reply.status >= 400) {
      throw new Error(`${this.name}: preparation ${preparation.path}: ${JSON.stringify(reply.body)}`);
    }
  }

  /** A seed that is refused shows in the answer to the call that it was for. */
  private async seed({ method, path, body, learn }: Preparation): Promise<Reply> {
    const reply = await this.send(method, path, body);
    if (learn !== undefined && reply.status < 400) this.learn(learn, reply.body);
    return reply;
  }

  private async send(method: string, target: string, body: unknown): Promise<Reply> {
    const text = body === undefined || body === null ? undefined : this.translate(JSON.stringify(body));
    const response = await fetch(this.emulator.url + this.translate(target), {
      method,
      headers: { "X-Auth-Token": recordedAccount.secretKey },
      ...(text === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    return { status: response.status, body: answer === "" ? null : (JSON.parse(answer) as unknown) };
  }

  private translate(text: string): string {
    const replaced = (substitutions[this.name] ?? []).reduce((all, [from, to]) => all.replaceAll(from, to), text);
    return replaced.replace(idPattern, (id) => this.ids.get(id) ?? id);
  }

  /** Pairs the ids of two answers that say the same. */
  private learn(recorded: unknown, actual: unknown): void {
    if (typeof recorded === "string" && typeof actual === "string") {
      const isId = (text: string): boolean => text.replace(idPattern, "") === "";
      if (recorded !== "" && isId(recorded) && isId(actual) && !this.ids.has(recorded)) this.ids.set(recorded, actual);
    } else if (typeof recorded === "object" && recorded !== null && typeof actual === "object" && actual !== null) {
      for (const [key, value] of Object.entries(recorded)) this.learn(value, (actual as Record<string, unknown>)[key]);
    }
  }
}
