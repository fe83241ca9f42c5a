// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from "node:fs";
import { eventually } from "../../helpers/eventually";
import { Api, baremetal, flexible, iam, ipam, networks, offer, orderServer, vpc } from "./api";
import { privateNetworkOption, publicKey } from "./api";

let api: Api;
beforeEach(() => {
  api = new Api();
});
afterEach(() => api.end());

const statuses = async (count: number, path = `${vpc}/vpcs`): Promise<number[]> => {
  const all: number[] = [];
  for (let n = 0; n < count; n++) all.push((await api.call("GET", path)).status);
  return all;
};

test("a fault hits matching requests as often as asked, after those to be let pass, with body and headers", async () => {
  await api.start();
  const match = { method: "get", path: "/vpcs$" };
  await api.ok("POST", "/_lab/faults", { match, status: 429, times: 2, skip: 1, headers: { "Retry-After": "1" } });
  expect(await statuses(1, `${vpc}/private-networks`)).toEqual([200]);
  expect((await api.call("POST", `${vpc}/vpcs`, { name: "v" })).status).toBe(200);
  expect(await statuses(1)).toEqual([200]);
  const hit = await api.call("GET", `${vpc}/vpcs`);
  expect([hit.status, hit.body["type"], hit.headers.get("Retry-After")]).toEqual([429, "too_many_requests", "1"]);
  expect(await statuses(2)).toEqual([429, 200]);

  await api.ok("POST", "/_lab/faults", { match, status: 503, body: { message: "own" } });
  expect((await api.call("GET", `${vpc}/vpcs`)).body).toEqual({ message: "own" });
  expect(await statuses(3)).toEqual([503, 503, 503]);
  await api.ok("DELETE", "/_lab/faults");
  expect(await statuses(1)).toEqual([200]);
});

test("a fault can only delay", async () => {
  await api.start();
  await api.ok("POST", "/_lab/faults", { match: { path: "/vpcs$" }, delayMs: 80, times: 1 });
  const begun = Date.now();
  expect(await statuses(1)).toEqual([200]);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(75);
});

test.each([
  { match: { path: "(" }, status: 500 },
  { match: { path: "x" }, status: 200 },
  { match: { path: "x" } },
  { transition: "melt" },
])("the fault %j is refused", async (fault) => {
  await api.start();
  expect((await api.call("POST", "/_lab/faults", fault)).status).toBe(400);
  expect(await api.ok("GET", "/_lab/faults")).toEqual({ requests: [], transitions: [] });
});

test("transitions fail as asked: delivery, installation, option, network, flexible IP", async () => {
  await api.start();
  const fail = (transition: string, outcome = "error") =>
    api.ok("POST", "/_lab/faults", { transition, outcome, times: 1 });
  const read = (id: string) => api.ok("GET", `${baremetal}/servers/${id}`);
  await fail("deliver", "out_of_stock");
  expect(await read(await orderServer(api))).toMatchObject({ status: "out_of_stock", ips: [] });
  await fail("deliver", "locked");
  expect(await read(await orderServer(api))).toMatchObject({ status: "locked" });
  await fail("install");
  const server = await orderServer(api);
  expect(await read(server)).toMatchObject({ status: "ready", install: { status: "error" } });
  await fail("option");
  await api.ok("POST", `${baremetal}/servers/${server}/options/${privateNetworkOption}`, {});
  expect(await read(server)).toMatchObject({ options: [{ status: "option_status_error" }] });
  await fail("attach");
  const network = await api.id("POST", `${vpc}/private-networks`, { name: "n" });
  const wanted = { per_private_network_ipam_ip_ids: { [network]: [] } };
  await api.ok("PUT", `${networks}/servers/${server}/private-networks`, wanted);
  expect(await api.ok("GET", `${networks}/server-private-networks`)).toMatchObject({
    server_private_networks: [{ status: "error" }],
  });
  await fail("flexibleIp");
  const fip = await api.id("POST", `${flexible}/fips`, { server_id: server });
  expect(await api.ok("GET", `${flexible}/fips/${fip}`)).toMatchObject({ status: "error" });
});

test("a slow transition is slow for the server that it names", async () => {
  await api.start();
  await api.ok("POST", "/_lab/faults", { transition: "deliver", name: "^slow$", delayMs: 1_000 });
  const [slow, quick] = [await orderServer(api, { name: "slow" }), await orderServer(api, { name: "quick" })];
  const status = async (id: string) => (await api.ok("GET", `${baremetal}/servers/${id}`))["status"];
  expect([await status(slow), await status(quick)]).toEqual(["delivering", "ready"]);
  api.time += 1_000;
  expect(await status(slow)).toBe("ready");
});

test("an offer without stock is listed so and cannot be ordered, by name in both periods", async () => {
  await api.start();
  await api.ok("POST", "/_lab/stock", { offer: "EM-A610R-NVME", stock: "empty" });
  const order = () => api.call("POST", `${baremetal}/servers`, { offer_id: offer, name: "x" });
  expect(await order()).toMatchObject({ status: 412, body: { type: "out_of_stock" } });
  expect(await api.ok("GET", `${baremetal}/offers/${offer}`)).toMatchObject({ stock: "empty" });
  await api.ok("POST", "/_lab/stock", { offer: "EM-A610R-NVME", stock: "available" });
  expect((await order()).status).toBe(200);
});

test("clock: speed, delays, and hurrying what waits", async () => {
  await api.start();
  await api.ok("POST", "/_lab/clock", { speed: 10, delays: { ordered: 1_000 } });
  const id = await orderServer(api);
  const status = async () => (await api.ok("GET", `${baremetal}/servers/${id}`))["status"];
  api.time += 99;
  expect(await status()).toBe("ordered");
  api.time += 1;
  expect(await status()).toBe("ready");
  const other = await orderServer(api);
  await api.ok("POST", "/_lab/clock", { hurry: true });
  expect(await api.ok("GET", `${baremetal}/servers/${other}`)).toMatchObject({ status: "ready" });
  for (const bad of [{ speed: 0 }, { delays: { lunch: 1 } }, { speed: "fast" }]) {
    expect((await api.call("POST", "/_lab/clock", bad)).status).toBe(400);
  }
});

test("the request log has no bodies, and begins where asked", async () => {
  await api.start();
  await api.ok("POST", `${iam}/ssh-keys`, { name: "k", public_key: publicKey });
  await api.ok("GET", `${vpc}/vpcs?name=x`);
  const { requests } = await api.ok("GET", "/_lab/requests");
  expect(JSON.stringify(requests)).not.toContain("AAAAC3");
  expect(requests).toMatchObject([
    { number: 1, method: "POST", path: `${iam}/ssh-keys`, status: 200 },
    { number: 2, method: "GET", path: `${vpc}/vpcs`, query: "name=x" },
  ]);
  expect((await api.ok("GET", "/_lab/requests?since=1"))["requests"]).toHaveLength(1);
});

test("the account is as it was after everything that was made is deleted", async () => {
  await api.start();
  const before = await api.ok("GET", "/_lab/account");
  const server = await orderServer(api);
  const network = await api.id("POST", `${vpc}/private-networks`, { name: "n" });
  const ip = await api.id("POST", `${ipam}/ips`, { source: { private_network_id: network } });
  await api.ok("POST", `${baremetal}/servers/${server}/options/${privateNetworkOption}`, {});
  const wanted = { per_private_network_ipam_ip_ids: { [network]: [ip] } };
  await api.ok("PUT", `${networks}/servers/${server}/private-networks`, wanted);
  expect(await api.ok("GET", "/_lab/account")).toMatchObject({ objects: { servers: 1, ips: 1 } });
  await api.ok("DELETE", `${baremetal}/servers/${server}`);
  await api.ok("DELETE", `${ipam}/ips/${ip}`);
  await api.ok("DELETE", `${vpc}/private-networks/${network}`);
  const { ssh_keys } = await api.ok("GET", `${iam}/ssh-keys`);
  for (const { id } of ssh_keys as { id: string }[]) await api.ok("DELETE", `${iam}/ssh-keys/${id}`);
  expect(await api.ok("GET", "/_lab/account")).toEqual(before);
});

describe("restart", () => {
  test("an installation that was under way is begun again and ends", async () => {
    await api.start({ install: () => new Promise(() => undefined) });
    const id = await orderServer(api);
    expect(await api.ok("GET", `${baremetal}/servers/${id}`)).toMatchObject({ install: { status: "installing" } });
    await api.stop();
    const installed: string[] = [];
    await api.start({ install: async (machine) => void installed.push(machine.id) });
    await eventually(() => installed.length > 0);
    expect(await api.ok("GET", `${baremetal}/servers/${id}`)).toMatchObject({ install: { status: "completed" } });
    expect(installed).toEqual([id]);
  });

  test("objects, waiting transitions and faults outlive it", async () => {
    await api.start({}, { ordered: 1_000 });
    const id = await orderServer(api);
    await api.ok("POST", "/_lab/faults", { match: { path: "/vpcs$" }, status: 500 });
    await api.stop();
    await api.start({}, { ordered: 1_000 });
    expect(await statuses(1)).toEqual([500]);
    expect(await api.ok("GET", `${baremetal}/servers/${id}`)).toMatchObject({ status: "ordered" });
    api.time += 1_000;
    expect(await api.ok("GET", `${baremetal}/servers/${id}`)).toMatchObject({ status: "ready" });
  });

  test("what was answered is in the file", async () => {
    await api.start();
    for (let n = 0; n < 20; n++) {
      const id = await api.id("POST", `${vpc}/vpcs`, { name: `v${n}` });
      expect(readFileSync(api.stateFile, "utf8")).toContain(id);
    }
  });

  test.each([
    ["{", "is no JSON document"],
    ['{"version": 99}', "format version 99"],
  ])("the state %s is refused with its file and a cure", async (text, message) => {
    writeFileSync(api.stateFile, text);
    const start = api.start();
    await expect(start).rejects.toThrow(message);
    await expect(start).rejects.toThrow(api.stateFile);
  });

  test("a state of another account is refused", async () => {
    await api.start();
    await api.stop();
    const state = JSON.parse(readFileSync(api.stateFile, "utf8")) as { organizationId: string };
    writeFileSync(api.stateFile, JSON.stringify({ ...state, organizationId: "another" }));
    await expect(api.start()).rejects.toThrow("organization another");
  });
});
