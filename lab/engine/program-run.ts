// SPDX-License-Identifier: Apache-2.0
/** One run of the program against the monitor, with what follows it: deletions, stack outputs, stack policies. */
import { Callbacks } from "./callbacks";
import type { Executor } from "./executor";
import { finish } from "./finish";
import { Generator } from "./generator";
import { Program } from "./language";
import type { ProgramEnd, ProgramOptions } from "./language";
import { Monitor } from "./monitor";
import { providerErrorText } from "./provider-client";
import { Stopped } from "./run";
import type { Run } from "./run";
import { stackUrn } from "./urn";

/** Runs the program to its end. @throws Stopped when the run ended before */
export async function runProgram(
  run: Run,
  executor: Executor,
  options: Pick<ProgramOptions, "engine" | "env">,
): Promise<void> {
  const callbacks = new Callbacks();
  const generator = new Generator(run, executor);
  const monitor = new Monitor(run, generator, executor, callbacks);
  run.hooks = monitor.hooks;
  const program = new Program({
    ...options,
    project: run.project,
    stack: run.scope.stack,
    config: run.config,
    monitor: await monitor.start(),
    preview: run.options.preview,
    parallel: run.options.parallel,
    onLine: (line, stream) => {
      run.events.diagnostic(stream === "stderr" ? "info#err" : "info", `${line}\n`);
    },
  });
  try {
    const end = await firstEnd(run, monitor, program);
    await monitor.idle();
    if (end && !end.ok) reportEnd(run, end);
    else if (!run.stopped) await finish(run, executor, generator.deletedEarly);
  } catch (error) {
    if (!(error instanceof Stopped)) run.fatal(providerErrorText(error));
  } finally {
    await executor.idle();
    await completeStack(run, monitor, executor);
    if (!run.stopped && !run.stepFailed && !run.failed) await judgeStack(run);
    monitor.close();
    if (run.interrupted) program.interrupt();
    await program.stop();
    monitor.stop();
    callbacks.close();
  }
  if (run.stopped) throw new Stopped();
}

/** Waits until the program is through, has failed, or the run was stopped. */
async function firstEnd(run: Run, monitor: Monitor, program: Program): Promise<ProgramEnd | undefined> {
  const stopped = new Promise<undefined>((done) => {
    run.onStop(() => {
      done(undefined);
    });
  });
  const end = await Promise.race([program.ended, monitor.signalled.then(() => undefined), stopped]);
  // A program that ends without the last call is an old SDK's, or one that called process.exit.
  return end;
}

function reportEnd(run: Run, end: ProgramEnd): void {
  if (!end.told) run.events.diagnostic("error", end.message);
  run.failed = true;
}

/** Puts the stack's outputs into the state; after an error they are laid over the old ones. */
async function completeStack(run: Run, monitor: Monitor, executor: Executor): Promise<void> {
  const stack = monitor.stackOutputs;
  if (!stack || !run.news.has(stack.urn)) return;
  const old = run.isFailing ? (run.olds.get(stack.urn)?.outputs ?? {}) : {};
  await executor.registerOutputs(stack.urn, { ...old, ...stack.outputs });
}

async function judgeStack(run: Run): Promise<void> {
  if (!run.policies) return;
  const allowed = await run.policies.judgeStack(run.judged, [...run.news.values()], stackUrn(run.scope));
  if (!allowed) run.flawed = true;
}
