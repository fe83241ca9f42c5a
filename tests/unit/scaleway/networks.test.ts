// SPDX-License-Identifier: Apache-2.0
import { Api, baremetal, ipam, networks, orderServer, privateNetworkOption, vpc } from "./api";

let api: Api;
const nics: { privateNetworkId: string; vlan: number; mac: string }[] = [];

beforeEach(async () => {
  nics.length = 0;
  api = await new Api().start({ attachPrivateNetwork: async (_id, nic) => void nics.push(nic) });
});
afterEach(() => api.end());

const network = (fields: object) => api.call("POST", `${vpc}/private-networks`, { name: "n", ...fields });
const connect = (server: string, wanted: Record<string, string[]>) =>
  api.call("PUT", `${networks}/servers/${server}/private-networks`, { per_private_network_ipam_ip_ids: wanted });
const list = async (path: string, key: string) => (await api.ok("GET", path))[key] as Record<string, unknown>[];

test("a network without subnets gets a free /22 and a /64; a given one is kept", async () => {
  const subnets = async (fields: object) =>
    ((await network(fields)).body["subnets"] as { subnet: string }[]).map(({ subnet }) => subnet);
  expect(await subnets({ subnets: ["172.16.0.0/22"] })).toEqual(["172.16.0.0/22", "fd5f:519c:6d46:1::/64"]);
  expect(await subnets({})).toEqual(["172.16.4.0/22", "fd5f:519c:6d46:2::/64"]);
});

test.each([
  ["10.0.0.1/22", "host bits"],
  ["10.0.0.0/8", "/20"],
  ["10.0.0.0/30", "/29"],
  ["fd00::/48", "/64"],
  ["nonsense", "CIDR"],
])("the subnet %s is refused (%s)", async (subnet) => {
  const { status, body } = await network({ subnets: [subnet] });
  expect([status, JSON.stringify(body["details"])]).toEqual([400, expect.stringContaining(subnet)]);
});

test("subnets of one VPC do not overlap; those of two VPCs may", async () => {
  const other = await api.id("POST", `${vpc}/vpcs`, { name: "other" });
  expect((await network({ subnets: ["10.16.0.0/20"] })).status).toBe(200);
  expect((await network({ subnets: ["10.16.8.0/22"] })).status).toBe(400);
  expect((await network({ subnets: ["10.16.8.0/22"], vpc_id: other })).status).toBe(200);
});

test("what is in use cannot be deleted, and can once it is free", async () => {
  const parent = await api.id("POST", `${vpc}/vpcs`, { name: "v" });
  const { body } = await network({ vpc_id: parent, subnets: ["10.16.0.0/20"] });
  const id = String(body["id"]);
  const ip = await api.id("POST", `${ipam}/ips`, { source: { private_network_id: id }, address: "10.16.0.10" });
  const remove = async (path: string) => (await api.call("DELETE", path)).status;
  expect(await remove(`${vpc}/vpcs/${parent}`)).toBe(412);
  expect(await remove(`${vpc}/private-networks/${id}`)).toBe(412);
  expect(await remove(`${ipam}/ips/${ip}`)).toBe(204);
  expect(await remove(`${vpc}/private-networks/${id}`)).toBe(204);
  expect(await remove(`${vpc}/vpcs/${parent}`)).toBe(204);
});

test("addresses: free ones from .2 on, a given one once only, none outside, none of an attached NIC released", async () => {
  const { body } = await network({ subnets: ["10.16.0.0/29"] });
  const book = (fields: object = {}) =>
    api.call("POST", `${ipam}/ips`, { source: { private_network_id: body["id"] }, ...fields });
  expect((await book({ address: "10.16.0.3" })).body["address"]).toBe("10.16.0.3/29");
  expect((await book({ address: "10.16.0.3" })).status).toBe(409);
  expect((await book({ address: "10.17.0.3" })).status).toBe(400);
  expect((await book()).body["address"]).toBe("10.16.0.2/29");
  expect((await book()).body["address"]).toBe("10.16.0.4/29");
  expect((await book()).status).toBe(200);
  expect((await book()).status).toBe(200);
  expect((await book()).status).toBe(412);
});

test("a server needs the option before it joins a network", async () => {
  const server = await orderServer(api);
  const id = String((await network({})).body["id"]);
  expect(await connect(server, { [id]: [] })).toMatchObject({ status: 412 });
  await api.ok("POST", `${baremetal}/servers/${server}/options/${privateNetworkOption}`, {});
  expect((await connect(server, { [id]: [] })).status).toBe(200);
});

test("joining, changing and leaving networks: NICs, VLANs, and the MAC that IPAM tells", async () => {
  const server = await orderServer(api);
  await api.ok("POST", `${baremetal}/servers/${server}/options/${privateNetworkOption}`, {});
  const mgmt = String((await network({ name: "mgmt", subnets: ["10.16.0.0/20"] })).body["id"]);
  const vms = String((await network({ name: "vms", subnets: ["172.16.24.0/22"] })).body["id"]);
  const booked = await api.id("POST", `${ipam}/ips`, { source: { private_network_id: mgmt }, address: "10.16.0.10" });

  await connect(server, { [mgmt]: [booked], [vms]: [] });
  const attached = await list(`${networks}/server-private-networks?server_id=${server}`, "server_private_networks");
  expect(attached.map((row) => [row["private_network_id"], row["status"]])).toEqual([
    [mgmt, "attached"],
    [vms, "attached"],
  ]);
  expect(nics.map((nic) => nic.privateNetworkId)).toEqual([mgmt, vms]);
  expect(new Set(nics.map((nic) => nic.vlan)).size).toBe(2);
  const [address] = await list(`${ipam}/ips?private_network_id=${mgmt}&resource_type=baremetal_private_nic`, "ips");
  expect(address).toMatchObject({
    id: booked,
    address: "10.16.0.10/20",
    resource: { name: "fe", mac_address: nics[0]?.mac.toUpperCase() },
  });
  expect((await api.call("DELETE", `${ipam}/ips/${booked}`)).status).toBe(412);

  const other = await api.id("POST", `${ipam}/ips`, { source: { private_network_id: mgmt }, address: "10.16.0.11" });
  await connect(server, { [mgmt]: [other], [vms]: [] });
  expect(await api.ok("GET", `${ipam}/ips/${booked}`)).toMatchObject({ resource: null });
  expect(await api.ok("GET", `${ipam}/ips/${other}`)).toMatchObject({ resource: { name: "fe" } });
  expect(nics).toHaveLength(2);

  expect((await connect(server, {})).body).toEqual({});
  expect(await list(`${networks}/server-private-networks?server_id=${server}`, "server_private_networks")).toEqual([]);
  expect((await list(`${ipam}/ips`, "ips")).map((row) => row["id"])).toEqual([booked, other]);
});
