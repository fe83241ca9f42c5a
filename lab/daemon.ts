// SPDX-License-Identifier: Apache-2.0
import { rmSync } from "node:fs";

import { baseState } from "./hosts/base";
import { NspawnMachines } from "./hosts/backend";
import { ports } from "./hosts/layout";
import type { LabLayout } from "./hosts/layout";
import { serviceMain } from "./hosts/services";
import { relayServer } from "./hosts/static-server";
import { startEmulator } from "./scaleway";
import { credentials, emulatorState } from "./settings";

/**
 * The service `daemon`: the Scaleway API on loopback of the operator's namespace, with lab hosts behind its servers. Hosts live on
 * without it; when it starts it brings back those that should be on.
 */
async function runDaemon(layout: LabLayout): Promise<() => Promise<void>> {
  const base = await baseState(layout);
  if (!base.exists) throw new Error(`there is no base file system ${base.directory}: npm run lab makes it`);
  const machines = new NspawnMachines(layout, base.directory);
  await machines.repair();
  const emulator = await startEmulator({
    port: ports.emulator,
    host: "127.0.0.1",
    stateFile: emulatorState(layout),
    machines,
    credentials: credentials(layout),
  });
  // Hosts ask the API too (the flexible-IP driver); they are in other namespaces.
  const relay = relayServer({ host: "127.0.0.1", port: ports.emulator });
  rmSync(layout.emulatorSocket, { force: true });
  await new Promise<void>((resolve, reject) => relay.once("error", reject).listen(layout.emulatorSocket, resolve));
  console.log(`${new Date().toISOString()} Scaleway emulator at ${emulator.url}`);
  return async () => {
    relay.close();
    await emulator.close();
  };
}

serviceMain("daemon", runDaemon);
