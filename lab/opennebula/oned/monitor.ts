// SPDX-License-Identifier: Apache-2.0

import type { Capacity, Entity } from "./entities";
import { HostState } from "./entities";
import type { Log } from "./log";
import type { State } from "./state";
import { set, without } from "./template";

/** What a probe found on a host. */
export interface ProbeResult {
  capacity: Capacity;
  netrx: number;
  nettx: number;
  /** Attributes for the host's template, e.g. HOSTNAME, ARCH, HYPERVISOR. */
  attributes: Record<string, string>;
}

/** Contacts a host; rejects with the reason when it cannot. Undefined: no such driver, the host is left alone. */
export type Prober = (host: { id: number; name: string; imMad: string }) => Promise<ProbeResult> | undefined;

export interface MonitorOptions {
  state: State;
  log: Log;
  prober: Prober;
  /** Seconds between two probes of a host; 0 probes only when asked. */
  interval: number;
  clock: () => number;
  /** Runs a change of the state alone and stores it. */
  apply: (change: () => void) => Promise<void>;
  /** After a host answered, and when it did not (in the same change). */
  answered: (hostId: number) => Promise<void>;
  lost: (hostId: number) => void;
}

const KEPT_RECORDS = 20;

/** Probes hosts and keeps their states: every host by itself, so that a slow one delays no other. */
export class Monitor {
  private readonly timers = new Map<number, NodeJS.Timeout>();
  private readonly running = new Map<number, Promise<void>>();
  private stopped = false;

  constructor(private readonly options: MonitorOptions) {}

  start(): void {
    for (const host of this.options.state.all("host")) this.probeSoon(host.id);
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  /** Contacts a host at once; with an interval of 0 nothing happens by itself. */
  probeSoon(id: number): void {
    if (this.options.interval > 0) this.schedule(id, 0);
  }

  /** Probes every host once and waits for all of them. */
  async round(): Promise<void> {
    await Promise.all(this.options.state.all("host").map((host) => this.probe(host.id)));
  }

  private schedule(id: number, seconds: number): void {
    if (this.stopped) return;
    clearTimeout(this.timers.get(id));
    const timer = setTimeout(() => {
      void this.probe(id).then(() => {
        if (this.options.state.find("host", id) === undefined) this.timers.delete(id);
        else this.schedule(id, this.options.interval);
      });
    }, seconds * 1000);
    this.timers.set(id, timer);
  }

  private probe(id: number): Promise<void> {
    const before = this.running.get(id);
    if (before !== undefined) return before;
    const run = this.contact(id).finally(() => this.running.delete(id));
    this.running.set(id, run);
    return run;
  }

  private async contact(id: number): Promise<void> {
    const { state, log, prober, clock } = this.options;
    const host = state.find("host", id);
    if (host === undefined || host.data.state === HostState.OFFLINE) return;
    const attempt = prober({ id, name: host.name, imMad: host.data.imMad });
    if (attempt === undefined) return;
    let result: ProbeResult | Error;
    try {
      result = await attempt;
    } catch (error) {
      result = error instanceof Error ? error : new Error("unknown error");
    }
    try {
      await this.options.apply(() => {
        const current = state.find("host", id);
        // Removed or switched off while it was contacted.
        if (current === undefined || current.data.state === HostState.OFFLINE || this.stopped) return;
        if (result instanceof Error) this.failed(current, result.message);
        else this.found(current, result, clock());
        state.touch("host", current);
      });
      if (!(result instanceof Error)) await this.options.answered(id);
    } catch (error) {
      log.error("InM", `Cannot store what was found on host ${id}: ${error instanceof Error ? error.message : ""}`);
    }
  }

  private failed(host: Entity<"host">, reason: string): void {
    const { log, clock } = this.options;
    const first = host.data.state !== HostState.ERROR;
    log.error("InM", `Error monitoring host ${host.name} (${host.id}): ${reason}`);
    host.template = set(host.template, "ERROR", `${new Date(clock() * 1000).toUTCString()}: ${reason}`);
    if (host.data.state === HostState.DISABLED) return;
    host.data.state = HostState.ERROR;
    this.options.lost(host.id);
    if (first) log.warn("InM", `Host ${host.name} (${host.id}) changed state to ERROR`);
  }

  private found(host: Entity<"host">, result: ProbeResult, now: number): void {
    const { data } = host;
    host.template = without(host.template, "ERROR", ...data.monitored);
    for (const [name, value] of Object.entries(result.attributes)) host.template = set(host.template, name, value);
    data.monitored = Object.keys(result.attributes);
    delete data.offline;
    const record = { timestamp: now, capacity: result.capacity, netrx: result.netrx, nettx: result.nettx };
    data.monitoring = [...data.monitoring, record].slice(-KEPT_RECORDS);
    if (data.state === HostState.DISABLED || data.state === HostState.MONITORED) return;
    data.state = HostState.MONITORED;
    this.options.log.info("InM", `Host ${host.name} (${host.id}) successfully monitored, state MONITORED`);
  }
}

/** The `dummy` driver: contacts nothing and always finds the same machine, as the real one does for tests. */
export const dummyProbe: ProbeResult = {
  capacity: {
    totalCpu: 800,
    usedCpu: 0,
    totalMemory: 16777216,
    usedMemory: 0,
    maxDisk: 20480,
    freeDisk: 20480,
  },
  netrx: 0,
  nettx: 0,
  attributes: {
    ARCH: "x86_64",
    CPUSPEED: "3200",
    HOSTNAME: "",
    HYPERVISOR: "dummy",
    MODELNAME: "Dummy(R) Core @ 3.2GHz",
    TOTALCPU: "800",
    TOTALMEMORY: "16777216",
  },
};

/** Answers for hosts with the dummy driver; other drivers do not exist for it. */
export const dummyProber: Prober = (host) =>
  host.imMad === "dummy"
    ? Promise.resolve({ ...dummyProbe, attributes: { ...dummyProbe.attributes, HOSTNAME: host.name } })
    : undefined;
