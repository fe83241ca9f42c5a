// SPDX-License-Identifier: Apache-2.0

/** Virtual routers with their VMs, settings of running VMs, VMs in states of failure, logins by token. */
import { parseXml } from "../../../opennebula";
import type { PropertyMap } from "../../../provider/grpc/provider";
import { token } from "../../../provider/types";
import type { CallError } from "../../helpers/provider-client";
import { virtualMachineSurroundings } from "./support/case";
import { PASSWORD, World } from "./support/world";

let world: World;
beforeAll(async () => {
  world = await World.start();
  await virtualMachineSurroundings(world);
});
afterAll(async () => world.close());

describe("a virtual router", () => {
  let network: string;
  let other: string;
  let template: string;
  beforeAll(async () => {
    const range = (ip: string): string =>
      `VN_MAD = "dummy"\nBRIDGE = "b"\nAR = [ TYPE = "IP4", IP = "${ip}", SIZE = "9" ]`;
    network = await world.call("one.vn.allocate", `NAME = "left"\n${range("10.1.0.1")}`, -1);
    other = await world.call("one.vn.allocate", `NAME = "right"\n${range("10.2.0.1")}`, -1);
    template = await world.call("one.template.allocate", 'NAME = "vr"\nCPU = "0.1"\nMEMORY = "16"\nVROUTER = "YES"');
  });
  const args = (more: PropertyMap = {}): PropertyMap => ({
    name: "edge",
    template: "vr",
    instances: 2,
    nics: [{ network: "left", floatingIp: true }],
    ...more,
  });
  const vms = async (): Promise<string[]> => {
    const pool = parseXml("one.vmpool.info", await world.call("one.vmpool.info", -2, -1, -1, -1));
    const all = await Promise.all(pool.children.map(async (vm) => world.info("vm", vm.value("ID"))));
    return all.map((vm) => {
      const nics = vm.child("TEMPLATE")?.all("NIC") ?? [];
      const floating = (ip: string): string => (ip === "" ? "" : `/${ip}`);
      const addresses = nics.map((nic) => `${nic.value("IP")}${floating(nic.value("VROUTER_IP"))}`);
      return `${vm.value("NAME")} ${addresses.join(" ")}`;
    });
  };

  it.each(["", "loseAnswer", "dropCall"] as const)(
    "has its VMs once, with one floating address, follows a new interface and ends them (%s)",
    async (fault) => {
      if (fault !== "") world.proxy[fault]("one.vrouter.instantiate");
      const made = await world.make("VirtualRouter", "edge", args());
      expect((await vms()).sort()).toEqual(["vr-edge-0 10.1.0.2/10.1.0.1", "vr-edge-1 10.1.0.3/10.1.0.1"]);
      expect(made.outputs).toMatchObject({ floatingIps: { [network]: "10.1.0.1" } });
      expect(made.outputs["vmIds"]).toHaveLength(2);
      expect(await world.diff("VirtualRouter", "edge", made, args())).toEqual({ paths: [], replaces: [] });

      await world.oned.settle();
      const two = args({ nics: [{ network: "left", floatingIp: true }, { network: "right" }] });
      const after = await world.update("VirtualRouter", "edge", made, two);
      await world.oned.settle();
      expect((await vms()).sort()).toEqual([
        "vr-edge-0 10.1.0.2/10.1.0.1 10.2.0.1",
        "vr-edge-1 10.1.0.3/10.1.0.1 10.2.0.2",
      ]);
      expect((await world.diff("VirtualRouter", "edge", after, two)).paths).toEqual([]);
      await world.delete("VirtualRouter", "edge", after);
      await world.oned.settle();
      expect(await vms()).toEqual([]);
      for (const net of [network, other]) expect((await world.info("vn", net)).value("USED_LEASES")).toBe("0");
    },
  );

  it("without VMs because its template is none of a router's is kept, and known to lack them", async () => {
    const plain = await world.call("one.template.allocate", 'NAME = "plain"\nCPU = "0.1"\nMEMORY = "16"');
    const inputs = await world.check("VirtualRouter", "edge", args({ template: plain }));
    const call = { type: token("VirtualRouter"), name: "edge" };
    const error = (await world.provider.create(call, inputs).catch((reason: unknown) => reason)) as CallError;
    expect(error.message).toContain("Only virtual router templates are allowed");
    const { id = "", properties = {} } = error.partial ?? {};
    expect(properties).not.toHaveProperty("template");
    await world.delete("VirtualRouter", "edge", { id, inputs, outputs: properties });
  });

  it("is imported with its VMs, without being replaced", async () => {
    const made = await world.make("VirtualRouter", "edge", args({ template }));
    const { inputs, properties } = await world.provider.read({
      type: token("VirtualRouter"),
      name: "edge",
      id: made.id,
    });
    const imported = { id: made.id, inputs, outputs: properties };
    expect(await world.diff("VirtualRouter", "edge", imported, args({ template }))).toEqual({
      paths: [],
      replaces: [],
    });
    await world.delete("VirtualRouter", "edge", made);
  });
});

describe("a VM", () => {
  const base: PropertyMap = { name: "box", cpu: 0.1, memory: 16 };

  it("gets new settings of its console, context and boot order by updateconf, with what is there kept", async () => {
    const graphics = { type: "VNC", listen: "0.0.0.0" };
    const args = { ...base, graphics, context: { A: "1", NETWORK: "YES" } };
    const made = await world.make("VirtualMachine", "box", args);
    const port = (await world.info("vm", made.id)).child("TEMPLATE")?.child("GRAPHICS")?.value("PORT");
    expect(port).toMatch(/^\d+$/);
    world.proxy.calls.length = 0;
    const wanted = { ...args, context: { A: "2", NETWORK: "YES" }, graphics: { ...graphics, keymap: "de" } };
    const after = await world.update("VirtualMachine", "box", made, wanted);
    expect(world.proxy.calls).toContain("one.vm.updateconf");
    const template = (await world.info("vm", made.id)).child("TEMPLATE");
    expect(template?.child("GRAPHICS")?.value("PORT")).toBe(port);
    expect(template?.child("GRAPHICS")?.value("KEYMAP")).toBe("de");
    expect(template?.child("CONTEXT")?.value("A")).toBe("2");
    expect((await world.diff("VirtualMachine", "box", after, wanted)).paths).toEqual([]);
    await world.delete("VirtualMachine", "box", after);
  });

  it("that failed in a migration is not resized: the reason comes at once, and the wish stays for the next run", async () => {
    const made = await world.make("VirtualMachine", "box", { ...base, powerState: "poweroff" });
    const bigger = { ...base, powerState: "poweroff", memory: 32 };
    // ACTIVE, PROLOG_MIGRATE_POWEROFF_FAILURE.
    const stop = world.proxy.rewrite("one.vm.info", (answer) =>
      answer.replace(/&lt;STATE&gt;8&lt;/, "&lt;STATE&gt;3&lt;").replace(/LCM_STATE&gt;\d+&lt;/, "LCM_STATE&gt;44&lt;"),
    );
    world.proxy.calls.length = 0;
    const begun = Date.now();
    await expect(world.update("VirtualMachine", "box", made, bigger)).rejects.toThrow(
      /VM \d+ is in a state of failure: ACTIVE, life-cycle state 44.*recover it, then run again/,
    );
    expect(Date.now() - begun).toBeLessThan(3000);
    expect(world.proxy.calls).not.toContain("one.vm.resize");
    stop();
    const after = await world.update("VirtualMachine", "box", made, bigger);
    expect(after.outputs).toMatchObject({ memory: 32, powerState: "poweroff" });
    await world.delete("VirtualMachine", "box", after);
  });
});

it("logs in by a token as well as by a password", async () => {
  const login = await world.call("one.user.login", "oneadmin", "", 600, -1);
  await world.login("oneadmin", login);
  const made = await world.make("Cluster", "by-token", { name: "by-token" });
  await world.delete("Cluster", "by-token", made);
  await world.login("oneadmin", PASSWORD);
});

it("lets a user change the driver of the login in place, the password with it", async () => {
  const args = { name: "moves", password: "canary-a", authDriver: "core" };
  const made = await world.make("User", "moves", args);
  const wanted = { name: "moves", password: "CN=moves", authDriver: "ldap" };
  expect(await world.diff("User", "moves", made, wanted)).toEqual({ paths: ["authDriver", "password"], replaces: [] });
  const after = await world.update("User", "moves", made, wanted);
  const user = await world.info("user", made.id);
  expect([user.value("AUTH_DRIVER"), user.value("PASSWORD")]).toEqual(["ldap", "CN=moves"]);
  const back = await world.update("User", "moves", after, args);
  await world.login("moves", "canary-a");
  await world.login("oneadmin", PASSWORD);
  await world.delete("User", "moves", back);
});
