// SPDX-License-Identifier: Apache-2.0

import type { Drivers, HostDrivers, ImageDrivers } from "../../../lab/opennebula/oned/index";
import { dummyDrivers, dummyProber, memoryStore, startOned } from "../../../lab/opennebula/oned/index";
import type { Oned, OnedOptions, Store } from "../../../lab/opennebula/oned/index";
import { field, rpc } from "./rpc";

export const ADMIN = "oneadmin:opennebula";

export type Request = [method: string, ...params: (string | number | boolean)[]];

/** What {@link Cloud.state} says of a running VM. */
export const RUNNING = "3/3";

/** Drivers whose every action is recorded, and fails or hangs when the test says so. */
export interface Recorded extends Drivers {
  /** `vmm deploy h1`, `vnm pre h2`, `image cp`, ... */
  calls: string[];
  /** Called before an action; what it throws is the driver's error. */
  before: (action: string) => void | Promise<void>;
}

export function recorded(): Recorded {
  const dummyHost = dummyDrivers.host("dummy") as HostDrivers;
  const dummyImages = dummyDrivers.image("fs") as ImageDrivers;
  const note = async (action: string): Promise<void> => {
    drivers.calls.push(action);
    await drivers.before(action);
  };
  const host: HostDrivers = {
    ...dummyHost,
    vmm: async (action, job) => {
      await note(`vmm ${action} ${job.host.name}`);
      return dummyHost.vmm(action, job);
    },
    tm: async (action, job) => {
      await note(`tm ${action} ${job.host.name}`);
      return dummyHost.tm(action, job);
    },
    vnm: async (action, job) => {
      await note(`vnm ${action} ${job.host.name}`);
      return dummyHost.vnm(action, job);
    },
    poll: async (asked, known, signal) => {
      await drivers.before(`poll ${asked.name}`);
      return dummyHost.poll(asked, known, signal);
    },
  };
  const images: ImageDrivers = {
    ...dummyImages,
    cp: async (job) => {
      await note("image cp");
      return dummyImages.cp(job);
    },
    mkfs: async (job) => {
      await note("image mkfs");
      return dummyImages.mkfs(job);
    },
  };
  const drivers: Recorded = {
    calls: [],
    before: () => undefined,
    host: (vmMad) => (vmMad === "dummy" ? host : undefined),
    image: () => images,
    login: (name) => ["sh", "-c", 'host=$0; eval "$1"', name],
  };
  return drivers;
}

export interface Cloud {
  oned: Oned;
  drivers: Recorded;
  store: Store;
  call: (method: string, ...params: (string | number | boolean)[]) => Promise<string>;
  as: (session: string, method: string, ...params: (string | number | boolean)[]) => Promise<string>;
  /** State and LCM state of a VM, e.g. `3/3` for RUNNING. */
  state: (vm: number) => Promise<string>;
  info: (vm: number) => Promise<string>;
}

const open: Oned[] = [];

export async function closeClouds(): Promise<void> {
  await Promise.all(open.splice(0).map((oned) => oned.close()));
}

/** A stand-in that works in the background only on `settle()`, on a new store unless one is given. */
export async function startCloud(options: Partial<OnedOptions> & { drivers?: Recorded } = {}): Promise<Cloud> {
  const drivers = options.drivers ?? recorded();
  const store = options.store ?? memoryStore();
  const still = { monitorInterval: 0, backgroundInterval: 0, prober: dummyProber };
  const oned = await startOned({ port: 0, ...still, ...options, store, drivers });
  open.push(oned);
  const as: Cloud["as"] = (session, method, ...params) => rpc(oned.port, `one.${method}`, [session, ...params]);
  const call: Cloud["call"] = (method, ...params) => as(ADMIN, method, ...params);
  const info = (vm: number): Promise<string> => call("vm.info", vm, false);
  const state = async (vm: number): Promise<string> => {
    const text = await info(vm);
    return `${field(text, "STATE")}/${field(text, "LCM_STATE")}`;
  };
  return { oned, drivers, store, call, as, state, info };
}

/** Two hosts, an image and a VM that has it as disk: on hold, unless it is to run. */
export async function cloudWithVm(run = true, options: Parameters<typeof startCloud>[0] = {}): Promise<Cloud> {
  const cloud = await startCloud(options);
  for (const name of ["h1", "h2"]) await cloud.call("host.allocate", name, "dummy", "dummy", -1);
  await cloud.oned.monitorHosts();
  await cloud.oned.settle();
  await cloud.call("image.allocate", 'NAME="disk" TYPE="DATABLOCK" SIZE="100"', 1);
  await cloud.oned.settle();
  await cloud.call("vm.allocate", 'NAME="vm" CPU="1" MEMORY="64" DISK=[IMAGE_ID="0"]', true);
  if (run) {
    await cloud.call("vm.deploy", 0, 0, false, 0, "");
    await cloud.oned.settle();
  }
  cloud.drivers.calls.length = 0;
  return cloud;
}
