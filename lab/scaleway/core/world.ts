// SPDX-License-Identifier: Apache-2.0
import type { MachineBackend } from "../machines";
import type { Clock } from "./clock";
import type { Faults, TransitionFault } from "./faults";
import type { JsonObject } from "./json";
import type { Scheduler } from "./scheduler";
import type { Store } from "./store";
import type { Vault } from "./vault";

/** What every product works on. */
export interface World {
  store: Store;
  clock: Clock;
  scheduler: Scheduler;
  faults: Faults;
  machines: Machines;
  vault: Vault;
}

interface Transition {
  type: string;
  target: string;
  delay: number;
  /** What faults call it, and the name they match. */
  transition: TransitionFault["transition"];
  name: string;
  data?: JsonObject;
}

/** Adds a transition as the faults will have it: later, or with an `outcome` in its data. */
export function schedule(world: World, { transition, name, delay, data, ...job }: Transition): void {
  const fault = world.faults.transition(transition, name);
  const outcome = fault?.outcome === undefined ? {} : { outcome: fault.outcome };
  world.scheduler.add({ ...job, delay: delay + (fault?.delayMs ?? 0), data: { ...data, ...outcome } });
}

/** The machines behind the servers. Calls for one server never overlap: a release waits for the installation to end. */
export class Machines {
  private readonly last = new Map<string, Promise<void>>();

  constructor(private readonly backend: MachineBackend) {}

  async call(id: string, action: (backend: MachineBackend) => Promise<void>): Promise<void> {
    const before = this.last.get(id);
    const now = (async () => {
      await before?.catch(() => undefined);
      await action(this.backend);
    })();
    this.last.set(id, now);
    try {
      await now;
    } finally {
      if (this.last.get(id) === now) this.last.delete(id);
    }
  }
}
