// SPDX-License-Identifier: Apache-2.0
import { eventually } from "../../helpers/eventually";
import type { MachineSpec } from "../../../lab/scaleway/index";
import { Api, baremetal, debian12, flexible, iam, networks, offer, orderServer, vpc } from "./api";
import { privateNetworkOption, publicKey } from "./api";

let api: Api;
const calls: string[] = [];
const specs: MachineSpec[] = [];
const recording = {
  install: async (spec: MachineSpec) => void specs.push(spec),
  power: async (_id: string, action: string) => void calls.push(action),
  attachPrivateNetwork: async (_id: string, nic: { vlan: number }) => void calls.push(`attach ${nic.vlan}`),
  routeFlexibleIp: async (address: string, to?: object) => void calls.push(`${address} ${to ? "to" : "from"}`),
  release: async () => void calls.push("release"),
};

beforeEach(() => {
  api = new Api();
  calls.length = 0;
  specs.length = 0;
});
afterEach(() => api.end());

const status = async (id: string): Promise<string> => {
  const { status, body } = await api.call("GET", `${baremetal}/servers/${id}`);
  if (status === 404) return "gone";
  const install = body["install"] as { status: string } | null;
  return `${String(body["status"])} ${install?.status ?? "-"}`;
};

test("a server passes through the recorded states, each for as long as the clock says", async () => {
  await api.start(recording, { ordered: 100, delivering: 100, toInstall: 100, installing: 100, deleting: 100 });
  const id = await orderServer(api);
  const seen = [await status(id)];
  for (let step = 0; step < 4; step++) {
    api.time += 100;
    seen.push(await status(id));
  }
  await api.ok("DELETE", `${baremetal}/servers/${id}`);
  seen.push(await status(id));
  api.time += 100;
  seen.push(await status(id));
  expect(seen).toEqual([
    "ordered to_install",
    "delivering to_install",
    "ready to_install",
    "ready installing",
    "ready completed",
    "deleting completed",
    "gone",
  ]);
  expect(calls).toEqual(["release"]);
});

test("the machine gets address, keys, user and decoded user data; addresses begin at .10 and are used again", async () => {
  await api.start(recording);
  const userData = "#cloud-config\nhostname: ä\n";
  const first = await orderServer(api, { user_data: Buffer.from(userData).toString("base64") });
  const second = await orderServer(api, { name: "host01" });
  await api.ok("DELETE", `${baremetal}/servers/${first}`);
  expect(await status(first)).toBe("gone");
  await orderServer(api, { name: "host02" });
  await status(second);
  expect(specs.map(({ hostname, publicAddress }) => [hostname, publicAddress])).toEqual([
    ["fe", "203.0.113.10"],
    ["host01", "203.0.113.11"],
    ["host02", "203.0.113.10"],
  ]);
  expect(specs[0]).toMatchObject({
    id: first,
    os: { name: "Debian", version: "12 (Bookworm)" },
    publicPrefixLength: 24,
    publicGateway: "203.0.113.1",
    user: "ops",
    userData,
    authorizedKeys: [publicKey.replace(/ ops.*/, "")],
  });
  expect(specs[0]?.publicMac).toMatch(/^02(:[0-9a-f]{2}){5}$/);
});

test("a machine that cannot be installed shows as install error, and a reinstallation repairs it", async () => {
  let works = false;
  const install = async () => {
    if (!works) throw new Error("no disk");
  };
  const stderr = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  await api.start({ install });
  const id = await orderServer(api);
  await eventually(async () => (await status(id)) === "ready error");
  expect(stderr.mock.calls.flat().join("")).toContain("installation of fe failed: no disk");
  stderr.mockRestore();
  works = true;
  const { body } = await api.call("GET", `${baremetal}/servers/${id}`);
  const { ssh_key_ids } = body["install"] as { ssh_key_ids: string[] };
  await api.ok("POST", `${baremetal}/servers/${id}/install`, { os_id: debian12, ssh_key_ids });
  await eventually(async () => (await status(id)) === "ready completed");
});

test("a release that fails is tried again until the machine is gone", async () => {
  let tries = 0;
  const release = async () => {
    tries++;
    if (tries === 1) throw new Error("busy");
  };
  const stderr = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  await api.start({ release });
  const id = await orderServer(api);
  await api.ok("DELETE", `${baremetal}/servers/${id}`);
  expect(await status(id)).toBe("deleting completed");
  api.time += 2_000;
  expect(await status(id)).toBe("gone");
  expect(tries).toBe(2);
  stderr.mockRestore();
});

test("what a server cannot do is refused: unknown key, missing key, incompatible system, protected, busy", async () => {
  await api.start(recording, { power: 1_000 });
  const order = (install: object) => api.call("POST", `${baremetal}/servers`, { offer_id: offer, name: "x", install });
  const unknown = await order({ os_id: debian12, ssh_key_ids: ["00000000-0000-0000-0000-000000000000"] });
  expect([unknown.status, JSON.stringify(unknown.body)]).toEqual([400, expect.stringContaining("ssh_key_ids")]);
  const missing = await order({ os_id: debian12 });
  expect([missing.status, missing.body["type"]]).toEqual([400, "invalid_arguments"]);
  const proxmoxBackup = "7fb86682-316e-4f6e-a845-de9b230cdd29";
  expect((await order({ os_id: proxmoxBackup, service_password: "p" })).status).toBe(400);

  const id = await orderServer(api, { protected: true });
  await status(id);
  expect(await api.call("DELETE", `${baremetal}/servers/${id}`)).toMatchObject({
    status: 412,
    body: { precondition: "protected_resource" },
  });
  await api.ok("POST", `${baremetal}/servers/${id}/reboot`, {});
  expect(await api.call("POST", `${baremetal}/servers/${id}/stop`, {})).toMatchObject({
    status: 409,
    body: { type: "transient_state", current_state: "resetting" },
  });
  api.time += 1_000;
  expect(await status(id)).toBe("ready completed");
  expect(calls).toEqual(["reboot"]);
});

test("a refused change changes nothing", async () => {
  await api.start();
  const id = await orderServer(api);
  const { status: code } = await api.call("PATCH", `${baremetal}/servers/${id}`, { description: "new", name: 5 });
  expect(code).toBe(400);
  expect(await api.ok("GET", `${baremetal}/servers/${id}`)).toMatchObject({ name: "fe", description: "" });
});

test("flexible IPs follow attach, detach and the end of their server", async () => {
  await api.start(recording);
  const server = await orderServer(api);
  await status(server);
  const fip = await api.ok("POST", `${flexible}/fips`, { server_id: server });
  const read = () => api.ok("GET", `${flexible}/fips/${String(fip["id"])}`);
  expect(await read()).toMatchObject({ status: "attached", server_id: server, ip_address: "198.51.100.1" });
  await api.ok("POST", `${flexible}/fips/detach`, { fips_ids: [fip["id"]] });
  expect(await read()).toMatchObject({ status: "ready", server_id: null });
  await api.ok("POST", `${flexible}/fips/attach`, { fips_ids: [fip["id"]], server_id: server });
  await read();
  await api.ok("DELETE", `${baremetal}/servers/${server}`);
  expect(await read()).toMatchObject({ status: "ready", server_id: null });
  expect(calls.filter((call) => call.startsWith("198"))).toEqual([
    "198.51.100.1 to",
    "198.51.100.1 from",
    "198.51.100.1 to",
    "198.51.100.1 from",
  ]);
});

test("a reinstalled server is connected to its networks again", async () => {
  await api.start(recording);
  const id = await orderServer(api);
  await status(id);
  const network = await api.id("POST", `${vpc}/private-networks`, { name: "mgmt" });
  await api.ok("POST", `${baremetal}/servers/${id}/options/${privateNetworkOption}`, {});
  await api.ok("PUT", `${networks}/servers/${id}/private-networks`, {
    per_private_network_ipam_ip_ids: { [network]: [] },
  });
  await status(id);
  const keys = ((await api.ok("GET", `${iam}/ssh-keys`))["ssh_keys"] as { id: string }[]).map((key) => key.id);
  await api.ok("POST", `${baremetal}/servers/${id}/install`, { os_id: debian12, ssh_key_ids: keys });
  expect(await status(id)).toBe("ready completed");
  expect(calls).toEqual(["attach 1745", "attach 1745"]);
  expect(specs).toHaveLength(2);
});

test("an enabled option puts its own tag on the server and takes it away again", async () => {
  await api.start();
  const id = await orderServer(api, { tags: ["a"] });
  const path = `${baremetal}/servers/${id}/options/${privateNetworkOption}`;
  expect((await api.ok("POST", path, {}))["tags"]).toEqual(["a"]);
  expect((await api.ok("GET", `${baremetal}/servers/${id}`))["tags"]).toEqual(["a", "PrivateNetwork"]);
  expect((await api.call("POST", path, {})).status).toBe(400);
  expect((await api.ok("DELETE", path))["tags"]).toEqual(["a"]);
  expect((await api.ok("GET", `${baremetal}/servers/${id}`))["options"]).toEqual([]);
});
