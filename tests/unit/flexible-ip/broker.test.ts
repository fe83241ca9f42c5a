// SPDX-License-Identifier: Apache-2.0
import { AttachmentFailure } from "../../../onhost/flexible-ip/src/attachment";
import { serve } from "../../../onhost/flexible-ip/src/broker";
import { fileLocks } from "../../../onhost/flexible-ip/src/lock";
import { Deadline, realClock } from "../../../onhost/flexible-ip/src/clock";
import { parseAnswer, parseRequest, PROTOCOL } from "../../../onhost/flexible-ip/src/protocol";
import { runHook } from "../../../onhost/flexible-ip/src/hook";
import { flexible } from "../scaleway/api";
import { states, vmXml, World, type TestIp, type TestVm } from "./world";

let world: World;
let ip: TestIp;
beforeEach(async () => {
  world = await new World().start();
  ip = await world.buy();
});
afterEach(() => world.end());

const vmWith = (fields: Partial<TestVm>): TestVm =>
  world.set({ id: 7, nics: [{ ip: ip.address, mac: ip.mac }], ...states.boot, hosts: ["host01"], ...fields });

describe("who may have an address", () => {
  it("is decided by oned: a host cannot take what belongs to a VM elsewhere", async () => {
    await world.put(ip, "host01");
    const vm = vmWith(states.running);
    expect(await world.hook("post", "host02", vm)).toEqual([`${ip.address} belongs to VM 7, which oned has on host01`]);
    expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
  });

  it("not a VM whose owner wrote the address into its template", async () => {
    const vm = vmWith({ ...states.running, nics: [{ ip: ip.address, mac: ip.mac, ofNoNetwork: true }] });
    expect(await world.hook("post", "host01", vm)).toEqual([`VM 7 has no lease of ${ip.address} in oned`]);
    expect(await world.orders()).toEqual([]);
  });

  it("not a host that names a VM without that lease, or one that is stopped or unknown", async () => {
    const vm = vmWith(states.poweroff);
    expect(await world.hook("post", "host01", vm)).toEqual([`${ip.address} belongs to VM 7, which is idle on host01`]);
    expect(await world.hook("post", "host01", { ...vm, id: 8 })).toEqual([
      `VM 8 has no lease of ${ip.address} in oned`,
    ]);
    expect((await world.look(ip)).status).toBe("ready");
  });

  it("nobody, when oned does not answer; the reason is told", async () => {
    const vm = vmWith({});
    world.beforeOned = () => {
      throw new Error("one.vm.info: connection refused");
    };
    expect(await world.hook("post", "host01", vm)).toEqual(["one.vm.info: connection refused"]);
    expect(await world.orders()).toEqual([]);
  });

  it("nothing is moved when one of several addresses is wrong", async () => {
    const vm = vmWith({ nics: [{ ip: ip.address, mac: ip.mac }, { ip: "203.0.113.9" }] });
    expect(await world.hook("post", "host01", vm)).toHaveLength(1);
    expect(await world.orders()).toEqual([]);
  });
});

describe("post", () => {
  it("does nothing twice", async () => {
    const vm = vmWith({});
    expect(await world.hook("post", "host01", vm)).toEqual([]);
    expect(await world.hook("post", "host01", vm)).toEqual([]);
    expect(await world.orders()).toEqual(["attach 200"]);
  });

  it("an order whose answer is lost is not a failure, nor given twice", async () => {
    await world.end();
    world = await new World().start(5_000);
    ip = await world.buy();
    const order = { fips_ids: [ip.id], server_id: world.servers.host01 };
    await world.fault({ match: { path: "fips/attach$" }, status: 502, times: 1 });
    // What the gateway lost has been carried out all the same.
    world.whileWaiting = async () => {
      world.whileWaiting = () => undefined;
      await world.scaleway.ok("POST", `${flexible}/fips/attach`, order);
    };
    expect(await world.hook("post", "host01", vmWith({}))).toEqual([]);
    expect(await world.orders()).toEqual(["attach 502", "attach 200", "attach 409"]);
    expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
  });

  it("waits for a broker that cannot be reached, and gives up before its deadline", async () => {
    let asked = 0;
    const input = Buffer.from(vmXml(vmWith({}))).toString("base64");
    const ask = async (): Promise<string> => {
      asked += 1;
      throw new Error("connect to host fe port 22: Connection refused");
    };
    const begun = world.clock.now();
    const args = { step: "post", driver: "bridge", bridge: "pubridge", input } as const;
    expect(await runHook(args, { ask, clock: world.clock, log: () => undefined })).toEqual([
      "the broker on the front-end: connect to host fe port 22: Connection refused",
    ]);
    expect(world.clock.now() - begun).toBeLessThan(90_000);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(40);
  });

  it("frees an address first where Scaleway does not take it from another server", async () => {
    await world.put(ip, "host02");
    await world.forgetOrders();
    await world.fault({ match: { path: "fips/attach$" }, status: 412, times: 1 });
    expect(await world.hook("post", "host01", vmWith({}))).toEqual([]);
    expect(await world.orders()).toEqual(["attach 412", "detach 200", "attach 200"]);
    expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
  });

  it("takes part only in the interface that is being attached", async () => {
    const other = await world.buy();
    const nics = [{ ip: "203.0.113.9" }, { ip: other.address, mac: other.mac, attach: true }];
    const vm = vmWith({ ...states.hotplugNic, nics });
    expect(await world.hook("post", "host01", vm)).toEqual([]);
    expect(await world.look(other)).toEqual({ status: "attached", host: "host01" });
  });
});

describe("two hosts at once", () => {
  it("the later legitimate post wins, however slow the earlier one is", async () => {
    await world.end();
    world = await new World().start(10_000);
    ip = await world.buy();
    const vm = vmWith({});
    // While host01 waits for its attachment, oned gives the VM up there and starts it on host02.
    let later: Promise<string[]> | undefined;
    world.whileWaiting = () => {
      if (later !== undefined) return;
      world.set({ ...vm, hosts: ["host01", "host02"] });
      later = world.hook("post", "host02", vm);
    };
    await world.hook("post", "host01", vm);
    expect(await later).toEqual([]);
    expect(await world.look(ip)).toEqual({ status: "attached", host: "host02" });
    // The loser's clean, which OpenNebula runs after a failed deploy, and a late repetition of its post.
    expect(await world.hook("clean", "host01", vm)).toEqual([]);
    expect(await world.hook("post", "host01", vm)).toHaveLength(1);
    expect(await world.look(ip)).toEqual({ status: "attached", host: "host02" });
  });

  it("a clean by the former holder takes nothing from the new one", async () => {
    await world.put(ip, "host02");
    await world.forgetOrders();
    const vm = vmWith({ ...states.running, hosts: ["host01", "host02"] });
    expect(await world.hook("clean", "host01", vm)).toEqual([]);
    // Not even if oned does not know of the VM any more: the address is on another server.
    world.vms.clear();
    expect(await world.hook("clean", "host01", vm)).toEqual([]);
    expect(await world.orders()).toEqual([]);
    expect(await world.look(ip)).toEqual({ status: "attached", host: "host02" });
  });

  it("a late clean takes nothing from a VM that runs here again", async () => {
    await world.put(ip, "host01");
    const vm = vmWith(states.running);
    expect(await world.hook("clean", "host01", vm)).toEqual([]);
    expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
  });
});

describe("clean", () => {
  it.each([
    ["shutdown", states.shutdown],
    ["failed boot", states.boot],
    ["poweroff", states.poweroff],
  ])("gives up what this server holds: %s", async (_name, state) => {
    await world.put(ip, "host01");
    expect(await world.hook("clean", "host01", vmWith(state))).toEqual([]);
    expect((await world.look(ip)).status).toBe("ready");
  });

  it("of an interface that is being detached, and of no other of that VM", async () => {
    const other = await world.buy();
    await world.put(ip, "host01");
    await world.put(other, "host01");
    const nics = [
      { ip: ip.address, mac: ip.mac },
      { ip: other.address, mac: other.mac, attach: true },
    ];
    expect(await world.hook("clean", "host01", vmWith({ ...states.hotplugNic, nics }))).toEqual([]);
    expect((await world.look(ip)).status).toBe("attached");
    expect((await world.look(other)).status).toBe("ready");
  });

  it("leaves addresses alone that the stack did not buy, whatever a host asks", async () => {
    const foreign = await world.buy({ managed: false });
    await world.put(foreign, "host01");
    const vm = vmWith({ ...states.shutdown, nics: [{ ip: foreign.address, mac: foreign.mac }] });
    expect(await world.hook("clean", "host01", vm)).toEqual([]);
    expect((await world.look(foreign)).status).toBe("attached");
  });
});

describe("the protocol", () => {
  const good = {
    protocol: PROTOCOL,
    step: "post",
    vm: 1,
    seconds: 60,
    addresses: [{ address: "203.0.113.9", mac: "52:54:00:00:00:01", nic: "NIC 0" }],
  };
  const [address] = good.addresses;

  it.each([
    ["no JSON", "{", "no JSON document"],
    ["a list", [], "no JSON object"],
    ["another version", { ...good, protocol: 2 }, "onehost sync --force"],
    ["an unknown step", { ...good, step: "constructor" }, "step must be"],
    ["no VM", { ...good, vm: "1; x" }, "vm must be"],
    ["no time", { ...good, seconds: -1 }, "seconds must be"],
    ["no address", { ...good, addresses: [{ ...address, address: "a" }] }, "no IP address"],
    ["no MAC", { ...good, addresses: [{ ...address, mac: "x" }] }, "the MAC of 203.0.113.9"],
    ["a wrong interface", { ...good, addresses: [{ ...address, nic: "NIC 0\nop=x" }] }, "the interface of"],
    ["too many", { ...good, addresses: Array.from({ length: 200 }, () => address) }, "at most 128"],
  ])("refuses %s", (_name, request, reason) => {
    expect(() => parseRequest(typeof request === "string" ? request : JSON.stringify(request))).toThrow(reason);
  });

  it("gives a host no more time than its step has, and no identity", async () => {
    const request = parseRequest(JSON.stringify({ ...good, seconds: 1e9, host: "host02", server: "x" }));
    expect(request.seconds).toBe(90);
    expect(Object.keys(request).sort()).toEqual(["addresses", "protocol", "seconds", "step", "vm"]);
    const answer = await serve("host01", request, world.parts);
    expect(parseAnswer(JSON.stringify(answer))).toEqual(answer);
    expect(() => parseAnswer("{}")).toThrow("lacks ok");
  });
});

describe("the lock of an address", () => {
  const deadline = (seconds: number): Deadline => new Deadline(seconds, realClock);

  it("lets one in at a time, and the next when the first has failed", async () => {
    const withLock = fileLocks(world.scaleway.folder);
    let inside = 0;
    const work = async (fails: boolean): Promise<void> => {
      inside += 1;
      expect(inside).toBe(1);
      await realClock.sleep(30);
      inside -= 1;
      if (fails) throw new AttachmentFailure("x");
    };
    const all = [true, false, true].map((fails) => withLock("a", deadline(10), () => work(fails)));
    expect((await Promise.allSettled(all)).map(({ status }) => status).sort()).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
    ]);
  });

  it("is not waited for longer than there is time", async () => {
    const withLock = fileLocks(world.scaleway.folder);
    await withLock("a", deadline(10), async () => {
      const begun = Date.now();
      await expect(withLock("a", deadline(0.3), async () => 1)).rejects.toThrow("somebody else");
      expect(Date.now() - begun).toBeLessThan(5_000);
      expect(await withLock("b", deadline(5), async () => 2)).toBe(2);
    });
  });

  it("needs its directory", async () => {
    await expect(fileLocks("/nonexistent")("a", deadline(1), async () => 1)).rejects.toThrow("flock ended with");
  });
});
