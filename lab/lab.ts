// SPDX-License-Identifier: Apache-2.0
import { existsSync, rmSync } from "node:fs";
import * as path from "node:path";

import type { Deployment, EngineEvent, EngineResult } from "./engine";
import { findCli } from "./engines/cli-requirements";
import type { EngineCommand, EngineName } from "./engines";
import { ensureBase, removeUnusedBases } from "./hosts/base";
import { checkout, inNamespace, labLayout, programCommand } from "./hosts/layout";
import type { LabLayout } from "./hosts/layout";
import { bootMachines, machinesOf, removeCgroup, type HostMachine } from "./hosts/machine";
import { ensureNetworks, removeNetworks } from "./hosts/network";
import { checkMachine, installPackages, labPackages, missingPackages } from "./hosts/requirements";
import { tryRun } from "./hosts/run";
import type { RunOptions, RunResult } from "./hosts/run";
import { ensureService, stopService } from "./hosts/services";
import { lastUpdate, rememberUpdate } from "./last-update";
import { lockLab } from "./lock";
import { machineNamed, ownedServers } from "./named-machines";
import { ensureImage } from "./opennebula/image";
import { buildRepository } from "./opennebula/repository";
import { endAbandonedRuns, inside, runEnvironment } from "./operator";
import type { InsideOptions, InsideTask, LabPlace } from "./operator";
import { silentSteps } from "./progress";
import type { Step, StepRunner } from "./progress";
import { prepareSettings, stackFile } from "./settings";
import { openSsh } from "./ssh";
import { addHost, removeHost, stackHosts, type StackHost } from "./stack-file";
import { collectStatus, type LabStatus, type StackSummary } from "./status";

export interface LabOptions {
  /** @default "default" */
  name?: string;
  /** Folder in which `.lab` is made. @default the checkout */
  root?: string;
  /** Folder of the Pulumi project that is deployed. @default the checkout */
  project?: string;
  /** What runs the program: this repository's engine, or the Pulumi CLI with the providers' own plugins. @default "embedded" */
  engine?: EngineName;
  /** Install missing Debian packages; otherwise they are named and the run refused. @default true */
  install?: boolean;
  /** How steps are done and shown. @default without showing anything */
  steps?: StepRunner;
}

export interface DeployOptions {
  onEvent?: (event: EngineEvent) => void;
  /** Ends the run in order: what is under way is finished and kept. */
  signal?: AbortSignal;
  /** URNs that the run is restricted to. */
  targets?: string[];
  parallel?: number;
  /** Folder of another Pulumi program to run on the lab. @default the cloud's own */
  program?: string;
}

/** For what only reads the lab's files, so that it works while the lab is down. */
const offline: InsideOptions = { namespace: "none" };

/** What came of a run; the stack's outputs are asked for with {@link Lab.outputs}. */
export type DeployResult = Omit<EngineResult, "outputs">;

/** A whole cloud on this machine, driven from code. Every method may be interrupted, and called again. */
export class Lab {
  readonly layout: LabLayout;
  readonly project: string;

  /** Makes nothing yet. */
  constructor(private readonly options: LabOptions = {}) {
    this.layout = labLayout(options.name ?? "default", options.root ?? checkout);
    this.project = path.resolve(options.project ?? checkout);
  }

  /** The stack file that the lab deploys; to be edited before {@link up}. */
  get stackFile(): string {
    return stackFile(this.layout);
  }

  /** True once the lab's folder exists. */
  get exists(): boolean {
    return existsSync(this.stackFile);
  }

  private steps(): Step[] {
    const { layout } = this;
    return [
      { title: "Debian packages", run: (note) => this.ensurePackages(note) },
      {
        title: "base file system of hosts",
        run: async (note) => {
          prepareSettings(layout, this.project);
          const base = await ensureBase(layout, note);
          await removeUnusedBases(layout, base);
          return path.basename(base);
        },
      },
      { title: "stand-in OpenNebula packages and image", run: () => this.buildRepository() },
      { title: "networks", run: () => ensureNetworks(layout) },
      {
        title: "package cache and repository server",
        run: async () => {
          await Promise.all([ensureService(layout, "packages"), ensureService(layout, "fabric")]);
        },
      },
      {
        title: "Scaleway emulator and hosts",
        run: async () => {
          await ensureService(layout, "daemon");
          const booted = await bootMachines(layout);
          return booted.length === 0 ? undefined : `powered on ${booted.join(" ")}`;
        },
      },
    ];
  }

  private async ensurePackages(note: (text: string) => void): Promise<string> {
    const missing = await missingPackages(labPackages);
    if (missing.length === 0) return "all there";
    const list = missing.join(" ");
    if (this.options.install === false) {
      throw new Error(
        `Debian packages are missing: ${list}\nInstall them (apt-get install ${list}) or leave --no-install out`,
      );
    }
    note(`installing ${list}`);
    await installPackages(missing, note);
    return `installed ${list}`;
  }

  private async buildRepository(): Promise<void> {
    const cacheDir = path.join(this.layout.cacheDirectory, "opennebula");
    const outDir = this.layout.repositoryDirectory;
    await Promise.all([buildRepository({ outDir, cacheDir }), ensureImage({ outDir, cacheDir })]);
  }

  /** Makes the folder with the stack file, and nothing that runs. */
  create(): string | undefined {
    return prepareSettings(this.layout, this.project);
  }

  /** Brings up everything but the cloud itself: networks, services, emulator, and the hosts that were on. Repairs what is missing. */
  async start(): Promise<void> {
    const show = this.options.steps ?? silentSteps;
    // Before anything is written: a machine that cannot run a lab is left as it is.
    const check = (): void => {
      checkMachine(this.layout);
      this.place();
    };
    await show([{ title: "this machine", run: () => Promise.resolve(check()) }]);
    await this.locked(() => show(this.steps()));
  }

  private async locked<T>(work: () => Promise<T>): Promise<T> {
    const release = lockLab(this.layout);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Deploys the stack. Failures of the deployment are in the result; anything before it throws. */
  up(options: DeployOptions = {}): Promise<DeployResult> {
    return this.engine("up", options);
  }

  /** Shows what {@link up} would do. */
  preview(options: DeployOptions = {}): Promise<DeployResult> {
    return this.engine("preview", options);
  }

  /** Takes what the providers find into the state. */
  refresh(options: DeployOptions = {}): Promise<DeployResult> {
    return this.engine("refresh", options);
  }

  /** Deletes everything that the stack owns. */
  destroy(options: DeployOptions = {}): Promise<DeployResult> {
    return this.engine("destroy", options);
  }

  private engine(command: EngineCommand, options: DeployOptions): Promise<DeployResult> {
    return this.locked(async () => {
      await endAbandonedRuns(this.layout);
      const { onEvent, signal, targets, parallel, program } = options;
      const startedAt = Date.now() / 1000;
      const task = { command, targets, parallel };
      const result = (await this.ask(task, { onEvent, signal, program })) as DeployResult;
      const changed = command === "up" || command === "destroy";
      if (changed && program === undefined) rememberUpdate(this.layout, startedAt, result);
      return result;
    });
  }

  private ask(task: InsideTask, options: InsideOptions & { program?: string } = {}): Promise<unknown> {
    const { program, ...how } = options;
    return inside(this.layout, { ...this.place(), program, ...task }, how);
  }

  /** @throws Error when what the engine needs is not installed */
  private place(): LabPlace {
    const { layout, project } = this;
    const { engine = "embedded" } = this.options;
    const { pluginFolders } = engine === "pulumi" ? findCli() : { pluginFolders: [] };
    return { lab: layout.name, root: layout.root, project, engine, pluginFolders };
  }

  /** The stack's outputs; secrets read `[secret]` unless asked for. */
  async outputs(options: { showSecrets?: boolean; program?: string } = {}): Promise<Record<string, unknown>> {
    const { showSecrets = false, program } = options;
    const answer = await this.ask({ command: "outputs", showSecrets }, { ...offline, program });
    return answer as Record<string, unknown>;
  }

  /** The stack's deployment, secrets encrypted. */
  async export(): Promise<Deployment> {
    return (await this.ask({ command: "export" }, offline)) as Deployment;
  }

  /** What runs and how it is; asked through the hosts' namespaces, without any login. */
  status(): Promise<LabStatus> {
    return collectStatus({
      hosts: this.stackHosts,
      machines: machinesOf(this.layout),
      owned: ownedServers(this.layout, this.project),
      lastUpdate: lastUpdate(this.layout),
      stack: async () => {
        const { resources = [] } = await this.export();
        const { outputs = {} } = resources.find(({ type }) => type === "pulumi:pulumi:Stack") ?? {};
        return { resources: resources.length, grafana: outputs.grafana as StackSummary["grafana"] };
      },
      oned: (frontend, username, password) => {
        const { namespace } = frontend;
        return this.ask({ command: "oned", username, password }, { namespace }) as Promise<LabStatus["oned"]>;
      },
    });
  }

  /** Hosts of the lab's stack file. */
  get stackHosts(): Record<string, StackHost> {
    return this.exists ? stackHosts(this.stackFile) : {};
  }

  /** Adds a hypervisor to the lab's stack file; {@link up} makes it. */
  addHost(name: string): StackHost {
    return addHost(this.stackFile, name);
  }

  /** Takes a host out of the lab's stack file; {@link up} removes it. */
  removeHost(name: string): void {
    removeHost(this.stackFile, name);
  }

  /**
   * The machine of a host.
   *
   * @throws Error that names the hosts there are
   */
  machine(host: string): HostMachine {
    return machineNamed(this.layout, this.project, host);
  }

  /**
   * Runs a command in a host as root, through its namespaces: no login, no network.
   *
   * @throws Error if the host is off or the command exits with anything but 0
   */
  exec(host: string, argv: string[], options: RunOptions = {}): Promise<string> {
    return this.machine(host).exec(argv, options);
  }

  /** Like {@link exec}; returns the exit status and both streams. */
  tryExec(host: string, argv: string[], options: RunOptions = {}): Promise<RunResult> {
    return this.machine(host).tryExec(argv, options);
  }

  /** The command line that runs another in a host, for a terminal. */
  execLine(host: string, argv: string[]): string[] {
    return this.machine(host).execLine(argv);
  }

  /**
   * Runs a day-two command of `operations` on the lab's stack, from the operator's machine.
   *
   * @param run - runs a command line in the foreground, or collects what it prints
   * @returns what `run` does
   */
  async dayTwo<T>(argv: string[], run: (argv: string[], env: Record<string, string>) => Promise<T>): Promise<T> {
    const program = path.join(checkout, "lab", "day-two.ts");
    const command = [...programCommand(program), JSON.stringify(this.place()), ...argv];
    return this.locked(async () => {
      await endAbandonedRuns(this.layout);
      return run(inNamespace(this.layout.namespaces.operator, command), runEnvironment(this.layout));
    });
  }

  /** Runs a command on the operator's machine, in its namespace. */
  onOperator(argv: string[], options: RunOptions = {}): Promise<RunResult> {
    return tryRun(inNamespace(this.layout.namespaces.operator, argv), options);
  }

  /** Runs a command on a machine of the public zone, in its namespace. */
  inPublicZone(argv: string[], options: RunOptions = {}): Promise<RunResult> {
    return tryRun(inNamespace(this.layout.namespaces.publicZone, argv), options);
  }

  /**
   * Switches a host: `off` pulls the plug, `on` and `reboot` wait until sshd answers.
   *
   * @param action - off, on or reboot
   */
  async power(host: string, action: "off" | "on" | "reboot"): Promise<void> {
    const machine = this.machine(host);
    if (action === "off") return machine.powerOff();
    if (action === "reboot") return machine.reboot();
    await machine.start();
    await machine.waitForSsh(90);
  }

  /** Logs in to a host by SSH as a person would, from the operator's machine, and runs a command. */
  async ssh(host: string, argv: string[], options: RunOptions = {}): Promise<RunResult> {
    const session = await openSsh(this, host);
    try {
      return await tryRun([...session.argv, "--", ...argv], options);
    } finally {
      await session.close();
    }
  }

  /**
   * Ends everything that runs for the lab: hosts, services, networks. Disks and state stay, and {@link start} goes on from them.
   *
   * @param options.wipe - the lab's folder goes too; the cache of base file system and packages stays
   */
  async down(options: { wipe?: boolean } = {}): Promise<void> {
    await this.locked(async () => {
      await endAbandonedRuns(this.layout);
      await stopService(this.layout, "daemon");
      const machines = machinesOf(this.layout);
      await Promise.all(machines.map(({ machine }) => (options.wipe ? machine.powerOff() : machine.shutDown())));
      await Promise.all([stopService(this.layout, "fabric"), stopService(this.layout, "packages")]);
      await removeNetworks(this.layout);
      await removeCgroup(this.layout);
    });
    if (options.wipe) rmSync(this.layout.directory, { recursive: true, force: true });
  }
}
