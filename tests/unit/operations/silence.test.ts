// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../helpers/eventually";
import { services } from "../../../catalogue";
import { addSilence, expireSilences, listSilences, silenceText, type DeployedCloud } from "../../../operations";
import { judge } from "../../helpers/tools";

/** Nobody else's port, so that an Alertmanager of this machine is left alone. */
const PORT = 20_000 + (process.pid % 20_000);
const OWN = `http://127.0.0.1:${services.alertmanager.port}/alertmanager`;
let folder: string;
let alertmanager: ChildProcess;

/** The front-end is this machine: its shell is real, and so are Alertmanager and amtool. */
const cloud = {
  frontend: { name: "fe" },
  run: (_host: string, line: string) => {
    const { status, output } = judge("sh", ["-c", line.replace(OWN, `http://127.0.0.1:${PORT}/alertmanager`)]);
    return Promise.resolve({ exitCode: status, stdout: output, stderr: output });
  },
} as unknown as DeployedCloud;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "silence-"));
  const configuration = join(folder, "alertmanager.yml");
  writeFileSync(configuration, "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n");
  alertmanager = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${configuration}`,
      `--storage.path=${folder}`,
      "--cluster.listen-address=",
      `--web.listen-address=127.0.0.1:${PORT}`,
      `--web.external-url=http://127.0.0.1:${PORT}/alertmanager`,
    ],
    { stdio: "ignore" },
  );
  const ready = `http://127.0.0.1:${PORT}/alertmanager/-/ready`;
  const isReady = async (): Promise<boolean> => (await fetch(ready).catch(() => undefined))?.ok === true;
  await eventually(isReady, { what: "Alertmanager is ready" });
}, 70_000);
afterAll(async () => {
  const ended = new Promise((resolve) => alertmanager.once("exit", resolve));
  alertmanager.kill();
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

const request = {
  matchers: ["alertname=HostCpuHigh", 'host=~"host0.*"'],
  duration: "2h",
  author: "ada",
  comment: "it's new",
};

test("a silence is made, listed with what it is about, and ended", async () => {
  const id = await addSilence(cloud, request);
  const [listed, ...others] = await listSilences(cloud);
  expect(others).toEqual([]);
  expect(listed).toMatchObject({ id, state: "active", createdBy: "ada", comment: "it's new" });
  expect(listed!.matchers).toEqual(['alertname="HostCpuHigh"', 'host=~"host0.*"']);
  expect(Date.parse(listed!.endsAt) - Date.parse(listed!.startsAt)).toBeCloseTo(7_200_000, -4);
  expect(silenceText(listed!)).toContain(`${id}  active  until `);
  await expireSilences(cloud, [id]);
  expect(await listSilences(cloud)).toEqual([]);
  expect(await listSilences(cloud, true)).toEqual([expect.objectContaining({ id, state: "expired" })]);
}, 60_000);

test("every mistake is told at once, before anything is sent", async () => {
  const wrong = { ...request, matchers: ["HostCpuHigh"], duration: "soon", comment: " " };
  await expect(addSilence(cloud, wrong)).rejects.toThrow(/"HostCpuHigh" is no matcher[^]*"soon" is no duration[^]*why/);
  await expect(addSilence(cloud, { ...request, matchers: [] })).rejects.toThrow(/name what is meant/);
});

test("what Alertmanager refuses is an error with its reason", async () => {
  await expect(expireSilences(cloud, ["no-such-silence"])).rejects.toThrow(/host fe: exit status 1/);
});
