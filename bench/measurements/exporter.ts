// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exporterProgram } from "../../components/monitoring/exporter";
import { MadeUpOned } from "../../tests/unit/exporter/made-up-oned";
import { row, type Row } from "../rows";

const VMS = 1000;
const ROUNDS = 10;
const START_SECONDS = 30;

/** The exporter as the front-end runs it, of a made-up oned with many VMs: how long a scrape takes, and what it holds afterwards. */
export async function exporterRows(note: (text: string) => void): Promise<Row[]> {
  note(`exporter: ${VMS} VMs, ${ROUNDS} scrapes`);
  const folder = mkdtempSync(join(tmpdir(), "bench-exporter-"));
  const oned = await new MadeUpOned(VMS).start();
  const port = await freePort();
  const settings = { endpoint: `http://127.0.0.1:${oned.port}/RPC2`, address: "127.0.0.1", port };
  writeFileSync(join(folder, "exporter.cjs"), exporterProgram());
  const login = { username: "exporter", password: "unused" };
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ ...settings, ...login }));
  const argv = [join(folder, "exporter.cjs"), join(folder, "settings.json")];
  const program = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "inherit"] });
  try {
    const scrape = async (): Promise<number> => {
      const started = performance.now();
      await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return (performance.now() - started) / 1000;
    };
    await answers(scrape);
    const seconds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) seconds.push(await scrape());
    const title = `exporter, ${VMS} VMs`;
    return [
      row(`${title}: a scrape, the slowest of ${ROUNDS}`, Math.max(...seconds), "s", { atMost: 1 }),
      row(`${title}: most connections to oned at once`, oned.most, "connections", { atMost: 2 }),
      row(`${title}: memory afterwards`, residentMegabytes(program.pid!), "MB"),
    ];
  } finally {
    program.kill("SIGKILL");
    await oned.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function answers(scrape: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (;;) {
    try {
      await scrape();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Undefined where there is no /proc. */
function residentMegabytes(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
    return Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
