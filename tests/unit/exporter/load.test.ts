// SPDX-License-Identifier: Apache-2.0
// How the exporter treats oned, and what it says when oned is not well.
import { get } from "node:http";
import type { AddressInfo } from "node:net";
import { metricsServer } from "../../../onhost/exporter/src/server";
import { MadeUpOned } from "./made-up-oned";
import { exporterOf, valuesOf } from "./support";

let oned: MadeUpOned;
const start = async (count = 0): Promise<MadeUpOned> => (oned = await new MadeUpOned(count).start());
afterEach(() => oned.end());

const timed = async (work: () => Promise<string>): Promise<{ page: string; seconds: number }> => {
  const started = performance.now();
  const page = await work();
  return { page, seconds: (performance.now() - started) / 1000 };
};

test("two connections are enough for 1,000 VMs, and what they say is added up", async () => {
  await start(1000);
  const { collector, journal } = exporterOf(oned.port);
  expect(valuesOf(await collector.page())).toMatchObject({
    opennebula_up: 1,
    'opennebula_vms{state="running"}': 900,
    'opennebula_vms{state="pending"}': 100,
    'opennebula_vms_by_group{group="group0"}': 200,
    'opennebula_raft_state{server="2"}': 2,
    'opennebula_raft_lag_records{server="2"}': 12,
  });
  expect(oned.most).toBeLessThanOrEqual(2);
  expect(journal).toEqual([]);
});

test("ten scrapes at once are one look, also through two connections", async () => {
  await start(10);
  oned.delayMs = 20;
  const { collector } = exporterOf(oned.port);
  const pages = await Promise.all(Array.from({ length: 10 }, () => collector.page()));
  expect(new Set(pages).size).toBe(1);
  expect(oned.calls.filter((method) => method === "one.vmpool.info")).toHaveLength(1);
  expect(oned.most).toBe(2);
});

test("oned down: the page says so at once, and says more when it is back", async () => {
  await start(3);
  const { port } = oned;
  const { collector, journal } = exporterOf(port);
  await oned.end();
  const down = await timed(() => collector.page());
  expect(valuesOf(down.page)["opennebula_up"]).toBe(0);
  expect(down.page).not.toContain("opennebula_vms{");
  expect(valuesOf(down.page)['opennebula_api_errors_total{method="one.system.version"}']).toBe(1);
  expect(down.seconds).toBeLessThan(1);
  expect(journal[0]).toContain("cannot reach oned");
  oned = await new MadeUpOned(3).start(port);
  expect(valuesOf(await collector.page())).toMatchObject({ opennebula_up: 1, 'opennebula_vms{state="running"}': 3 });
});

test("oned that never answers: the page comes before the asker gives up", async () => {
  await start();
  oned.silent = true;
  const { collector } = exporterOf(oned.port);
  const { page, seconds } = await timed(() => collector.page(1));
  expect(valuesOf(page)["opennebula_up"]).toBe(0);
  expect(seconds).toBeLessThan(1);
});

test("one subject that gets no answer leaves the others whole, and nothing half of itself", async () => {
  await start(3);
  oned.silent = "one.imagepool.info";
  const { collector, journal } = exporterOf(oned.port);
  const { page, seconds } = await timed(() => collector.page(2));
  const values = valuesOf(page);
  expect(values).toMatchObject({
    opennebula_up: 1,
    'opennebula_exporter_subject_up{subject="machines"}': 0,
    'opennebula_exporter_subject_up{subject="hosts"}': 1,
    'opennebula_hosts{state="monitored"}': 0,
  });
  expect(page).not.toContain("opennebula_vms{");
  expect(seconds).toBeLessThan(2.5);
  expect(journal).toEqual([expect.stringContaining("machines: ") as string]);
});

describe("over HTTP", () => {
  const ask = (port: number, path: string, headers = {}): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      get({ port, host: "127.0.0.1", path, headers }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      }).on("error", reject);
    });

  test("there are metrics and nothing else, and Prometheus's patience counts", async () => {
    await start();
    const server = metricsServer(exporterOf(oned.port).collector).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      expect((await ask(port, "/")).status).toBe(404);
      expect(await ask(port, "/metrics")).toMatchObject({
        status: 200,
        body: expect.stringMatching(/^opennebula_up 1$/m) as string,
      });
      oned.silent = true;
      const header = { "X-Prometheus-Scrape-Timeout-Seconds": "1" };
      const { page, seconds } = await timed(async () => (await ask(port, "/metrics", header)).body);
      expect(page).toMatch(/^opennebula_up 0$/m);
      expect(seconds).toBeLessThan(1);
    } finally {
      server.close();
    }
  });
});
