// SPDX-License-Identifier: Apache-2.0
import { appliedLayers, type AppliedLayer } from "./layers";
import { runRemote } from "./ssh";
import type { Stack } from "./stack";

/** One thing on a host that is not as the stack says. Never holds a secret. */
export interface Difference {
  /** `file`, `setting`, `unit`, `package`, ... */
  kind: string;
  /** Path or name. */
  id: string;
  /** What an apply would do, or did: `updated`, `created`, `restarted`, ... */
  what: string;
  detail?: string;
}

export type LayerVerdict = "clean" | "differs" | "fixed" | "failed";

export interface LayerDrift {
  layer: string;
  verdict: LayerVerdict;
  differences: Difference[];
  /** Why it failed. */
  reason?: string;
  seconds: number;
}

export interface HostDrift {
  host: string;
  layers: LayerDrift[];
}

export interface DriftReport {
  stack: string;
  hosts: HostDrift[];
}

export interface DriftOptions {
  stack: Stack;
  /** Apply again what differs. @default false */
  fix?: boolean;
  /** Hosts at once. @default 8 */
  concurrency?: number;
  /** Called when a host is done. */
  onHost?: (host: HostDrift) => void;
}

/** A check reads; an apply may install packages. Seconds. */
const CHECK_SECONDS = 300;
const APPLY_SECONDS = 2400;

interface Answer {
  ok: boolean;
  changed?: Difference[];
  error?: { step: string; message: string };
}

/**
 * Compares every host with what the stack's state says was applied to it, and with `fix` applies again what differs.
 *
 * Hosts are looked at side by side, the layers of one host after each other. A host that does not answer is a verdict of its
 * own, not the end of the report.
 *
 * @throws Error when the state cannot be read or holds no host.
 */
export async function drift(options: DriftOptions): Promise<DriftReport> {
  const { stack, fix = false, concurrency = 8, onHost } = options;
  const layers = appliedLayers(await stack.export());
  if (layers.length === 0) throw new Error(`stack ${stack.name}: its state holds no host; deploy it first`);
  const names = [...new Set(layers.map(({ host }) => host))];
  const queue = [...names];
  const done = new Map<string, HostDrift>();
  const work = async (): Promise<void> => {
    for (let host = queue.shift(); host !== undefined; host = queue.shift()) {
      const result: HostDrift = { host, layers: [] };
      for (const layer of layers.filter((one) => one.host === host)) result.layers.push(await layerDrift(layer, fix));
      done.set(host, result);
      onHost?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, names.length) }, work));
  return { stack: stack.name, hosts: names.map((name) => done.get(name)!) };
}

/** 0: nothing differs, or everything was repaired; 1: something differs; 2: a host could not be looked at or repaired. */
export function exitCodeOf(report: DriftReport): 0 | 1 | 2 {
  const verdicts = report.hosts.flatMap(({ layers }) => layers.map(({ verdict }) => verdict));
  if (verdicts.includes("failed")) return 2;
  return verdicts.includes("differs") ? 1 : 0;
}

async function layerDrift(layer: AppliedLayer, fix: boolean): Promise<LayerDrift> {
  const started = Date.now();
  const result = (verdict: LayerVerdict, differences: Difference[], reason?: string): LayerDrift => ({
    layer: layer.layer,
    verdict,
    differences,
    reason,
    seconds: (Date.now() - started) / 1000,
  });
  let differences: Difference[] = [];
  try {
    differences = await ask(layer, "check", layer.bundle, CHECK_SECONDS);
    if (differences.length === 0) return result("clean", []);
    if (!fix) return result("differs", differences);
    await ask(layer, "apply", layer.bundle, APPLY_SECONDS);
    if (layer.needsConfirmation) await ask(layer, `confirm ${layer.layer}`, layer.hash, CHECK_SECONDS);
    const left = await ask(layer, "check", layer.bundle, CHECK_SECONDS);
    return left.length === 0
      ? result("fixed", differences)
      : result("failed", left, "still differs after it was applied again");
  } catch (error) {
    return result("failed", differences, (error as Error).message);
  }
}

async function ask(layer: AppliedLayer, word: string, input: string, seconds: number): Promise<Difference[]> {
  const { exitCode, stdout, stderr } = await runRemote(layer.connection, `${layer.converger} ${word}`, input, seconds);
  let answer: Answer;
  try {
    answer = JSON.parse(stdout) as Answer;
  } catch {
    const last = stderr.trim().split("\n").at(-1) ?? "";
    throw new Error(
      `host ${layer.host}, layer ${layer.layer}: no answer of the converger (exit status ${exitCode}): ${last}`,
    );
  }
  if (answer.error)
    throw new Error(`host ${layer.host}, layer ${layer.layer}, ${answer.error.step}: ${answer.error.message}`);
  return answer.changed ?? [];
}
