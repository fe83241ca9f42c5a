// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";

import type { EngineEvent } from "./engine";
import type { EngineCommand, EngineName } from "./engines";
import { checkout, inNamespace, programCommand } from "./hosts/layout";
import type { LabLayout } from "./hosts/layout";
import { startTimeOf } from "./hosts/processes";
import { lastLines, pause } from "./hosts/run";
import { cleanEnvironment } from "./settings";

/** What a child process in one of the lab's namespaces is asked to do. */
export type InsideTask =
  | { command: EngineCommand; targets?: string[]; parallel?: number }
  | { command: "outputs"; showSecrets: boolean }
  | { command: "export" }
  | { command: "oned"; username: string; password: string };

/** Which lab a child process is to work on, and how. */
export interface LabPlace {
  lab: string;
  root: string;
  project: string;
  engine: EngineName;
  /** Folders of plugins that the engine is given beside those of PATH. */
  pluginFolders: string[];
}

/** A task and the lab that it is for; sent on standard input. */
export type InsideRequest = InsideTask &
  LabPlace & {
    /** Folder of another program that the task is about. @default the cloud's own */
    program?: string;
  };

/** What it answers with, one JSON document a line. */
export type InsideAnswer = { event: EngineEvent } | { result: unknown } | { error: string };

export interface InsideOptions {
  /** A network namespace, or `none`: the task needs no network. @default the operator's */
  namespace?: string;
  onEvent?: (event: EngineEvent) => void;
  /** Asks the engine to stop after what is under way. */
  signal?: AbortSignal;
}

const program = path.join(checkout, "lab", "inside.ts");

/** Marks the processes of a run, so that what a killed one leaves behind is found. */
const runMark = "OPENNEBULA_LAB_RUN";

/** The whole environment of what changes the lab's stack. */
export function runEnvironment(layout: LabLayout): Record<string, string> {
  return { ...cleanEnvironment(layout), [runMark]: layout.id };
}

/**
 * Does something in one of the lab's namespaces, in a process of its own: the process that asks stays outside. The child stops
 * when the process that asked is gone: its standard input ends then.
 *
 * @returns the result
 * @throws Error with the child's own message
 */
export async function inside(layout: LabLayout, request: InsideRequest, options: InsideOptions = {}): Promise<unknown> {
  const namespace = options.namespace ?? layout.namespaces.operator;
  const command = programCommand(program);
  const [file = "", ...args] = namespace === "none" ? command : inNamespace(namespace, command);
  const changes = isEngineCommand(request.command);
  const child = spawn(file, args, {
    cwd: checkout,
    env: changes ? runEnvironment(layout) : cleanEnvironment(layout),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stop = (): void => void child.kill("SIGINT");
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted) stop();
  const answer: { result?: unknown; error?: string } = {};
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors = lastLines(errors + chunk, 40);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = parse(line);
    if (message === undefined) errors = lastLines(`${errors}\n${line}`, 40);
    else if ("event" in message) options.onEvent?.(message.event);
    else Object.assign(answer, message);
  });
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(status ?? (signal === "SIGINT" ? 130 : 137)));
  });
  options.signal?.removeEventListener("abort", stop);
  if (answer.error !== undefined) throw new Error(answer.error);
  if (!("result" in answer)) {
    throw new Error(
      `${request.command} ended with ${code} and without a result; its last words:\n${lastLines(errors, 12)}`,
    );
  }
  return answer.result;
}

function isEngineCommand(command: InsideRequest["command"]): command is EngineCommand {
  return ["up", "preview", "refresh", "destroy"].includes(command);
}

/**
 * Ends what a killed run has left running in the operator's namespace: engine, program, plugins. Only to be called by the run
 * that holds the lab's lock.
 */
export async function endAbandonedRuns(layout: LabLayout): Promise<void> {
  const abandoned = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
        return environment.includes(`${runMark}=${layout.id}`) && process.kill(pid, "SIGKILL");
      } catch {
        return false; // Gone meanwhile, or a kernel thread.
      }
    });
  // What is being killed still holds the stack's lock for a moment.
  const deadline = Date.now() + 5000;
  while (abandoned.some((pid) => startTimeOf(pid) !== undefined) && Date.now() < deadline) await pause(20);
}

function parse(line: string): InsideAnswer | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as InsideAnswer) : undefined;
  } catch {
    return undefined;
  }
}
