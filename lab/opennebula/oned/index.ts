// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Background } from "./background";
import type { Work } from "./background";
import { bootstrap } from "./bootstrap";
import { parseConfig } from "./config";
import type { Drivers } from "./drivers";
import { dummyDrivers } from "./drivers-dummy";
import { hookTasks } from "./hook-runs";
import { networksToTell } from "./network/changes";
import { rulesToTell, ruleTasks } from "./network/rules";
import { listen } from "./http";
import { datastoreTasks, imageTasks } from "./images/work";
import type { Log } from "./log";
import { silentLog } from "./log";
import { dummyProber, Monitor } from "./monitor";
import type { Prober } from "./monitor";
import { encrypt } from "./secrets";
import { OnedServer } from "./server";
import { State } from "./state";
import type { Store } from "./store";
import { backupJobs, dueActions } from "./vm/due";
import { vmTasks } from "./vm/machine";
import { hostLost, pollHost } from "./vm/poll";
import { awaitImages, schedule } from "./vm/placement";

export { memoryStore } from "./store";
export type { Store } from "./store";
export type { Prober, ProbeResult } from "./monitor";
export { dummyProber } from "./monitor";
export type { Drivers, HostDrivers, ImageDrivers, ImageJob, VmJob } from "./drivers";
export { dummyDrivers } from "./drivers-dummy";

export interface OnedOptions {
  store: Store;
  /** Overrides PORT; 0 takes a free one. */
  port?: number;
  /** Overrides LISTEN_ADDRESS; `127.0.0.1` unless a configuration is given. */
  host?: string;
  /** Text of oned.conf; the shipped one when it is left out. */
  config?: string;
  /** Answer of `one.system.version`, `7.0.0` when left out. */
  version?: string;
  /** `name:password` for the first start only; `oneadmin:opennebula` when left out. */
  oneAuth?: string;
  /** serveradmin's password for the first start only; random when left out. */
  serverPassword?: string;
  /** Contacts hosts; only the `dummy` driver when left out. */
  prober?: Prober;
  /** Drivers of hosts and datastores; the dummy ones when left out. */
  drivers?: Drivers;
  /** Seconds between two looks for work in the background; 0 works only on `settle()`. MANAGER_TIMER when left out. */
  backgroundInterval?: number;
  /** Seconds between two probes of a host, the first at once; 0 probes only on `monitorHosts()`. 30 when left out. */
  monitorInterval?: number;
  /** Overrides TIMEOUT: seconds that a client has to send its request. */
  clientTimeout?: number;
  log?: Log;
  /** Seconds since the epoch. */
  clock?: () => number;
}

export interface Oned {
  port: number;
  /** True when this start made the first objects. */
  firstStart: boolean;
  /** Probes every host once; resolves when their states are stored. */
  monitorHosts: () => Promise<void>;
  /** Resolves when drivers have nothing left to do and, unless told otherwise, no waiting VM can be placed. */
  settle: (options?: { place?: boolean }) => Promise<void>;
  close: () => Promise<void>;
}

/** Starts the stand-in. Rejects when the configuration is wrong, the store cannot be read or the port is taken. */
export async function startOned(options: OnedOptions): Promise<Oned> {
  const { store, log = silentLog, clock = () => Math.floor(Date.now() / 1000), version = "7.0.0" } = options;
  const text = options.config ?? readFileSync(join(__dirname, "../conf/oned.conf"), "utf8");
  const state = new State(await store.load());
  const key = (): string => state.attribute("ONE_KEY") ?? "";
  const [name = "", ...password] = (options.oneAuth ?? "oneadmin:opennebula").split(":");
  const firstStart = bootstrap(state, {
    config: parseConfig(text),
    oneAuth: { name, password: password.join(":") },
    serverPassword: options.serverPassword ?? randomBytes(16).toString("hex"),
  });
  const config = parseConfig(text, [{ name: "ONE_KEY", value: key() }]);
  // The server asks the monitor for probes and the background for work; both store through the server.
  const late: { monitor?: Monitor; background?: Background } = {};
  const work: Work = {
    state,
    config,
    drivers: options.drivers ?? dummyDrivers,
    datastoreLocation: config.get("DATASTORE_LOCATION") ?? "",
    log,
    now: clock,
  };
  const apply = (change: () => void): Promise<void> =>
    server.exclusive(async () => {
      try {
        change();
        await server.commit();
      } catch (error) {
        state.rollback();
        throw error;
      }
    });
  const server = new OnedServer(
    {
      state,
      config,
      version,
      datastoreLocation: work.datastoreLocation,
      work,
      cipher: (plain) => encrypt(key(), plain),
      probeSoon: (id) => late.monitor?.probeSoon(id),
      sql: store.query === undefined ? undefined : (sql) => store.query?.(sql) ?? Promise.resolve([]),
    },
    store,
    log,
    { clock, changed: () => late.background?.kick() },
  );
  await server.exclusive(() => server.commit());
  const monitor = (late.monitor = new Monitor({
    state,
    log,
    prober: options.prober ?? dummyProber,
    interval: options.monitorInterval ?? 30,
    clock,
    apply: async (change) => {
      await apply(change);
      late.background?.kick();
    },
    answered: (id) => pollHost(work, apply, id),
    lost: (id) => hostLost(work, id),
  }));
  const background = (late.background = new Background({
    work,
    sources: [imageTasks, datastoreTasks, vmTasks, hookTasks, ruleTasks],
    rules: [dueActions, awaitImages, backupJobs, rulesToTell, networksToTell],
    place: schedule,
    apply,
    interval: options.backgroundInterval ?? config.number("MANAGER_TIMER"),
  }));
  const listener = await listen({
    host: options.host ?? (options.config === undefined ? "127.0.0.1" : (config.get("LISTEN_ADDRESS") ?? "0.0.0.0")),
    port: options.port ?? config.number("PORT"),
    maxConnections: config.number("MAX_CONN"),
    timeoutSeconds: options.clientTimeout ?? config.number("TIMEOUT"),
    messageSize: config.number("MESSAGE_SIZE"),
    answer: (body, client) => server.answer(body, client),
  });
  monitor.start();
  background.start();
  return {
    port: listener.port,
    firstStart,
    monitorHosts: () => monitor.round(),
    settle: (options) => background.settle(options),
    close: async () => {
      monitor.stop();
      await background.close();
      await listener.close();
      await server.exclusive(async () => undefined);
      await store.close();
    },
  };
}
