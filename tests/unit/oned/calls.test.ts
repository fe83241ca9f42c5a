// SPDX-License-Identifier: Apache-2.0

import type { Oned } from "../../../lab/opennebula/oned/index";
import { memoryStore, startOned } from "../../../lab/opennebula/oned/index";
import type { ProbeResult } from "../../../lab/opennebula/oned/monitor";
import { dummyProbe } from "../../../lab/opennebula/oned/monitor";
import type { Store } from "../../../lab/opennebula/oned/store";
import { field, rpc } from "./rpc";

const ADMIN = "oneadmin:opennebula";
const started: Oned[] = [];
const start = async (options: Partial<Parameters<typeof startOned>[0]> = {}): Promise<Oned> => {
  const oned = await startOned({ store: memoryStore(), port: 0, monitorInterval: 0, ...options });
  started.push(oned);
  return oned;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((oned) => oned.close()));
});

describe("hosts", () => {
  test("a host is contacted, keeps the reason while it fails, and comes back", async () => {
    let answer: ProbeResult | Error = new Error("no route");
    const prober = () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer));
    const oned = await start({ prober });
    await rpc(oned.port, "one.host.allocate", [ADMIN, "host01", "kvm", "kvm", -1]);
    const state = async () => field(await rpc(oned.port, "one.host.info", [ADMIN, 0, false]), "STATE");
    expect(await state()).toBe("0");
    await oned.monitorHosts();
    expect(await state()).toBe("3");
    expect(field(await rpc(oned.port, "one.host.info", [ADMIN, 0, false]), "ERROR")).toContain("no route");
    answer = dummyProbe;
    await oned.monitorHosts();
    expect(await state()).toBe("2");
    expect(await rpc(oned.port, "one.host.info", [ADMIN, 0, false])).not.toContain("<ERROR>");
  });

  test("a disabled host is contacted and stays disabled, an offline one is left alone", async () => {
    let contacts = 0;
    const prober = () => {
      contacts++;
      return Promise.resolve(dummyProbe);
    };
    const oned = await start({ prober });
    await rpc(oned.port, "one.host.allocate", [ADMIN, "host01", "kvm", "kvm", -1]);
    await rpc(oned.port, "one.host.status", [ADMIN, 0, 1]);
    await oned.monitorHosts();
    expect(contacts).toBe(1);
    const info = () => rpc(oned.port, "one.host.info", [ADMIN, 0, false]);
    expect(field(await info(), "STATE")).toBe("4");
    expect(field(await info(), "TOTAL_CPU")).toBe("800");
    await rpc(oned.port, "one.host.status", [ADMIN, 0, 2]);
    await oned.monitorHosts();
    expect(contacts).toBe(1);
    expect(field(await info(), "STATE")).toBe("8");
  });

  test("with an interval the first contact is at once", async () => {
    const contacted = new Promise<string>((resolve) => {
      const prober = (host: { name: string }) => {
        resolve(host.name);
        return Promise.resolve(dummyProbe);
      };
      void start({ prober, monitorInterval: 3600 }).then((oned) =>
        rpc(oned.port, "one.host.allocate", [ADMIN, "host01", "kvm", "kvm", -1]),
      );
    });
    expect(await contacted).toBe("host01");
  });
});

describe("the store", () => {
  test("what was answered is there after a new start; one_auth counts only at the first", async () => {
    const store = memoryStore();
    const first = await start({ store, oneAuth: "oneadmin:first" });
    expect(first.firstStart).toBe(true);
    await rpc(first.port, "one.user.allocate", ["oneadmin:first", "alice", "pw", ""]);
    const second = await start({ store, oneAuth: "oneadmin:second" });
    expect(second.firstStart).toBe(false);
    expect(await rpc(second.port, "one.userpool.info", ["oneadmin:first"])).toContain("<NAME>alice</NAME>");
    await expect(rpc(second.port, "one.userpool.info", ["oneadmin:second"])).rejects.toThrow("256");
    // Ids are not used twice, not even over a restart.
    await rpc(second.port, "one.user.delete", ["oneadmin:first", 2]);
    const third = await start({ store });
    expect(await rpc(third.port, "one.user.allocate", ["oneadmin:first", "bob", "pw", ""])).toBe("3");
  });

  test("a change that cannot be stored did not happen", async () => {
    const inner = memoryStore();
    let broken = false;
    const store: Store = {
      ...inner,
      write: (changes) => (broken ? Promise.reject(new Error("disk full")) : inner.write(changes)),
    };
    const oned = await start({ store });
    broken = true;
    await expect(rpc(oned.port, "one.cluster.allocate", [ADMIN, "prod"])).rejects.toThrow("8192");
    await expect(rpc(oned.port, "one.cluster.rename", [ADMIN, 0, "other"])).rejects.toThrow("8192");
    broken = false;
    const pool = await rpc(oned.port, "one.clusterpool.info", [ADMIN]);
    expect(pool).not.toContain("prod");
    expect(pool).toContain("<NAME>default</NAME>");
    expect(await rpc(oned.port, "one.cluster.allocate", [ADMIN, "prod"])).toBe("100");
  });
});

describe("sessions", () => {
  test("a token ends with its time, and with the user", async () => {
    let now = 1000;
    const oned = await start({ clock: () => now });
    const token = await rpc(oned.port, "one.user.login", [ADMIN, "oneadmin", "", 60, -1]);
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    await rpc(oned.port, "one.system.version", [`oneadmin:${token}`]);
    now += 61;
    await expect(rpc(oned.port, "one.system.version", [`oneadmin:${token}`])).rejects.toThrow("256");
  });

  test("a user sees and changes only what rights allow", async () => {
    const oned = await start();
    await rpc(oned.port, "one.user.allocate", [ADMIN, "eve", "pw", ""]);
    await expect(rpc(oned.port, "one.user.info", ["eve:pw", 0, false])).rejects.toThrow(
      "Not authorized to perform USE USER [0]",
    );
    await rpc(oned.port, "one.user.passwd", ["eve:pw", 2, "new"]);
    await expect(rpc(oned.port, "one.user.passwd", ["eve:new", 0, "mine"])).rejects.toThrow("512");
    expect(await rpc(oned.port, "one.userpool.info", ["eve:new"])).not.toContain("serveradmin");
  });
});

test("a method that the stand-in lacks is refused at once, and says who refuses", async () => {
  const oned = await start({ version: "7.2.0" });
  await expect(rpc(oned.port, "one.vm.exec", [ADMIN, 0, "ls"])).rejects.toThrow(/8192.*stand-in/s);
});
