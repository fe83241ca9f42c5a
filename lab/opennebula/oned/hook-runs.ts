// SPDX-License-Identifier: Apache-2.0

/** Runs of hooks: on the front-end, or over SSH on the host that an event is about. */
import { spawn } from "node:child_process";
import type { Task, Work } from "./background";
import type { Entity, HookRecord, HookRun } from "./entities";
import { get } from "./template";

/** For a hook without TIMEOUT. OpenNebula's own waits for ever. */
const HOOK_SECONDS = 3600;
/** Where a COMMAND without a leading slash is: on the front-end, and in the hosts' copy of it. */
const FOLDERS = { here: "/var/lib/one/remotes/hooks", there: "/var/tmp/one/hooks" };
/** The exit status of what could not be run, or not to its end. */
const NOT_RUN = 255;

/** The next run of each hook. */
export function hookTasks(work: Work): Task[] {
  return work.state.all("hook").flatMap((hook) => {
    const [run] = hook.data.pending ?? [];
    if (run === undefined) return [];
    const finish = (result: CommandResult): void => {
      const current = work.state.find("hook", hook.id);
      if (current !== undefined) finished(work, current, run, result);
    };
    const { command, input } = commandOf(hook, run);
    const argv = run.host === undefined ? shellWords(command) : [...work.drivers.login(run.host), command];
    return [
      {
        key: `hook/${hook.id}`,
        seconds: Number(get(hook.template, "TIMEOUT") ?? "0") || HOOK_SECONDS,
        run: async (signal: AbortSignal) => ({ command, ...(await execute(argv, { input, signal })) }),
        done: finish,
        failed: () => finish({ command, stdout: "", stderr: `Timeout executing ${command}`, code: NOT_RUN }),
      },
    ];
  });
}

interface Output {
  stdout: string;
  stderr: string;
  code: number;
}

interface CommandResult extends Output {
  command: string;
}

/** The line that is run, and its standard input. */
function commandOf(hook: Entity<"hook">, run: HookRun): { command: string; input: string } {
  const given = get(hook.template, "COMMAND") ?? "";
  const file = given.startsWith("/") ? given : `${run.host === undefined ? FOLDERS.here : FOLDERS.there}/${given}`;
  const onInput = (get(hook.template, "ARGUMENTS_STDIN") ?? "").toLowerCase() === "yes";
  if (onInput) return { command: file, input: run.arguments };
  return { command: run.arguments === "" ? file : `${file} ${run.arguments}`, input: "" };
}

/** As Ruby runs a line: with a shell where it has something for one. */
const shellWords = (line: string): string[] =>
  /[*?{}[\]<>()~&|\\$;'`"\n#]/.test(line) ? ["sh", "-c", line] : line.split(/\s+/);

const REASONS: Partial<Record<string, string>> = { ENOENT: "No such file or directory", EACCES: "Permission denied" };

function execute(argv: string[], { input, signal }: { input: string; signal: AbortSignal }): Promise<Output> {
  const [file = "", ...rest] = argv;
  return new Promise((resolve) => {
    const child = spawn(file, rest, { signal, stdio: ["pipe", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
    }
    child.once("error", (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? ""] ?? error.message;
      resolve({ ...output, stderr: `Internal error ${reason} - ${file}`, code: NOT_RUN });
    });
    child.once("close", (code) => resolve({ ...output, code: code ?? NOT_RUN }));
    // A command that does not read its input is none the worse for it.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** In base64 with lines of 60 characters, as hooks' output is logged. */
const lines64 = (text: string): string =>
  Buffer.from(text)
    .toString("base64")
    .replace(/.{1,60}/g, "$&\n");

function finished(work: Work, hook: Entity<"hook">, run: HookRun, result: CommandResult): void {
  const { data } = hook;
  const record: HookRecord = {
    id: data.nextExecution++,
    timestamp: work.now(),
    arguments: run.arguments,
    ...result,
    stdout: lines64(result.stdout),
    stderr: lines64(result.stderr),
    ...(run.host !== undefined && { host: run.host }),
    retry: run.retry === true,
  };
  if (result.code === 0) work.log.info("HKM", `Success executing Hook ${hook.id}`);
  else work.log.error("HKM", `Error executing Hook ${hook.id}`);
  const kept = Number(work.config.vectors("HOOK_LOG_CONF")[0]?.LOG_RETENTION ?? "20");
  data.log = [...data.log, record].slice(-kept);
  data.pending = (data.pending ?? []).slice(1);
  work.state.touch("hook", hook);
}
