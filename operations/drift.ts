// SPDX-License-Identifier: Apache-2.0
import { appliedLayers, type AppliedLayer } from "./layers";
import { runRemote, SshSession } from "./ssh";
import type { ResourceDrift, Stack } from "./stack";

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

/** Where a resource lives, and so where somebody has changed it. */
export type Cause = "opennebula" | "scaleway" | "other";

/** Resources of one provider that are not as the state says. */
export interface ResourceGroup {
  cause: Cause;
  verdict: "differs" | "fixed";
  resources: ResourceDrift[];
}

export interface DriftReport {
  stack: string;
  hosts: HostDrift[];
  /** By cause; empty where every provider finds what the state says. */
  resources: ResourceGroup[];
  /** Why the providers could not be asked, or not repair. */
  reason?: string;
}

export interface DriftOptions {
  stack: Stack;
  /** Apply again what differs. @default false */
  fix?: boolean;
  /** Look at the hosts alone and ask no provider. @default false */
  hostsOnly?: boolean;
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
 * Compares every host with what the stack's state says was applied to it, and every resource with what its provider finds; with
 * `fix` applies again what differs.
 *
 * Hosts are looked at side by side over one login each, the layers of one host after each other. A host or provider that does not
 * answer is a verdict of its own, not the end of the report.
 *
 * @throws Error when the state cannot be read or holds no host.
 */
export async function drift(options: DriftOptions): Promise<DriftReport> {
  const { stack, fix = false, hostsOnly = false } = options;
  const layers = appliedLayers(await stack.export());
  if (layers.length === 0) throw new Error(`stack ${stack.name}: its state holds no host; deploy it first`);
  // Repairs do not run beside each other: both may change the front-end.
  if (fix) {
    const hosts = await hostsDrift(layers, options);
    return { stack: stack.name, hosts, ...(hostsOnly ? { resources: [] } : await resourcesDrift(stack, true)) };
  }
  const nobody = { resources: [] };
  const [hosts, others] = await Promise.all([
    hostsDrift(layers, options),
    hostsOnly ? nobody : resourcesDrift(stack, false),
  ]);
  return { stack: stack.name, hosts, ...others };
}

async function hostsDrift(layers: AppliedLayer[], options: DriftOptions): Promise<HostDrift[]> {
  const { fix = false, concurrency = 8, onHost } = options;
  const names = [...new Set(layers.map(({ host }) => host))];
  const queue = [...names];
  const done = new Map<string, HostDrift>();
  const work = async (): Promise<void> => {
    for (let host = queue.shift(); host !== undefined; host = queue.shift()) {
      const result = await hostDrift(
        host,
        layers.filter((one) => one.host === host),
        fix,
      );
      done.set(host, result);
      onHost?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, names.length) }, work));
  return names.map((name) => done.get(name)!);
}

async function hostDrift(host: string, layers: AppliedLayer[], fix: boolean): Promise<HostDrift> {
  const result: HostDrift = { host, layers: [] };
  const session = new SshSession(layers[0]!.connection);
  try {
    for (const layer of layers) result.layers.push(await layerDrift(layer, session, fix));
  } finally {
    session.close();
  }
  return result;
}

async function resourcesDrift(stack: Stack, fix: boolean): Promise<Pick<DriftReport, "resources" | "reason">> {
  let found: ResourceDrift[] = [];
  try {
    found = await stack.refreshPreview();
    if (found.length === 0 || !fix) return { resources: byCause(found, "differs") };
    // The state learns what is there, and the program puts it back.
    await stack.refresh();
    await stack.up();
    const left = await stack.refreshPreview();
    if (left.length === 0) return { resources: byCause(found, "fixed") };
    return { resources: byCause(left, "differs"), reason: "still differs after the program ran again" };
  } catch (error) {
    return { resources: byCause(found, "differs"), reason: (error as Error).message };
  }
}

const CAUSES: readonly Cause[] = ["opennebula", "scaleway", "other"];

function byCause(all: readonly ResourceDrift[], verdict: ResourceGroup["verdict"]): ResourceGroup[] {
  const causeOf = ({ type }: ResourceDrift): Cause => CAUSES.find((cause) => type.startsWith(`${cause}:`)) ?? "other";
  return CAUSES.flatMap((cause) => {
    const resources = all.filter((one) => causeOf(one) === cause);
    return resources.length === 0 ? [] : [{ cause, verdict, resources }];
  });
}

/** 0: nothing differs, or everything was repaired; 1: something differs; 2: a host could not be looked at or repaired. */
export function exitCodeOf(report: DriftReport): 0 | 1 | 2 {
  const verdicts = report.hosts.flatMap(({ layers }) => layers.map(({ verdict }) => verdict));
  if (verdicts.includes("failed") || report.reason !== undefined) return 2;
  return verdicts.includes("differs") || report.resources.some(({ verdict }) => verdict === "differs") ? 1 : 0;
}

async function layerDrift(layer: AppliedLayer, session: SshSession, fix: boolean): Promise<LayerDrift> {
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
    differences = await ask(layer, session, "check", layer.bundle);
    if (differences.length === 0) return result("clean", []);
    if (!fix) return result("differs", differences);
    await ask(layer, session, "apply", layer.bundle);
    // Only a new connection proves that one can still get in.
    if (layer.needsConfirmation) await ask(layer, undefined, `confirm ${layer.layer}`, layer.hash);
    const left = await ask(layer, session, "check", layer.bundle);
    return left.length === 0
      ? result("fixed", differences)
      : result("failed", left, "still differs after it was applied again");
  } catch (error) {
    return result("failed", differences, (error as Error).message);
  }
}

async function ask(
  layer: AppliedLayer,
  session: SshSession | undefined,
  word: string,
  input: string,
): Promise<Difference[]> {
  const seconds = word === "apply" ? APPLY_SECONDS : CHECK_SECONDS;
  const line = `${layer.converger} ${word}`;
  const { exitCode, stdout, stderr } = session
    ? await session.run(line, input, seconds)
    : await runRemote(layer.connection, line, input, seconds);
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
