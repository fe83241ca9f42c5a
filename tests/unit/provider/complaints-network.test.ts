// SPDX-License-Identifier: Apache-2.0

/** What users of OpenNebula's neighbouring providers complain about around networks, each as a behaviour that is not ours. */
import type { PropertyMap } from "../../../provider/grpc/provider";
import { virtualMachineSurroundings, type Ids } from "./support/case";
import { World } from "./support/world";

let world: World;
let ids: Ids;
let network: string;
beforeAll(async () => {
  world = await World.start();
  ids = await virtualMachineSurroundings(world);
  network = (await world.make("VirtualNetwork", "lan", { name: "lan", vnMad: "dummy", bridge: "br0" })).id;
});
afterAll(async () => world.close());

const range = async (name: string, args: PropertyMap) => world.make("AddressRange", name, { network, ...args });

it("adds an address range without touching the others, which may be in use", async () => {
  const first = await range("first", { ip: "10.0.0.1", size: 5 });
  await world.call("one.vn.hold", Number(network), 'LEASES = [ IP = "10.0.0.1" ]');
  world.proxy.calls.length = 0;
  const second = await range("second", { ip: "10.0.1.1", size: 5 });
  expect(second.id).toBe(`${network}:1`);
  expect(world.proxy.calls).not.toContain("one.vn.rm_ar");
  expect((await world.refresh("AddressRange", "first", first))?.inputs).toEqual(first.inputs);
  // Ranges are matched by id: the second stays itself when the first is gone.
  await world.call("one.vn.release", Number(network), 'LEASES = [ IP = "10.0.0.1" ]');
  await world.delete("AddressRange", "first", first);
  const state = await world.refresh("AddressRange", "second", second);
  expect(state?.outputs).toMatchObject({ ip: "10.0.1.1", rangeId: 1, networkId: Number(network) });
  await world.delete("AddressRange", "second", second);
});

it("gives a VM the one address of a static IPv6 range, with prefix and router in the guest's context", async () => {
  const args = { type: "IP6_STATIC", ip6: "2001:db8:4001::2", prefixLength: 64, size: 1, mac: "02:00:00:aa:bb:cc" };
  const net6 = await world.make("VirtualNetwork", "net6", {
    ...{ name: "net6", vnMad: "fw", bridge: "pubridge", gateway6: "fe80::1", dns: ["2620:fe::fe"] },
  });
  const made = await world.make("AddressRange", "six", { network: net6.id, ...args });
  const state = await world.refresh("AddressRange", "six", made);
  expect((await world.diff("AddressRange", "six", state ?? made, { network: net6.id, ...args })).paths).toEqual([]);
  const context = { NETWORK: "YES" };
  const nics = [{ name: "front", network: net6.id }];
  const vm = await world.make("VirtualMachine", "v6", { name: "v6", cpu: 0.1, memory: 16, nics, context });
  expect(vm.outputs).toMatchObject({ addresses: { front: "2001:db8:4001::2" }, macs: { front: "02:00:00:aa:bb:cc" } });
  const guest = (await world.info("vm", vm.id)).child("TEMPLATE")?.child("CONTEXT");
  const told = ["IP6", "IP6_PREFIX_LENGTH", "IP6_GATEWAY", "DNS", "MAC"].map((name) => guest?.value(`ETH0_${name}`));
  expect(told).toEqual(["2001:db8:4001::2", "64", "fe80::1", "2620:fe::fe", "02:00:00:aa:bb:cc"]);
  await world.delete("VirtualMachine", "v6", vm);
  await world.delete("AddressRange", "six", made);
});

it("refuses to delete a range whose addresses are in use, in oned's words", async () => {
  const used = await range("used", { ip: "10.0.2.1", size: 5 });
  await world.call("one.vn.hold", Number(network), 'LEASES = [ IP = "10.0.2.1" ]');
  await expect(world.delete("AddressRange", "used", used)).rejects.toThrow("has leases in use");
  await world.call("one.vn.release", Number(network), 'LEASES = [ IP = "10.0.2.1" ]');
  await world.delete("AddressRange", "used", used);
});

it("passes IPAM_MAD and other attributes of a range on", async () => {
  const made = await range("ipam", {
    ip: "10.0.3.1",
    size: 5,
    mac: "02:00:0A:00:03:01",
    attributes: { IPAM_MAD: "internal", RACK: "r1" },
  });
  const shown = await world.call("one.vn.info", Number(network));
  expect(shown).toContain("<IPAM_MAD><![CDATA[internal]]></IPAM_MAD>");
  expect(shown).toContain("<RACK><![CDATA[r1]]></RACK>");
  await world.delete("AddressRange", "ipam", made);
});

it.each(["", "loseAnswer"] as const)("reserves into a reservation that exists, once (%s)", async (fault) => {
  const pool = await range("pool", { ip: "10.0.4.1", size: 50 });
  const own = await world.make("Reservation", "own", { name: "mine", network, size: 3 });
  if (fault !== "") world.proxy[fault]("one.vn.reserve");
  const args = { network, into: own.id, size: 2 };
  const more = await world.make("Reservation", "more", args);
  expect(more.id).toBe(`${own.id}:1`);
  expect(more.outputs).toMatchObject({ reservationId: Number(own.id), ip: "10.0.4.4" });
  const state = await world.refresh("Reservation", "more", more);
  expect((await world.diff("Reservation", "more", state ?? more, args)).paths).toEqual([]);
  expect((await world.call("one.vn.info", Number(own.id))).split("<AR_ID>").length - 1).toBe(2);
  await world.delete("Reservation", "more", more);
  expect(await world.refresh("Reservation", "more", more)).toBeUndefined();
  await world.delete("Reservation", "own", own);
  await world.delete("AddressRange", "pool", pool);
});

describe("interfaces of a VM", () => {
  let pool: Awaited<ReturnType<typeof range>>;
  let group: string;
  beforeAll(async () => {
    pool = await range("nics", { ip: "10.0.5.1", size: 50 });
    group = (
      await world.make("SecurityGroup", "web", { name: "web", rules: [{ protocol: "ALL", direction: "inbound" }] })
    ).id;
  });
  afterAll(async () => world.delete("AddressRange", "nics", pool));

  const vm = (nics: PropertyMap[]): PropertyMap => ({ name: "nics", cpu: 0.1, memory: 16, nics });
  const devices = async (id: string): Promise<string[]> => {
    const nics = (await world.info("vm", id)).child("TEMPLATE")?.all("NIC") ?? [];
    return nics.map((nic) => `${nic.value("NAME")} ${nic.value("IP")} ${nic.value("SECURITY_GROUPS")}`);
  };

  it("are keyed by name, keep their addresses, and change security groups without a detach", async () => {
    const args = vm([
      { name: "front", network },
      { name: "back", network, model: "virtio" },
    ]);
    const made = await world.make("VirtualMachine", "nics", args);
    expect(made.outputs["addresses"]).toEqual({ front: "10.0.5.1", back: "10.0.5.2" });
    const turned = vm([
      { name: "back", network: "lan", model: "virtio" },
      { name: "front", network: "lan" },
    ]);
    const spelled = await world.update("VirtualMachine", "nics", made, turned);
    expect((await world.diff("VirtualMachine", "nics", spelled, turned)).paths).toEqual([]);

    world.proxy.calls.length = 0;
    const guarded = vm([
      { name: "front", network, securityGroups: [group] },
      { name: "back", network, model: "virtio", inboundAverage: 500 },
    ]);
    const after = await world.update("VirtualMachine", "nics", made, guarded);
    const used = world.proxy.calls.filter((method) => /nic|sg$/.test(method));
    expect(used.sort()).toEqual(["one.vm.attachsg", "one.vm.updatenic"]);
    expect(after.outputs["addresses"]).toEqual({ front: "10.0.5.1", back: "10.0.5.2" });
    expect((await world.diff("VirtualMachine", "nics", after, guarded)).paths).toEqual([]);

    // Taken out of the program, the group goes; the network's own stays.
    const back = await world.update("VirtualMachine", "nics", after, args);
    expect(world.proxy.calls).toContain("one.vm.detachsg");
    expect(world.proxy.calls).not.toContain("one.vm.detachnic");
    expect(await devices(made.id)).toEqual(["front 10.0.5.1 0", "back 10.0.5.2 0"]);
    await world.delete("VirtualMachine", "nics", back);
  });

  it("come and go by their entries alone, and one attached by hand is shown", async () => {
    const args = vm([{ name: "front", network }]);
    const made = await world.make("VirtualMachine", "nics", args);
    const two = vm([
      { name: "extra", network },
      { name: "front", network },
    ]);
    const after = await world.update("VirtualMachine", "nics", made, two);
    expect((await devices(made.id)).map((one) => one.split(" ")[0])).toEqual(["front", "extra"]);
    const less = await world.update("VirtualMachine", "nics", after, args);
    expect((await devices(made.id)).length).toBe(1);

    await world.call("one.vm.attachnic", Number(made.id), `NIC = [ NETWORK_ID = "${network}" ]`);
    await world.oned.settle();
    const state = await world.refresh("VirtualMachine", "nics", less);
    expect((await world.diff("VirtualMachine", "nics", state ?? less, args)).paths).toEqual(["nics[1]"]);
    const moved = vm([{ name: "front", network: "999" }]);
    await expect(world.update("VirtualMachine", "nics", less, moved)).rejects.toThrow(
      'interface "front": network cannot be changed',
    );
    await world.delete("VirtualMachine", "nics", less);
  });
});

it("exports a marketplace app once, image and template, whatever answer gets lost", async () => {
  const market = await world.call(
    "one.market.allocate",
    'NAME = "market"\nMARKET_MAD = "http"\nBASE_URL = "http://x"\nPUBLIC_DIR = "/x"',
  );
  await world.call(
    "one.marketapp.allocate",
    `NAME = "app"\nTYPE = "IMAGE"\nORIGIN_ID = "${ids["image"] ?? ""}"\nAPPTEMPLATE64 = "${Buffer.from('CPU = "1"\nMEMORY = "64"').toString("base64")}"`,
    Number(market),
  );
  const args = { name: "alpine", app: "app", datastore: ids["datastore"] ?? "" };
  world.proxy.loseAnswer("one.image.allocate");
  const made = await world.make("MarketplaceAppExport", "alpine", args);
  expect(await world.diff("MarketplaceAppExport", "alpine", made, args)).toEqual({ paths: [], replaces: [] });
  expect((await world.call("one.imagepool.info", -2, -1, -1)).split("<NAME>alpine</NAME>").length - 1).toBe(1);
  expect((await world.make("MarketplaceAppExport", "alpine", args)).id).toBe(made.id);
  const template = await world.info("template", made.id.split(":")[1] ?? "");
  expect(template.child("TEMPLATE")?.child("DISK")?.value("IMAGE_ID")).toBe(made.id.split(":")[0]);
  // The image alone deleted by hand: the template stays and gets the new one.
  await world.call("one.image.delete", Number(made.id.split(":")[0]), false);
  await world.oned.settle();
  expect(await world.refresh("MarketplaceAppExport", "alpine", made)).toBeUndefined();
  const again = await world.make("MarketplaceAppExport", "alpine", args);
  expect(again.id.split(":")[1]).toBe(made.id.split(":")[1]);
  const changed = await world.info("template", again.id.split(":")[1] ?? "");
  expect(changed.child("TEMPLATE")?.child("DISK")?.value("IMAGE_ID")).toBe(again.id.split(":")[0]);
  await world.delete("MarketplaceAppExport", "alpine", again);
  expect(await world.refresh("MarketplaceAppExport", "alpine", again)).toBeUndefined();
});

it("adds a server to the zone and takes it away", async () => {
  const args = { name: "fe2", endpoint: "http://10.16.0.5:2633/RPC2" };
  const made = await world.make("ZoneServer", "fe2", args);
  expect(made.outputs).toMatchObject({ zone: "0", zoneId: 0 });
  expect((await world.make("ZoneServer", "fe2", args)).id).toBe(made.id);
  const state = await world.refresh("ZoneServer", "fe2", made);
  expect(state?.inputs).toEqual(made.inputs);
  expect((await world.diff("ZoneServer", "fe2", made, { ...args, endpoint: "http://x:2633/RPC2" })).replaces).toEqual([
    "endpoint",
  ]);
  await world.delete("ZoneServer", "fe2", made);
  expect(await world.refresh("ZoneServer", "fe2", made)).toBeUndefined();
});
