// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { Clock, type ClockOptions } from "./core/clock";
import { Control } from "./core/control";
import { Faults } from "./core/faults";
import { Authenticator } from "./core/permissions";
import { RequestLog } from "./core/requests";
import { Router } from "./core/router";
import { Scheduler } from "./core/scheduler";
import { createApiServer } from "./core/server";
import { Store } from "./core/store";
import { Vault } from "./core/vault";
import { Machines, type World } from "./core/world";
import type { MachineBackend } from "./machines";
import { ObjectStorage } from "./object-storage";
import { accountRoutes, addProject } from "./products/account";
import { dnsRoutes } from "./products/dns";
import { flexibleIpRoutes } from "./products/flexible-ips";
import { iamRoutes, newAccessKey } from "./products/iam";
import { ipamRoutes } from "./products/ipam";
import { privateNetworkRoutes } from "./products/private-networks";
import { secretRoutes } from "./products/secrets";
import { baremetalRoutes } from "./products/servers";
import { sshKeyRoutes } from "./products/ssh-keys";
import { vpcRoutes } from "./products/vpc";

export { labDelays, realDelays, type ClockOptions, type Delays } from "./core/clock";
export { standInHeader, standInText } from "./core/server";
export { noMachines, type MachineBackend, type MachineSpec, type PrivateNicSpec } from "./machines";

/** The operator's key of the emulated account. `secretKey` and both ids are UUIDs, `accessKey` is `SCW` + 17 [A-Z0-9]. */
export interface EmulatorCredentials {
  accessKey: string;
  secretKey: string;
  organizationId: string;
  projectId: string;
}

export interface EmulatorOptions {
  /** TCP port; 0: any free one. */
  port: number;
  /** Address to listen on, e.g. `127.0.0.1`. Control calls are answered to loopback only, wherever it listens. */
  host: string;
  /** JSON file that holds the account, and beside it the folder `objects`; made at the first change. Another start goes on there. */
  stateFile: string;
  machines: MachineBackend;
  credentials: EmulatorCredentials;
  /** Speed of the transitions; default: as fast as the machines. */
  clock?: ClockOptions;
}

export interface Emulator {
  /** For `SCW_API_URL`: no slash at the end. */
  url: string;
  /** Stops listening and saves. Transitions that are under way go on at the next start. */
  close(): Promise<void>;
}

/** Credentials for a new account; as at Scaleway, the default project has the organization's id. */
export function newCredentials(): EmulatorCredentials {
  const organizationId = randomUUID();
  return { accessKey: newAccessKey(), secretKey: randomUUID(), organizationId, projectId: organizationId };
}

/**
 * Starts the emulator of the Scaleway API.
 * @throws Error when the port is taken, or the state file is broken or of another account
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { credentials } = options;
  const store = Store.open(options.stateFile, credentials);
  const clock = new Clock(options.clock);
  const faults = new Faults(store);
  const report = (message: string): void => void process.stderr.write(`scaleway emulator: ${message}\n`);
  const scheduler = new Scheduler(store, clock, report);
  const vault = new Vault(credentials.secretKey);
  const world: World = { store, clock, scheduler, faults, machines: new Machines(options.machines), vault };
  const routes = [
    ...accountRoutes(world),
    ...iamRoutes(world),
    ...sshKeyRoutes(world),
    ...vpcRoutes(world),
    ...privateNetworkRoutes(world),
    ...ipamRoutes(world),
    ...baremetalRoutes(world),
    ...flexibleIpRoutes(world),
    ...dnsRoutes(world),
    ...secretRoutes(world),
  ];
  if (store.get("projects", credentials.projectId) === undefined) {
    addProject(world, { id: credentials.projectId, name: "default", description: "" });
  }
  await store.flush();

  const log = new RequestLog();
  const authenticator = new Authenticator(store, clock, credentials, vault);
  const objectStorage = new ObjectStorage({
    directory: join(dirname(options.stateFile), "objects"),
    organizationId: credentials.organizationId,
    authenticator,
    clock,
    log,
  });
  const server = createApiServer({
    world,
    router: new Router(routes),
    authenticator,
    control: new Control(world, log),
    log,
    objectStorage,
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => resolve());
  });
  await scheduler.start();
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    close: async () => {
      scheduler.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await store.flush();
    },
  };
}
