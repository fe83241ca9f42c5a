// SPDX-License-Identifier: Apache-2.0
// The program as the front-end gets it, and the unit that starts it there.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../helpers/eventually";
import { previewText } from "../../../components/host/text";
import { exporterProgram, openNebulaExporter } from "../../../components/monitoring/exporter";
import { judge } from "../../helpers/tools";
import { MadeUpOned } from "./made-up-oned";

const PASSWORD = "canary-exporter-1b7d";
let folder: string;
let oned: MadeUpOned;
let program: ChildProcess;
let output = "";
let url: string;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "exporter-"));
  oned = await new MadeUpOned(1000).start();
  const port = await freePort();
  url = `http://127.0.0.1:${port}/metrics`;
  const settings = { address: "127.0.0.1", port, endpoint: `http://127.0.0.1:${oned.port}/RPC2` };
  writeFileSync(join(folder, "exporter.cjs"), exporterProgram());
  writeFileSync(
    join(folder, "settings.json"),
    JSON.stringify({ ...settings, username: "exporter", password: PASSWORD }),
  );
  program = spawn(process.execPath, [join(folder, "exporter.cjs"), join(folder, "settings.json")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [program.stdout!, program.stderr!])
    stream.on("data", (data: Buffer) => (output += data.toString()));
  const answers = async (): Promise<boolean> => (await fetch(url).catch(() => undefined))?.ok === true;
  await eventually(answers, { what: () => `the exporter answers: ${output}`, seconds: 20 });
}, 60_000);

afterAll(async () => {
  program.kill("SIGKILL");
  await oned.end();
  rmSync(folder, { recursive: true, force: true });
});

test("answers for 1,000 VMs in less than a second, through two connections at most", async () => {
  const seconds: number[] = [];
  let page = "";
  // The machine may be busy with other things: the best says what the exporter itself needs.
  for (let run = 0; run < 6; run++) {
    const started = performance.now();
    page = await (await fetch(url)).text();
    seconds.push((performance.now() - started) / 1000);
  }
  expect(page).toMatch(/^opennebula_vms\{state="running"\} 900$/m);
  expect(Math.min(...seconds)).toBeLessThan(1);
  expect(oned.vms.join("").length / 1000).toBeGreaterThan(1500);
  expect(oned.most).toBeLessThanOrEqual(2);
});

test("ends when systemd says so, and has told nobody its password", async () => {
  const ended = new Promise((resolve) => program.once("exit", (code, signal) => resolve({ code, signal })));
  program.kill("SIGTERM");
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(output).toBe("");
});

test("its unit is shut: systemd-analyze judges its exposure", () => {
  const [[path, { content }]] = Object.entries(openNebulaExporter(true).files).filter(([name]) =>
    name.endsWith(".service"),
  ) as [[string, { content: string }]];
  const file = join(folder, path.split("/").at(-1)!);
  writeFileSync(file, previewText(content));
  const { status, output: report } = judge("systemd-analyze", [
    "security",
    "--offline=true",
    "--threshold=25",
    "--no-pager",
    file,
  ]);
  expect({ status, last: report.trim().split("\n").at(-1) }).toMatchObject({ status: 0 });
});
