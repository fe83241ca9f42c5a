// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";

import type { MachineSpec } from "../scaleway/machines";

import { addresses, inNamespace } from "./layout";
import type { LabLayout } from "./layout";
import { plugNic, publicBridge, removeUnusedBridge, unplugNic } from "./network";
import type { Nic } from "./network";
import { childrenOf, startDetached, startTimeOf, stopProcess } from "./processes";
import { CommandError, lastLines, pause, tryRun } from "./run";
import type { RunOptions, RunResult } from "./run";
import { checkMachine, cloudInitSeed, publicNic } from "./seed";

const guest = path.join(__dirname, "guest");

/** A NIC in a private network. */
export interface PrivateNic extends Nic {
  privateNetworkId: string;
}

/** What is remembered of a machine; no secret is in it. */
export interface MachineRecord {
  id: string;
  hostname: string;
  namespace: string;
  user: string;
  publicAddress: string;
  /** Base file system under its disk. */
  base: string;
  /** How it should be: a machine that should be on and is not is booted when the lab starts. */
  on: boolean;
  publicNic: Nic;
  privateNics: PrivateNic[];
  /** Virtual MACs that the fabric delivers to it. */
  routedMacs: string[];
}

/** Ends when SSH greets at the address that is its argument. Asks seldom enough for a firewall that counts connections. */
const AWAIT_GREETING = `
const ask = () => {
  let over = false;
  const again = () => { if (!over) { over = true; socket.destroy(); setTimeout(ask, 250); } };
  const socket = require("node:net").connect({ host: process.argv[1], port: 22, localAddress: "${addresses.operatorGateway}", timeout: 2000 });
  socket.on("timeout", again).on("error", again).on("close", again);
  socket.on("data", (line) => String(line).startsWith("SSH-") ? process.exit(0) : again());
};
ask();
`;

/** One lab host: Debian under systemd-nspawn, with a disk that outlives power cuts and a network namespace of its own. */
export class HostMachine {
  constructor(
    private readonly layout: LabLayout,
    public readonly id: string,
  ) {}

  get directory(): string {
    return path.join(this.layout.hostsDirectory, this.id);
  }

  private file(name: string): string {
    return path.join(this.directory, name);
  }

  /** The machine as remembered, undefined if there is none. */
  get record(): MachineRecord | undefined {
    try {
      return JSON.parse(readFileSync(this.file("machine.json"), "utf8")) as MachineRecord;
    } catch {
      return undefined;
    }
  }

  private get known(): MachineRecord {
    const record = this.record;
    if (record === undefined) throw new Error(`machine ${this.id} does not exist in lab ${this.layout.name}`);
    return record;
  }

  /** Replaces what is remembered, and the two lists that the supervisor reads at each boot. */
  private async remember(record: MachineRecord): Promise<void> {
    const nics = [record.publicNic, ...record.privateNics];
    await writeAtomically(
      this.file("nics"),
      nics.map((nic) => `${nic.name} ${nic.mac} ${nic.port} ${nic.bridge}\n`).join(""),
    );
    await writeAtomically(this.file("routed"), record.routedMacs.map((mac) => `${mac}\n`).join(""));
    await writeAtomically(this.file("machine.json"), `${JSON.stringify(record, undefined, 2)}\n`);
  }

  /**
   * Installs Debian anew, with cloud-init's seed, and boots. What was on the disk is lost.
   *
   * @param base - directory of the base file system.
   * @throws Error if the machine cannot be made, or does not answer within the deadline; then with the console's last lines.
   */
  async install(spec: MachineSpec, base: string): Promise<void> {
    checkMachine(spec);
    const former = this.record;
    await this.powerOff();
    for (const part of ["upper", "work", "prepared"]) await rm(this.file(part), { recursive: true, force: true });
    for (const part of ["upper/etc", "work", "root"]) await mkdir(this.file(part), { recursive: true });
    const short = this.id.replace(/-/g, "").slice(0, 8);
    const record: MachineRecord = {
      id: this.id,
      hostname: spec.hostname,
      namespace: namespaceFor(this.layout, this.id, spec.hostname),
      user: spec.user,
      publicAddress: spec.publicAddress,
      base,
      on: false,
      publicNic: { name: publicNic, mac: spec.publicMac, port: `p${short}`, bridge: publicBridge },
      privateNics: former?.privateNics ?? [],
      routedMacs: former?.routedMacs ?? [],
    };
    await this.writeDisk(spec);
    await this.remember(record);
    await this.start();
    await this.waitForSsh(180);
  }

  private async writeDisk(spec: MachineSpec): Promise<void> {
    const etc: Record<string, string> = {
      hostname: `${spec.hostname}\n`,
      hosts: `127.0.0.1\tlocalhost\n127.0.1.1\t${spec.hostname}\n\n::1\tlocalhost ip6-localhost ip6-loopback\n`,
      "machine-id": `${spec.id.replace(/-/g, "")}\n`,
    };
    for (const [name, content] of Object.entries(etc)) await writeFile(this.file(`upper/etc/${name}`), content);
    const seed = this.file("upper/var/lib/cloud/seed/nocloud-net");
    await mkdir(seed, { recursive: true });
    for (const [name, content] of Object.entries(cloudInitSeed(spec))) {
      await writeFile(path.join(seed, name), content, { mode: 0o600 });
    }
    const keys = spec.authorizedKeys.map((key) => `${key.trim()}\n`).join("");
    await writeFile(this.file("authorized_keys"), keys, { mode: 0o600 });
  }

  /** Process id of nspawn, if this machine runs. */
  private get nspawn(): number | undefined {
    try {
      const pid = Number(readFileSync(this.file("nspawn.pid"), "utf8"));
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words.includes(`--machine=${this.machineName}`) && startTimeOf(pid) !== undefined ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  /** Process id of the host's own PID 1, if this machine runs. */
  get leader(): number | undefined {
    const nspawn = this.nspawn;
    return nspawn === undefined ? undefined : childrenOf(nspawn)[0];
  }

  private get machineName(): string {
    return `${this.layout.id}-${this.id.slice(0, 8)}`;
  }

  private get cgroup(): string {
    return `${this.layout.id}/${this.id.slice(0, 8)}`;
  }

  /** Boots, or takes a machine over that runs without its supervisor. Nothing happens to one that is on. */
  async start(): Promise<void> {
    const record = this.known;
    if (!existsSync(record.base)) {
      throw new Error(`${record.hostname}: its base file system ${record.base} is gone; reinstall the server`);
    }
    await this.remember({ ...record, on: true });
    const conf = {
      namespace: record.namespace,
      fabric: this.layout.namespaces.fabric,
      machine: this.machineName,
      hostname: record.hostname,
      cgroup: this.cgroup,
      base: record.base,
      user: record.user,
    };
    await writeFile(
      this.file("host.conf"),
      Object.entries(conf)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(""),
    );
    startDetached([path.join(guest, "supervise.sh"), this.directory], {
      pidFile: this.file("supervisor.pid"),
      logFile: this.file("console.log"),
    });
  }

  /** True while the host's system runs. */
  get running(): boolean {
    return this.leader !== undefined;
  }

  /**
   * Resolves when sshd greets at the public address. Asked from the fabric, so that the operator's log lines stay the operator's, but
   * from its address in the administrators' network, which the host's firewall lets in.
   *
   * @throws Error after the deadline, with the console's last lines.
   */
  async waitForSsh(deadlineSeconds: number): Promise<void> {
    const { publicAddress, hostname } = this.known;
    const wait = ["timeout", String(deadlineSeconds), process.execPath, "-e", AWAIT_GREETING, publicAddress];
    const answer = await tryRun(inNamespace(this.layout.namespaces.fabric, wait), {
      timeoutSeconds: deadlineSeconds + 5,
    });
    if (answer.code === 0) return;
    const log = await readFile(this.file("console.log"), "utf8").catch(() => "");
    throw new Error(
      `${hostname}: sshd at ${publicAddress} did not answer within ${deadlineSeconds} s; console:\n${lastLines(log, 15)}`,
    );
  }

  /** Shuts down in order, as the power button does; pulls the plug if that takes too long. */
  async shutDown(graceSeconds = 20): Promise<void> {
    await stopProcess(this.file("supervisor.pid"));
    const nspawn = this.nspawn;
    if (nspawn !== undefined) {
      // nspawn asks the host's PID 1 to power off.
      process.kill(nspawn, "SIGTERM");
      const deadline = Date.now() + graceSeconds * 1000;
      while (this.nspawn !== undefined && Date.now() < deadline) await pause(50);
    }
    await this.powerOff();
  }

  /** Says that the machine is to stay off: the lab's next start does not bring it back. */
  async stayOff(): Promise<void> {
    await this.remember({ ...this.known, on: false });
  }

  /** Pulls the plug: nothing in the host is told. Whether it should be on is not changed by that. */
  async powerOff(): Promise<void> {
    await stopProcess(this.file("supervisor.pid"), 0);
    await cgroupCommand("kill", this.cgroup);
    const deadline = Date.now() + 15_000;
    while (this.nspawn !== undefined || (await cgroupCommand("populated", this.cgroup))) {
      if (Date.now() > deadline) throw new Error(`machine ${this.id}: its processes do not end`);
      await pause(50);
    }
    await rm(this.file("nspawn.pid"), { force: true });
    await cgroupCommand("remove", this.cgroup);
    const record = this.record;
    if (record === undefined) return;
    for (const nic of [record.publicNic, ...record.privateNics]) await unplugNic(this.layout, nic);
    await tryRun(["ip", "netns", "delete", record.namespace]);
  }

  /** Presses the reset button and waits until sshd answers again. */
  async reboot(): Promise<void> {
    const before = this.leader;
    if (before === undefined) await this.start();
    else {
      // PID 1 takes SIGINT for Ctrl-Alt-Del.
      process.kill(before, "SIGINT");
      const deadline = Date.now() + 30_000;
      while (this.leader === before) {
        if (Date.now() > deadline) {
          await this.powerOff();
          await this.start();
          break;
        }
        await pause(50);
      }
    }
    await this.waitForSsh(90);
  }

  /** Plugs a private NIC in, now and at each boot. */
  async plug(nic: PrivateNic): Promise<void> {
    const record = this.known;
    const others = record.privateNics.filter((other) => other.privateNetworkId !== nic.privateNetworkId);
    await this.remember({ ...record, privateNics: [...others, nic] });
    if (this.running) await plugNic(this.layout, record.namespace, nic);
  }

  /** Pulls the NIC of a private network out. */
  async unplug(privateNetworkId: string): Promise<void> {
    const record = this.record;
    const nic = record?.privateNics.find((candidate) => candidate.privateNetworkId === privateNetworkId);
    if (record === undefined || nic === undefined) return;
    await this.remember({ ...record, privateNics: record.privateNics.filter((other) => other !== nic) });
    await unplugNic(this.layout, nic);
    await removeUnusedBridge(this.layout, nic.bridge);
  }

  /** Says which virtual MACs the fabric delivers to this machine. */
  async setRoutedMacs(macs: string[]): Promise<void> {
    await this.remember({ ...this.known, routedMacs: [...new Set(macs)].sort() });
  }

  /** Switches the machine off and forgets it with its disk. */
  async release(): Promise<void> {
    const record = this.record;
    await this.powerOff();
    await rm(this.directory, { recursive: true, force: true });
    for (const nic of record?.privateNics ?? []) await removeUnusedBridge(this.layout, nic.bridge);
  }

  /**
   * Runs a command inside the host as its root, through its namespaces: no login, no network.
   *
   * @throws Error if the host is off.
   */
  async tryExec(argv: string[], options: RunOptions = {}): Promise<RunResult> {
    return tryRun(this.execLine(argv), options);
  }

  /** Like {@link tryExec}; returns standard output and throws unless the command exits with 0. */
  async exec(argv: string[], options: RunOptions = {}): Promise<string> {
    const result = await this.tryExec(argv, options);
    if (result.code !== 0) throw new CommandError([this.known.hostname, ...argv], result, `exit status ${result.code}`);
    return result.stdout;
  }

  /** The command line that runs another inside the host, in a clean environment. */
  execLine(argv: string[]): string[] {
    const leader = this.leader;
    if (leader === undefined) throw new Error(`host ${this.known.hostname} is off: power it on first`);
    const environment = [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOME=/root",
      "LANG=C.UTF-8",
    ];
    return ["nsenter", "--all", `--target=${leader}`, "--", "env", "-i", ...environment, ...argv];
  }
}

/** A machine and what is known of it. */
export interface MachineEntry {
  machine: HostMachine;
  record: MachineRecord;
}

/** Every machine of a lab, in the order of host names. Two may bear the same one. */
export function machinesOf(layout: LabLayout): MachineEntry[] {
  const entries = existsSync(layout.hostsDirectory) ? readdirSync(layout.hostsDirectory) : [];
  return entries
    .map((id) => new HostMachine(layout, id))
    .flatMap((machine) => (machine.record === undefined ? [] : [{ machine, record: machine.record }]))
    .sort((a, b) => a.record.hostname.localeCompare(b.record.hostname));
}

/**
 * Boots every machine that should be on and is not: after a power cut, a crash, or `down`.
 *
 * @returns the names of those that were off
 */
export async function bootMachines(layout: LabLayout): Promise<string[]> {
  const off = machinesOf(layout).filter(({ machine, record }) => record.on && !machine.running);
  const unattended = machinesOf(layout).filter(({ machine, record }) => record.on && machine.running);
  // Starting a running machine only gives it a supervisor again, if that was killed.
  await Promise.all([...off, ...unattended].map(({ machine }) => machine.start()));
  await Promise.all(off.map(({ machine }) => machine.waitForSsh(90)));
  return off.map(({ record }) => record.hostname);
}

/** `<lab>-h-<host>`, with the server's id added while another server bears the same name (a replacement). */
function namespaceFor(layout: LabLayout, id: string, hostname: string): string {
  const namespace = `${layout.id}-h-${hostname}`;
  const taken = machinesOf(layout).some(({ record }) => record.id !== id && record.namespace === namespace);
  return taken ? `${namespace}-${id.slice(0, 8)}` : namespace;
}

/** @returns whether the script exits with 0: for `populated`, whether processes are in the group. */
async function cgroupCommand(command: "populated" | "kill" | "remove", name: string): Promise<boolean> {
  const result = await tryRun([
    "unshare",
    "--mount",
    "--propagation",
    "private",
    path.join(guest, "cgroup.sh"),
    command,
    name,
  ]);
  return result.code === 0;
}

/** Removes the lab's control group; does nothing while a host is in it. */
export async function removeCgroup(layout: LabLayout): Promise<void> {
  await cgroupCommand("remove", layout.id);
}

async function writeAtomically(file: string, content: string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  await writeFile(temporary, content, { mode: 0o600 });
  renameSync(temporary, file);
}
