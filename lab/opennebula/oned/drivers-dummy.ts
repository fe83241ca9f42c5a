// SPDX-License-Identifier: Apache-2.0

import type { Drivers, HostDrivers, ImageDrivers } from "./drivers";

/** Space that the dummy datastore always has, MiB. */
const SPACE = { totalMb: 20480, freeMb: 10240, usedMb: 10240 };
/** Size of every file that a dummy datastore is asked about, MiB. */
const FILE_MB = 1024;

/** Figures of a guest that does a little of everything. */
function figures(): Record<string, string> {
  const names = ["DISKRDBYTES", "DISKRDIOPS", "DISKWRBYTES", "DISKWRIOPS", "NETRX", "NETTX"];
  const any = (): string => String(Math.floor(Math.random() * 1000));
  return { CPU: "0", MEMORY: "65536", ...Object.fromEntries(names.map((name) => [name, any()])) };
}

/** A host driver that does nothing and is always right at once. */
export const dummyHost: HostDrivers = {
  vmm: async (action, job) => (action === "snapshot_create" ? "dummy-snap" : `${job.host.name}:${job.name}:dummy`),
  tm: async (action) => (action === "backup" ? "dummy-backup-id" : undefined),
  vnm: async () => undefined,
  poll: async (_host, known) =>
    known.filter(({ runs }) => runs).map(({ deployId }) => ({ deployId, state: "RUNNING", monitoring: figures() })),
};

/** A datastore driver that keeps nothing. */
export const dummyImages: ImageDrivers = {
  stat: async () => ({ sizeMb: FILE_MB }),
  cp: async () => ({ source: "dummy_path", format: "dummy_format" }),
  mkfs: async (job) => ({ source: "dummy_path", format: job.format }),
  clone: async () => ({ source: "dummy_path", format: "dummy_format" }),
  rm: async () => undefined,
  restore: async () => undefined,
  snapshot: async () => undefined,
  monitor: async () => SPACE,
};

/** Hosts with the `dummy` driver only; every datastore is the dummy one. */
export const dummyDrivers: Drivers = {
  host: (vmMad) => (vmMad === "dummy" ? dummyHost : undefined),
  image: () => dummyImages,
  login: (host) => ["sh", "-c", 'echo "$0 is a dummy: nothing runs there" >&2; exit 255', host],
};
