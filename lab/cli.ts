// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";

import { Command, InvalidArgumentError, Option } from "commander";

import { DeploymentView } from "./deployment-view";
import { drawDashboards, writePictures } from "./dashboards";
import { engineNames, type EngineCommand, type EngineName } from "./engines";
import { messages, messageText } from "./inbox";
import { Interrupt } from "./interrupt";
import { Lab, type DeployResult } from "./lab";
import { liveSteps, plainSteps, type Step, type StepRunner } from "./progress";
import { renderStatus } from "./report";
import { openSsh } from "./ssh";

interface GlobalOptions {
  name: string;
  install: boolean;
  engine: EngineName;
}

const write = (line: string): void => void process.stdout.write(`${line}\n`);
const live = process.stdout.isTTY && process.env.TERM !== "dumb" && process.env.CI === undefined;
const interrupt = new Interrupt();
const show: StepRunner = live ? liveSteps : plainSteps(write);
const runner: StepRunner = (steps) => interrupt.stepping(() => show(steps));

/** A deployment as a step; its result decides the exit code. */
function deploymentStep(lab: Lab, command: EngineCommand, program?: string): { step: Step; lasting: string[] } {
  const lasting: string[] = [];
  const run: Step["run"] = async (note, remark) => {
    const view = new DeploymentView((line, keep) => {
      if (keep) lasting.push(line);
      note(line);
    });
    const result = await interrupt.deploying(remark, (signal) =>
      lab[command]({ program, signal, onEvent: (event) => view.take(event) }),
    );
    if (result.exitCode !== 0)
      throw new Error(interrupt.happened ? "interrupted; the next run goes on from there" : failure(command, result));
    return summary(result);
  };
  const what = program === undefined ? `stack ${lab.layout.name}` : path.basename(program);
  return { step: { title: `${command} of ${what}`, run }, lasting };
}

function summary({ summary: counts }: DeployResult): string {
  const { create, update, replace, delete: deleted, same } = counts;
  return `${create} created, ${update + replace} updated, ${deleted} deleted, ${same} unchanged`;
}

function failure(command: string, result: DeployResult): string {
  const reasons = [...new Set(result.diagnostics)].map((reason) => reason.trim());
  return `${command} failed:\n${reasons.join("\n")}`;
}

const dropDashes = (command: string[]): string[] => (command[0] === "--" ? command.slice(1) : command);

async function deploy(lab: Lab, command: EngineCommand, program?: string): Promise<void> {
  const { step, lasting } = deploymentStep(lab, command, program);
  await runner([step]);
  if (live) lasting.forEach(write);
}

async function showStatus(lab: Lab, options: { json?: boolean; started?: number }): Promise<void> {
  if (!lab.exists) throw new Error(`there is no lab "${lab.layout.name}": npm run lab makes it`);
  const status = await lab.status();
  const secondsTaken = options.started === undefined ? undefined : (Date.now() - options.started) / 1000;
  const { columns } = process.stdout;
  write(options.json ? JSON.stringify(status, undefined, 2) : renderStatus(lab, status, { secondsTaken, columns }));
  if (!status.healthy) process.exitCode = 1;
}

/** Everything from nothing to a table. */
async function wholeCloud(lab: Lab): Promise<void> {
  const started = Date.now();
  const notice = lab.exists ? lab.create() : undefined;
  if (notice !== undefined) write(notice);
  await lab.start();
  await deploy(lab, "up");
  await showStatus(lab, { started });
}

/** Runs a command line in the foreground. @returns its exit code */
function foreground(argv: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const [file = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: "inherit", env });
    child.once("error", reject).once("close", (code) => resolve(code ?? 130));
  });
}

function minutes(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError("a number of minutes above 0");
  return number;
}

function engineCommand(value: string): EngineCommand {
  if (value === "up" || value === "preview" || value === "refresh" || value === "destroy") return value;
  throw new InvalidArgumentError("one of: up, preview, refresh, destroy");
}

function powerAction(value: string): "off" | "on" | "reboot" {
  if (value === "off" || value === "on" || value === "reboot") return value;
  throw new InvalidArgumentError("one of: off, on, reboot");
}

function program(): Command {
  const root = new Command("npm run lab --")
    .description(
      "The whole cloud on this machine. Without a command: makes it, deploys it and says where everything is.",
    )
    .usage("[options] [command] [arguments...]")
    .option("--name <lab>", "which lab; labs run side by side", "default")
    .addOption(
      new Option("--engine <engine>", "what runs the program; pulumi: the Pulumi CLI and the providers' own plugins")
        .choices(engineNames)
        .default("embedded"),
    )
    .option("--no-install", "refuse instead of installing missing Debian packages")
    .showHelpAfterError("(npm run lab -- --help lists the commands)")
    .enablePositionalOptions();
  const lab = (): Lab => {
    const { name, install, engine } = root.opts<GlobalOptions>();
    return new Lab({ name, install, engine, steps: runner });
  };
  const existing = (): Lab => {
    const found = lab();
    if (!found.exists) throw new Error(`there is no lab "${found.layout.name}": npm run lab makes it`);
    return found;
  };
  root
    .argument("[command]", "one of those below, or a day-two command of `npx opennebula-scaleway`, such as drift")
    .argument("[arguments...]")
    .passThroughOptions()
    .action(async (command: string | undefined, rest: string[]) => {
      if (command === undefined) return wholeCloud(lab());
      process.exitCode = await existing().dayTwo([command, ...rest], foreground);
    });
  root
    .command("status")
    .description("hosts, services, oned and the last update; exit code 1 unless healthy")
    .option("--json")
    .action((options: { json?: boolean }) => showStatus(lab(), options));
  root
    .command("ssh")
    .description("log in to a host from the operator's network, or run a command there")
    .argument("<host>")
    .argument("[command...]")
    .passThroughOptions()
    .action(async (host: string, command: string[]) => {
      const session = await openSsh(existing(), host);
      process.removeListener("SIGINT", interrupt.take).on("SIGINT", () => undefined);
      process.exitCode = await foreground([...session.argv, ...dropDashes(command)]).finally(() => session.close());
    });
  root
    .command("exec")
    .description("run a command in a host as root through its namespaces, without a login")
    .argument("<host>")
    .argument("<command...>")
    .passThroughOptions()
    .action(async (host: string, command: string[]) => {
      process.exitCode = await foreground(existing().execLine(host, dropDashes(command)));
    });
  root
    .command("power")
    .description("off pulls the plug; on and reboot wait for sshd")
    .argument("<host>")
    .argument("<action>", "off, on or reboot", powerAction)
    .action((host: string, action: "off" | "on" | "reboot") => existing().power(host, action));
  root
    .command("add")
    .description("add a hypervisor to the lab's stack file and deploy it")
    .argument("<host>")
    .action(async (host: string) => {
      const found = existing();
      write(`${host}: management address ${found.addHost(host).managementAddress}`);
      await found.start();
      await deploy(found, "up");
    });
  root
    .command("remove")
    .description("take a host out of the lab's stack file and release it")
    .argument("<host>")
    .action(async (host: string) => {
      const found = existing();
      found.removeHost(host);
      await found.start();
      await deploy(found, "up");
    });
  for (const [command, about] of [
    ["up", "deploy the lab's stack file again"],
    ["preview", "show what up would do"],
    ["refresh", "take what the providers find into the state"],
    ["destroy", "delete everything that the stack owns; the lab itself stays"],
  ] as const) {
    root
      .command(command)
      .description(about)
      .action(async () => {
        const found = existing();
        await found.start();
        await deploy(found, command);
      });
  }
  root
    .command("program")
    .description("run another Pulumi program on the lab, such as examples/tenant, beside the cloud's own")
    .argument("<folder>", "of the project")
    .argument("[command]", "up, preview, refresh or destroy", engineCommand, "up")
    .action(async (folder: string, command: EngineCommand) => {
      const found = existing();
      const project = path.resolve(folder);
      if (!existsSync(path.join(project, "Pulumi.yaml"))) throw new Error(`${folder}: there is no Pulumi.yaml`);
      await deploy(found, command, project);
    });
  root
    .command("outputs")
    .description("the stack's outputs as JSON")
    .option("--show-secrets")
    .action(async (options: { showSecrets?: boolean }) => {
      write(JSON.stringify(await existing().outputs(options), undefined, 2));
    });
  root
    .command("messages")
    .description("what alerts have told people by mail and chat, and what the dead-man's switch has noticed")
    .option("--json", "one JSON document a message")
    .action((options: { json?: boolean }) => {
      for (const message of messages(existing().layout))
        write(options.json ? JSON.stringify(message) : messageText(message));
    });
  root
    .command("dashboards")
    .description("draw every dashboard from what the lab's Prometheus knows, as one page and a picture each")
    .option("--minutes <number>", "how far the pictures look back", minutes, 15)
    .option("--out <folder>", "where they go (default: in the lab's files)")
    .action(async (options: { minutes: number; out?: string }) => {
      const found = existing();
      const pictures = await drawDashboards(found, options.minutes);
      const folder = options.out ?? path.join(found.layout.directory, "dashboards");
      const about = `Lab ${found.layout.name}: the last ${options.minutes} minutes before ${new Date().toISOString()}.`;
      write(path.relative(process.cwd(), writePictures(pictures, folder, about)));
    });
  root
    .command("down")
    .description("end everything that runs for the lab; disks and state stay")
    .option("--wipe", "remove the lab's files too")
    .action(async (options: { wipe?: boolean }) => {
      const found = lab();
      await runner([{ title: `down of lab ${found.layout.name}`, run: () => found.down(options) }]);
    });
  return root;
}

process.on("SIGINT", interrupt.take);
process.on("SIGTERM", interrupt.take);
program()
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = interrupt.happened ? 130 : 1;
  });
