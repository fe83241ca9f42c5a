// SPDX-License-Identifier: Apache-2.0
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import type { MachineBackend, MachineSpec, PrivateNicSpec } from "../scaleway/machines";

import type { LabLayout } from "./layout";
import { bootMachines, HostMachine, machinesOf } from "./machine";
import { ensurePrivateBridge, privateBridge, routeAddress } from "./network";

interface FlexibleRoute {
  id: string;
  mac?: string;
}

/** Scaleway's servers as lab hosts. Calls for one machine follow one another; machines do not wait for each other. */
export class NspawnMachines implements MachineBackend {
  private readonly queues = new Map<string, Promise<unknown>>();

  /** @param base - directory of the base file system for new machines. */
  constructor(
    private readonly layout: LabLayout,
    private readonly base: string,
  ) {}

  private inTurn<T>(queue: string, work: () => Promise<T>): Promise<T> {
    const before = this.queues.get(queue) ?? Promise.resolve();
    const result = before.then(work, work);
    this.queues.set(
      queue,
      result.catch(() => undefined),
    );
    return result;
  }

  private on<T>(id: string, work: (machine: HostMachine) => Promise<T>): Promise<T> {
    return this.inTurn(id, () => work(new HostMachine(this.layout, id)));
  }

  install(spec: MachineSpec): Promise<void> {
    return this.on(spec.id, (machine) => machine.install(spec, this.base));
  }

  power(id: string, action: "start" | "stop" | "reboot"): Promise<void> {
    return this.on(id, async (machine) => {
      if (action === "stop") {
        await machine.shutDown();
        return machine.stayOff();
      }
      if (action === "reboot") return machine.reboot();
      await machine.start();
      await machine.waitForSsh(90);
    });
  }

  attachPrivateNetwork(id: string, nic: PrivateNicSpec): Promise<void> {
    return this.on(id, async (machine) => {
      const bridge = privateBridge(nic.privateNetworkId);
      await ensurePrivateBridge(this.layout, bridge);
      await machine.plug({
        privateNetworkId: nic.privateNetworkId,
        name: `pn${nic.vlan}`,
        mac: nic.mac,
        port: `n${id.replace(/-/g, "").slice(0, 8)}-${nic.vlan}`,
        bridge,
      });
    });
  }

  detachPrivateNetwork(id: string, privateNetworkId: string): Promise<void> {
    return this.on(id, (machine) => machine.unplug(privateNetworkId));
  }

  routeFlexibleIp(address: string, to: { id: string; mac?: string } | undefined): Promise<void> {
    return this.inTurn("flexible", async () => {
      const routes = this.flexibleRoutes;
      const former = routes[address]?.id;
      if (to === undefined) delete routes[address];
      else routes[address] = { id: to.id, mac: to.mac };
      this.flexibleRoutes = routes;
      for (const id of new Set([former, to?.id])) if (id !== undefined) await this.tellRoutedMacs(id);
      await this.applyRoute(address, to);
    });
  }

  release(id: string): Promise<void> {
    return this.on(id, (machine) => machine.release());
  }

  /** Brings back what a crash of anything took away: bridges, machines that were on, routes. */
  async repair(): Promise<void> {
    const all = machinesOf(this.layout);
    const bridges = new Set(all.flatMap(({ record }) => record.privateNics.map((nic) => nic.bridge)));
    for (const bridge of bridges) await ensurePrivateBridge(this.layout, bridge);
    await bootMachines(this.layout);
    for (const [address, to] of Object.entries(this.flexibleRoutes)) await this.applyRoute(address, to);
  }

  private async tellRoutedMacs(id: string): Promise<void> {
    const machine = new HostMachine(this.layout, id);
    if (machine.record === undefined) return;
    const macs = Object.values(this.flexibleRoutes).flatMap((route) =>
      route.id === id && route.mac ? [route.mac] : [],
    );
    await this.on(id, () => machine.setRoutedMacs(macs));
  }

  private async applyRoute(address: string, to: FlexibleRoute | undefined): Promise<void> {
    const machine = to === undefined ? undefined : new HostMachine(this.layout, to.id);
    const record = machine?.record;
    if (to === undefined || machine === undefined || record === undefined)
      return routeAddress(this.layout, address, undefined);
    const port = to.mac !== undefined && machine.running ? record.publicNic.port : undefined;
    await routeAddress(this.layout, address, { mac: to.mac ?? record.publicNic.mac, port });
  }

  private get routesFile(): string {
    return path.join(this.layout.directory, "flexible-ips.json");
  }

  private get flexibleRoutes(): Record<string, FlexibleRoute> {
    try {
      return JSON.parse(readFileSync(this.routesFile, "utf8")) as Record<string, FlexibleRoute>;
    } catch {
      return {};
    }
  }

  private set flexibleRoutes(routes: Record<string, FlexibleRoute>) {
    writeFileSync(`${this.routesFile}.new`, JSON.stringify(routes, undefined, 2));
    renameSync(`${this.routesFile}.new`, this.routesFile);
  }
}
