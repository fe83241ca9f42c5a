// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { reconcile, readReport, writeReport, type ReconcileReport } from "../../../onhost/flexible-ip/src/reconcile";
import { Phase, phaseOf } from "../../../onhost/flexible-ip/src/occupancy";
import { states, World, type TestIp } from "./world";

let world: World;
let ip: TestIp;
let last: ReconcileReport | undefined;
beforeEach(async () => {
  world = await new World().start();
  ip = await world.buy();
  last = undefined;
});
afterEach(() => world.end());

/** One look; remembers its report for the next, as the timer's state file does. */
async function look(dryRun = false): Promise<ReconcileReport> {
  const report = await reconcile(world.parts, { before: last, dryRun, seconds: 120 });
  if (!dryRun) last = report;
  return report;
}

const vm = (fields: object = states.running, hosts = ["host01"]) =>
  world.set({ id: 7, nics: [{ ip: ip.address, mac: ip.mac }], hosts, ...fields });

const of = (report: ReconcileReport, { id }: TestIp) => report.addresses.find((one) => one.id === id);

it("brings an address to where its VM runs: a failed post, or a host that crashed", async () => {
  vm();
  expect(of(await look(), ip)).toMatchObject({
    action: "attach",
    ok: true,
    outcome: expect.stringContaining("VM 7") as unknown,
  });
  expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
  vm(states.running, ["host01", "host02"]);
  await look();
  expect(await world.look(ip)).toEqual({ status: "attached", host: "host02" });
  await world.forgetOrders();
  expect(await look()).toMatchObject({ ok: true, addresses: [{ action: "none", outcome: "attached" }] });
  expect(await world.orders()).toEqual([]);
});

it("tries again what ended in an error", async () => {
  await world.fault({ transition: "flexibleIp", outcome: "error", times: 1 });
  await world.put(ip, "host01");
  expect((await world.look(ip)).status).toBe("error");
  vm();
  expect(await look()).toMatchObject({ ok: true });
  expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
});

it("gives up what no VM runs with, at the second look in a row that says so", async () => {
  await world.put(ip, "host01");
  vm(states.poweroff);
  expect(await look()).toMatchObject({ ok: true, idleSince: { [ip.id]: expect.any(String) as unknown } });
  expect((await world.look(ip)).status).toBe("attached");
  // In use for a moment: the count begins anew.
  vm();
  expect((await look()).idleSince).toEqual({});
  vm(states.poweroff);
  await look();
  expect((await world.look(ip)).status).toBe("attached");
  expect(of(await look(), ip)).toMatchObject({ action: "release", outcome: "detached" });
  expect((await world.look(ip)).status).toBe("ready");
});

it.each([
  ["migrating", states.migrate],
  ["booting", states.boot],
  ["shutting down", states.shutdown],
  ["attaching an interface", { ...states.hotplugNic, attach: true }],
])("leaves alone what is under way: %s", async (_name, fields) => {
  await world.put(ip, "host02");
  const nics = [{ ip: ip.address, mac: ip.mac, attach: "attach" in fields }];
  world.set({ id: 7, nics, hosts: ["host02", "host01"], ...fields });
  await look();
  await look();
  expect(await world.look(ip)).toEqual({ status: "attached", host: "host02" });
});

it("never touches an address that the stack did not buy", async () => {
  const foreign = await world.buy({ managed: false });
  await world.put(foreign, "host01");
  world.set({ id: 8, nics: [{ ip: foreign.address }], hosts: ["host02"], ...states.running });
  const report = await look();
  await look();
  expect(of(report, foreign)).toBeUndefined();
  expect(await world.look(foreign)).toEqual({ status: "attached", host: "host01" });
});

it("looks again before it acts: what a hook has done meanwhile stays", async () => {
  await world.put(ip, "host01");
  vm(states.running, ["host02"]);
  let asked = 0;
  world.beforeOned = () => {
    asked += 1;
    // Between the look and the lock the VM comes back.
    if (asked === 2) vm(states.running, ["host01"]);
  };
  expect(of(await look(), ip)).toMatchObject({ action: "attach", outcome: "settled meanwhile", ok: true });
  expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
});

it("tells what it cannot repair, and goes on with the others", async () => {
  const [second, third] = [await world.buy(), await world.buy()];
  vm(states.running, ["host77"]);
  world.set({ id: 9, nics: [{ ip: second.address, mac: second.mac }], hosts: ["host02"], ...states.running });
  world.managed.push("22222222-2222-4222-8222-222222222222");
  await world.put(third, "host01");
  await world.fault({ match: { path: "fips/detach$" }, status: 500 });
  await look();
  const report = await look();
  expect(report.ok).toBe(false);
  expect(report.problems).toEqual([expect.stringContaining("22222222-2222-4222-8222-222222222222") as unknown]);
  expect(of(report, ip)).toMatchObject({
    action: "report",
    outcome: expect.stringContaining("host77") as unknown,
    ok: false,
  });
  expect(of(report, second)).toMatchObject({ outcome: "attached", ok: true });
  expect(of(report, third)).toMatchObject({ action: "release", ok: false });
});

it("does nothing while oned or Scaleway does not answer, and forgets nothing", async () => {
  await world.put(ip, "host01");
  vm(states.poweroff);
  const { idleSince } = await look();
  world.beforeOned = () => {
    throw new Error("oned is away");
  };
  const report = await look();
  expect(report).toMatchObject({
    ok: false,
    problems: ["oned is away"],
    idleSince,
    lastOk: expect.any(String) as unknown,
  });
  world.beforeOned = () => undefined;
  await world.fault({ match: { path: "/fips$" }, status: 401 });
  expect((await look()).problems).toEqual([expect.stringContaining("not accepted") as unknown]);
  expect((await world.look(ip)).status).toBe("attached");
});

it("says what it would do, and does nothing, on request", async () => {
  vm();
  expect(of(await look(true), ip)).toMatchObject({ action: "attach", outcome: "would be done" });
  expect(await world.orders()).toEqual([]);
});

it("keeps its report in a file that is whole or not there", async () => {
  const file = join(world.scaleway.folder, "state", "reconcile.json");
  expect(readReport(file)).toBeUndefined();
  const report = await look();
  writeReport(file, report);
  expect(readReport(file)).toEqual(report);
});

it("knows every state that oned has: only a few mean that the guest runs", () => {
  const phases = (state: number) => Array.from({ length: 72 }, (_, lcm) => phaseOf(state, lcm));
  for (const state of [0, 1, 2, 4, 5, 6, 8, 9, 10, 11]) expect(new Set(phases(state))).toEqual(new Set(["idle"]));
  const active = phases(3);
  expect(active.flatMap((phase, lcm) => (phase === Phase.Running ? [lcm] : []))).toEqual([
    3, 16, 17, 24, 25, 26, 57, 59, 62, 66, 69,
  ]);
  // Migration and every kind of boot: what a post may come in.
  for (const lcm of [2, 4, 19, 20, 21, 22, 32, 35]) expect(active[lcm]).toBe("arriving");
  // Saves, shutdowns and failures.
  for (const lcm of [5, 6, 7, 12, 18, 29, 36, 37]) expect(active[lcm]).toBe("leaving");
});
