// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import * as path from "node:path";

import { inbox } from "../inbox";
import { aptProxy, debianSources } from "./apt-sources";
import { addresses, checkout, inNamespace, labLayout, ports, programCommand } from "./layout";
import type { LabLayout } from "./layout";
import { PackageCache } from "./package-cache";
import { runningPid, startDetached, stopProcess } from "./processes";
import { pause, run, tryRun } from "./run";
import { relayServer, staticServer } from "./static-server";

/** The lab's long-lived processes besides the hosts. */
export type ServiceName = "packages" | "fabric" | "daemon";

const programs: Record<ServiceName, string> = { packages: "service.ts", fabric: "service.ts", daemon: "daemon.ts" };

/** Pid file of a service. */
export function pidFileOf(layout: LabLayout, service: ServiceName): string {
  return path.join(layout.runDirectory, `${service}.pid`);
}

/** Log of a service. */
export function logFileOf(layout: LabLayout, service: ServiceName): string {
  return path.join(layout.logDirectory, `${service}.log`);
}

/** Namespace that a service runs in; undefined: the machine's own, which only the package cache needs. */
function namespaceOf(layout: LabLayout, service: ServiceName): string | undefined {
  return { packages: undefined, fabric: layout.namespaces.fabric, daemon: layout.namespaces.operator }[service];
}

/** Starts a service unless it runs, and waits until it says that it is ready. */
export async function ensureService(layout: LabLayout, service: ServiceName): Promise<void> {
  const pidFile = pidFileOf(layout, service);
  if (runningPid(pidFile) !== undefined && (await isReady(layout, service))) return;
  await stopProcess(pidFile);
  mkdirSync(layout.runDirectory, { recursive: true, mode: 0o700 });
  rmSync(readyFile(layout, service), { force: true });
  const program = path.join(checkout, "lab", programs[service]);
  const command = [...programCommand(program), service, layout.root, layout.name];
  const namespace = namespaceOf(layout, service);
  startDetached(namespace === undefined ? command : inNamespace(namespace, command), {
    pidFile,
    logFile: logFileOf(layout, service),
    workingDirectory: checkout,
  });
  const deadline = Date.now() + 120_000;
  while (!(await isReady(layout, service))) {
    const running = runningPid(pidFile) !== undefined;
    if (!running || Date.now() > deadline) {
      const log = await tryRun(["tail", "-n", "12", logFileOf(layout, service)]);
      const why = running ? "is not ready after 120 s" : "ended at once";
      throw new Error(`the lab's service "${service}" ${why}; its log ends with:\n${log.stdout.trim()}`);
    }
    await pause(50);
  }
}

function readyFile(layout: LabLayout, service: ServiceName): string {
  return path.join(layout.runDirectory, `${service}.ready`);
}

async function isReady(layout: LabLayout, service: ServiceName): Promise<boolean> {
  const ready = await tryRun(["cat", readyFile(layout, service)]);
  return ready.code === 0 && Number(ready.stdout) === runningPid(pidFileOf(layout, service));
}

/**
 * Main program of a service: `PROGRAM SERVICE ROOT LAB`. Says when it can be used; ends at SIGTERM.
 *
 * @param body - resolves once the service can be used; may return what is to be done before it ends.
 */
export function serviceMain(
  service: ServiceName,
  body: (layout: LabLayout) => Promise<void | (() => Promise<void>)>,
): void {
  const [root, lab] = process.argv.slice(3);
  if (root === undefined || lab === undefined) throw new Error(`usage: ${programs[service]} ${service} ROOT LAB`);
  const layout = labLayout(lab, root);
  body(layout).then(
    (close) => {
      writeFileSync(readyFile(layout, service), String(process.pid));
      process.once("SIGTERM", () => void (close?.() ?? Promise.resolve()).finally(() => process.exit(0)));
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.stack : error);
      process.exit(1);
    },
  );
}

/** Stops a service. */
export async function stopService(layout: LabLayout, service: ServiceName): Promise<void> {
  await stopProcess(pidFileOf(layout, service));
  rmSync(readyFile(layout, service), { force: true });
}

/** Body of the service `packages`: the caching proxy, on a unix socket. */
export async function runPackageCache(layout: LabLayout): Promise<() => Promise<void>> {
  const hosts = debianSources().map(({ uri }) => new URL(uri).host);
  const proxy = aptProxy(await run(["apt-config", "dump"]));
  const directory = path.join(layout.cacheDirectory, "packages");
  const cache = new PackageCache({ socket: layout.cacheSocket, directory, hosts: [...new Set(hosts)], proxy });
  await cache.listen();
  chmodSync(layout.cacheSocket, 0o600);
  return () => cache.close();
}

/** Body of the service `fabric`: what hosts reach at the fabric's address. */
export async function runFabric(layout: LabLayout): Promise<void> {
  const listen = (server: Server, port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject).listen(port, addresses.publicGateway, resolve);
    });
  await listen(relayServer({ path: layout.cacheSocket }), ports.packageCache);
  await listen(relayServer({ path: layout.emulatorSocket }), ports.emulatorForHosts);
  await listen(staticServer(layout.repositoryDirectory), ports.repository);
  const { mail, webhooks } = inbox(layout);
  await listen(mail, ports.mail);
  await listen(webhooks, ports.webhooks);
}
