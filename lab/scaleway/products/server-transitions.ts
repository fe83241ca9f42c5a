// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { MachineBackend, MachineSpec } from "../machines";
import { ipv6In } from "../core/ip";
import type { JsonObject } from "../core/json";
import type { Tables } from "../core/model";
import { schedule, type World } from "../core/world";
import { findOs } from "./baremetal-catalogue";
import { dropAttachment } from "./server-networks";

type ServerRow = Tables["servers"];

/** The public network of every lab: RFC 5737 addresses, .1 is the gateway. */
export const publicNetwork = { prefix: "203.0.113", prefixLength: 24, gateway: "203.0.113.1", first: 10, last: 250 };

/**
 * What happens to a server by itself: ordered -> delivering -> ready, to_install -> installing -> completed, power
 * states, deleting -> gone. Each step is a job, so that a restarted emulator goes on where the last one stopped; an
 * installation that was under way is begun again.
 */
export function registerServerTransitions(world: World): void {
  const { scheduler, clock, store } = world;
  const on = (type: string, step: (row: ServerRow, data: JsonObject) => void | Promise<void>): void =>
    scheduler.on(`server.${type}`, ({ target, data }) => {
      const row = store.get("servers", target);
      return row === undefined ? undefined : step(row, data);
    });
  const next = (row: ServerRow, type: string, delay: number): void =>
    scheduler.add({ type: `server.${type}`, target: row.id, delay });

  on("ordered", (row) => {
    setStatus(world, row, "delivering");
    scheduleDelivery(world, row);
  });
  on("delivering", (row, { outcome }) => {
    if (outcome === "out_of_stock") return setStatus(world, row, outcome);
    deliver(world, row);
    if (typeof outcome === "string") return setStatus(world, row, outcome);
    if (row.api.install !== null) next(row, "toInstall", clock.delay("toInstall"));
  });
  on("toInstall", async (row) => {
    const fault = world.faults.transition("install", row.api.name);
    setInstall(world, row, "installing");
    const begun = clock.now();
    const outcome = fault?.outcome === undefined ? await installMachine(world, row) : "error";
    const least = clock.delay("installing") + (fault?.delayMs ?? 0) - (clock.now() - begun);
    next(row, outcome, Math.max(0, least));
  });
  on("completed", (row) => setInstall(world, row, "completed"));
  on("error", (row) => setInstall(world, row, "error"));
  for (const [action, passing, final] of powerActions) {
    on(action, async (row) => {
      const done = await attempt(`${action} of ${row.api.name}`, () =>
        world.machines.call(row.id, (backend) => backend.power(row.id, action)),
      );
      if (row.api.status === passing) setStatus(world, row, done ? final : "error");
    });
  }
  on("deleting", async (row) => {
    const released = await attempt(`release of ${row.api.name}`, () =>
      world.machines.call(row.id, (backend) => backend.release(row.id)),
    );
    // Gone is what the API promised; it stays "deleting" until it is.
    if (!released) return next(row, "deleting", releaseRetry);
    for (const attachment of store.all("serverPrivateNetworks")) {
      if (attachment.api.server_id === row.id) dropAttachment(world, attachment);
    }
    store.remove("servers", row.id);
  });
}

const releaseRetry = 2_000;

/** A server that was paid for becomes ready, or what the faults will have it be. */
export function scheduleDelivery(world: World, row: ServerRow): void {
  const job = { type: "server.delivering", target: row.id, delay: world.clock.delay("delivering") };
  schedule(world, { ...job, transition: "deliver", name: row.api.name });
}

/** Does something with a machine; false, and a line for whoever runs the lab, where it failed. */
async function attempt(what: string, action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    process.stderr.write(`scaleway emulator: ${what} failed: ${(error as Error).message}\n`);
    return false;
  }
}

/** Action, status while it lasts, status after it. */
export const powerActions = [
  ["start", "starting", "ready"],
  ["stop", "stopping", "stopped"],
  ["reboot", "resetting", "ready"],
] as const;

/** Whether something is under way that other changes must wait for. */
export function isBusy({ api }: ServerRow): boolean {
  return ["starting", "stopping", "resetting", "deleting", "migrating"].includes(api.status);
}

export function setStatus(world: World, row: ServerRow, status: string): void {
  row.api.status = status;
  world.store.changed();
}

function setInstall(world: World, row: ServerRow, status: "to_install" | "installing" | "completed" | "error"): void {
  if (row.api.install !== null) row.api.install.status = status;
  world.store.changed();
}

function deliver(world: World, row: ServerRow): void {
  const { api } = row;
  const reverse = `${api.id}.${api.zone}.baremetal.scw.cloud`;
  const common = { reverse, reverse_status: "active", reverse_status_message: "" };
  const ipv4 = { id: randomUUID(), address: freePublicAddress(world), version: "IPv4" as const, ...common };
  const ipv6 = {
    id: randomUUID(),
    address: ipv6In("2001:db8:1201:a17::/64", api.id),
    version: "IPv6" as const,
    ...common,
  };
  api.ips = [ipv4, ipv6];
  api.domain = reverse;
  api.ping_status = "ping_status_up";
  setStatus(world, row, "ready");
}

function freePublicAddress(world: World): string {
  const taken = new Set(world.store.all("servers").flatMap(({ api }) => api.ips.map(({ address }) => address)));
  for (let host = publicNetwork.first; host <= publicNetwork.last; host++) {
    const address = `${publicNetwork.prefix}.${host}`;
    if (!taken.has(address)) return address;
  }
  throw new Error(`no public address left in ${publicNetwork.prefix}.0/${publicNetwork.prefixLength}`);
}

async function installMachine(world: World, row: ServerRow): Promise<"completed" | "error"> {
  const spec = machineSpec(world, row);
  if (spec === undefined) return "error";
  const installed = await attempt(`installation of ${row.api.name}`, () =>
    world.machines.call(row.id, async (backend) => {
      await backend.install(spec);
      await reconnect(world, row.id, backend);
    }),
  );
  return installed ? "completed" : "error";
}

/** After a reinstallation: the networks and flexible IPs that the server had. */
async function reconnect(world: World, id: string, backend: MachineBackend): Promise<void> {
  for (const { api, internal } of world.store.all("serverPrivateNetworks")) {
    if (api.server_id !== id || api.status !== "attached") continue;
    await backend.attachPrivateNetwork(id, {
      privateNetworkId: api.private_network_id,
      vlan: api.vlan,
      mac: internal.mac,
    });
  }
  for (const { api } of world.store.all("flexibleIps")) {
    if (api.server_id !== id || api.status !== "attached") continue;
    const mac = api.mac_address?.mac_address;
    await backend.routeFlexibleIp(api.ip_address, { id, ...(mac === undefined ? {} : { mac }) });
  }
}

function machineSpec(world: World, { id, api, internal }: ServerRow): MachineSpec | undefined {
  const { install } = api;
  const address = api.ips.find(({ version }) => version === "IPv4")?.address;
  if (install === null || address === undefined) return undefined;
  const { name, version } = findOs(install.os_id);
  const keys = install.ssh_key_ids.map((key) => world.store.get("sshKeys", key)?.api.public_key);
  return {
    id,
    hostname: install.hostname === "" ? api.name : install.hostname,
    os: { name, version },
    publicAddress: address,
    publicPrefixLength: publicNetwork.prefixLength,
    publicGateway: publicNetwork.gateway,
    publicMac: internal.publicMac,
    user: install.user,
    authorizedKeys: keys.filter((key) => key !== undefined),
    userData: api.user_data === null ? undefined : Buffer.from(api.user_data, "base64").toString("utf8"),
  };
}
