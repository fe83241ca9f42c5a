// SPDX-License-Identifier: Apache-2.0
// What the hooks of the original installation get wrong, one by one.
import { runHook } from "../../../onhost/flexible-ip/src/hook";
import { CANARY, states, World, type TestVm } from "./world";

let world: World;
beforeEach(async () => {
  world = await new World().start();
});
afterEach(() => world.end());

describe("1. anything missing refuses the start, with a reason", () => {
  it("an interface on the public network without a public address", async () => {
    for (const nic of [{}, { ip: "10.0.0.5" }, { ip: "100.64.1.2" }]) {
      const vm = { id: 1, nics: [nic] };
      for (const step of ["pre", "post"] as const) {
        expect(await world.hook(step, "host01", vm)).toEqual([
          "NIC 0 is on the public network without a public address (FLEXIBLE_IP=NO allows that)",
        ]);
      }
    }
  });

  it("an address that is none of the project's, or that the stack did not buy", async () => {
    const foreign = await world.buy({ managed: false });
    const vm = world.set({
      id: 1,
      ...states.boot,
      hosts: ["host01"],
      nics: [{ ip: "203.0.113.99" }, { ip: foreign.address, mac: foreign.mac }],
    });
    for (const step of ["pre", "post"] as const) {
      expect(await world.hook(step, "host01", vm)).toEqual([
        "203.0.113.99 (NIC 0) is no flexible IP of this project at Scaleway",
        `${foreign.address} (NIC 1) is a flexible IP that this stack did not buy`,
      ]);
    }
    expect(await world.orders()).toEqual([]);
  });

  it("a host without a server, and a key that Scaleway does not accept", async () => {
    const ip = await world.buy();
    const vm = { id: 1, nics: [{ ip: ip.address, mac: ip.mac }] };
    expect(await world.hook("pre", "host09", vm)).toEqual([
      expect.stringContaining("host09 is no server of this cloud"),
    ]);
    world.scaleway.token = "11111111-1111-4111-8111-111111111111";
    const [reason, ...more] = await world.hook("pre", "host01", vm);
    expect(more).toEqual([]);
    expect(reason).toContain("the agent's API key is not accepted");
    expect(reason).not.toContain("11111111");
  });

  it("an unreadable document", async () => {
    const parts = { ask: () => Promise.reject(new Error("not asked")), clock: world.clock, log: () => undefined };
    const ask = (input: string): Promise<string[]> =>
      runHook({ step: "pre", driver: "bridge", bridge: "pubridge", input }, parts);
    expect(await ask("")).toEqual(["OpenNebula gave no VM on standard input"]);
    expect(await ask("<VM>")).toEqual(["standard input is no base64"]);
    expect(await ask(Buffer.from(`<VM><ID>1</ID>${CANARY}`).toString("base64"))).toEqual([
      "standard input is not a VM's XML",
    ]);
  });
});

describe("2. every interface and alias counts, in both families", () => {
  it("three interfaces, an alias with the MAC of its carrier, and an IPv6 network", async () => {
    const [a, b] = [await world.buy(), await world.buy()];
    const v6 = await world.buy({ ipv6: true });
    const alias = await world.buy({ mac: false });
    await world.scaleway.ok("POST", `/flexible-ip/v1alpha1/zones/fr-par-1/fips/${alias.id}/mac/duplicate`, {
      duplicate_from_fip_id: a.id,
    });
    const vm = world.set({
      id: 1,
      ...states.boot,
      hosts: ["host01"],
      nics: [
        { ip: a.address, mac: a.mac },
        { ip: b.address, mac: b.mac.toUpperCase() },
        { ip6: v6.address.replace("::/64", "::10"), mac: v6.mac },
        { ip: "10.1.2.3", bridge: "onebr.7", driver: "vxlan" },
        { ip: alias.address, mac: "02:00:00:00:00:99", aliasOf: 0 },
      ],
    });
    expect(await world.hook("pre", "host01", vm)).toEqual([]);
    expect(await world.hook("post", "host01", vm)).toEqual([]);
    for (const ip of [a, b, v6, alias]) expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
  });

  it("each driver's hook does its own interfaces", async () => {
    const [a, b] = [await world.buy(), await world.buy()];
    const vm = world.set({
      id: 1,
      ...states.boot,
      hosts: ["host01"],
      nics: [
        { ip: a.address, mac: a.mac, driver: "bridge" },
        { ip: b.address, mac: b.mac, driver: "fw" },
      ],
    });
    expect(await world.hook("post", "host01", vm, "fw")).toEqual([]);
    expect((await world.look(a)).status).toBe("ready");
    expect((await world.look(b)).status).toBe("attached");
  });
});

test("3. addresses after the first page of Scaleway's list exist", async () => {
  const bought = [];
  for (let n = 0; n < 123; n++) bought.push(await world.buy({ mac: n === 122 }));
  const last = bought.at(-1)!;
  const vm = world.set({ id: 1, ...states.boot, hosts: ["host01"], nics: [{ ip: last.address, mac: last.mac }] });
  expect(await world.hook("pre", "host01", vm)).toEqual([]);
  expect(await world.hook("post", "host01", vm)).toEqual([]);
  expect(await world.look(last)).toEqual({ status: "attached", host: "host01" });
});

describe("4. a live migration leaves the address alone until the VM has moved", () => {
  let vm: TestVm;
  let look: () => Promise<{ status: string; host: string | undefined }>;
  beforeEach(async () => {
    const ip = await world.buy();
    await world.put(ip, "host01");
    await world.forgetOrders();
    vm = { id: 1, ...states.migrate, hosts: ["host01", "host02"], nics: [{ ip: ip.address, mac: ip.mac }] };
    world.set(vm);
    look = () => world.look(ip);
  });

  it("pre on the destination, clean on the source, post on the destination: one order in all", async () => {
    expect(await world.hook("pre", "host02", vm)).toEqual([]);
    expect(await look()).toEqual({ status: "attached", host: "host01" });
    expect(await world.orders()).toEqual([]);
    expect(await world.hook("clean", "host01", vm)).toEqual([]);
    expect(await look()).toEqual({ status: "attached", host: "host01" });
    expect(await world.hook("post", "host02", vm)).toEqual([]);
    expect(await look()).toEqual({ status: "attached", host: "host02" });
    expect(await world.orders()).toEqual(["attach 200"]);
  });

  it("a migration that fails leaves it where the VM is", async () => {
    expect(await world.hook("pre", "host02", vm)).toEqual([]);
    world.set({ ...vm, ...states.running, hosts: ["host01"] });
    // OpenNebula cleans the destination up.
    expect(await world.hook("clean", "host02", vm)).toEqual([]);
    expect(await look()).toEqual({ status: "attached", host: "host01" });
    expect(await world.orders()).toEqual([]);
  });
});

describe("5. post waits until the address is attached", () => {
  it("through the transition, and says when it does not come", async () => {
    await world.end();
    world = await new World().start(20_000);
    const ip = await world.buy();
    const vm = world.set({ id: 1, ...states.boot, hosts: ["host01"], nics: [{ ip: ip.address, mac: ip.mac }] });
    const begun = world.clock.now();
    expect(await world.hook("post", "host01", vm)).toEqual([]);
    expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
    expect(world.clock.now() - begun).toBeGreaterThanOrEqual(20_000);
    await world.fault({ transition: "flexibleIp", delayMs: 600_000, times: 1 });
    world.set({ ...vm, hosts: ["host02"] });
    const late = world.clock.now();
    expect(await world.hook("post", "host02", vm)).toEqual([
      expect.stringMatching(new RegExp(`^${ip.address} is still updating after \\d+`)),
    ]);
    expect(world.clock.now() - late).toBeLessThan(90_000);
  });

  it("notices an error", async () => {
    const ip = await world.buy();
    await world.fault({ transition: "flexibleIp", outcome: "error", times: 1 });
    const vm = world.set({ id: 1, ...states.boot, hosts: ["host01"], nics: [{ ip: ip.address, mac: ip.mac }] });
    expect(await world.hook("post", "host01", vm)).toEqual([`${ip.address}: Scaleway reports status error`]);
    // The next start tries again.
    expect(await world.hook("post", "host01", vm)).toEqual([]);
    expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
  });
});

describe("6. refusals of the moment are waited out, within a deadline; MACs are never made up", () => {
  const start = async (): Promise<TestVm> => {
    const ip = await world.buy();
    return world.set({ id: 1, ...states.boot, hosts: ["host01"], nics: [{ ip: ip.address, mac: ip.mac }] });
  };

  it.each([
    ["409", { status: 409 }],
    ["429 with Retry-After", { status: 429, headers: { "Retry-After": "7" } }],
    ["500", { status: 500 }],
    ["503", { status: 503 }],
  ])("%s on list, order and look", async (_name, fault) => {
    const vm = await start();
    const paths = fault.status === 409 ? ["fips/attach$"] : ["/fips$", "fips/attach$", "fips/[0-9a-f-]{36}$"];
    for (const path of paths) await world.fault({ match: { path }, times: 2, ...fault });
    const begun = world.clock.now();
    expect(await world.hook("post", "host01", vm)).toEqual([]);
    if (fault.status === 429) expect(world.clock.now() - begun).toBeGreaterThanOrEqual(6 * 7_000);
  });

  it("an outage ends with the reason and before the deadline, having asked a bounded number of times", async () => {
    const vm = await start();
    await world.fault({ match: { path: "/fips" }, status: 503 });
    await world.forgetOrders();
    const begun = world.clock.now();
    expect(await world.hook("pre", "host01", vm)).toEqual([expect.stringContaining("503 server error (request ")]);
    expect(world.clock.now() - begun).toBeLessThan(30_000);
    const { requests } = (await world.scaleway.ok("GET", "/_lab/requests")) as { requests: unknown[] };
    expect(requests.length).toBeLessThanOrEqual(6);
  });

  it("a server that is gone is a network error that ends as well", async () => {
    const vm = await start();
    const url = world.scaleway.url;
    await world.scaleway.stop();
    Object.defineProperty(world.scaleway, "url", { value: url });
    expect(await world.hook("pre", "host01", vm)).toEqual([expect.stringContaining("ECONNREFUSED")]);
  });

  it("an address whose guest shows another MAC, or that has none, is refused and gets none", async () => {
    const [ip, bare] = [await world.buy(), await world.buy({ mac: false })];
    const vm = world.set({
      id: 1,
      ...states.boot,
      hosts: ["host01"],
      nics: [{ ip: ip.address, mac: "02:00:c6:33:64:01" }, { ip: bare.address }],
    });
    expect(await world.hook("pre", "host01", vm)).toEqual([
      `${ip.address}: the guest's MAC on NIC 0 is 02:00:c6:33:64:01, Scaleway expects ${ip.mac}`,
      `${bare.address} has no virtual MAC at Scaleway`,
    ]);
    expect(await world.orders()).toEqual([]);
  });
});

test("7. nothing of the template is logged; VM, interface, address and outcome are", async () => {
  const ip = await world.buy();
  const vm = world.set({ id: 4711, ...states.boot, hosts: ["host01"], nics: [{ ip: ip.address, mac: ip.mac }] });
  for (const step of ["pre", "post", "clean"] as const) await world.hook(step, "host01", vm);
  const log = world.logged.join("\n");
  expect(log).not.toContain(CANARY);
  expect(log).toContain(`op=post host=host01 vm=4711 nic="NIC 0" ip=${ip.address} outcome=attached`);
});

// 8. A failing `onehost sync` fails the layer: tests/unit/components/flexible-ip.test.ts.
