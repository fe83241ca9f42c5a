// SPDX-License-Identifier: Apache-2.0

/** Who may change what: owners, names, permission bits, rules and restricted attributes. */

import type { Oned } from "../../../lab/opennebula/oned/index";
import { memoryStore, startOned } from "../../../lab/opennebula/oned/index";
import { field, rpc } from "./rpc";

let oned: Oned;
type Call = (method: string, ...values: (string | number | boolean)[]) => Promise<string>;
const as =
  (session: string): Call =>
  (method, ...values) =>
    rpc(oned.port, `one.${method}`, [session, ...values]);
const admin = as("oneadmin:opennebula");
const alice = as("alice:secret");

beforeEach(async () => {
  oned = await startOned({ store: memoryStore(), port: 0, monitorInterval: 0, backgroundInterval: 0 });
  await admin("user.allocate", "alice", "secret", "");
  await admin("acl.addrule", "200000001", "29400000000", "8", "400000000");
});
afterEach(() => oned.close());

describe("names", () => {
  test("a new name must be free, possible, and the owner's to give", async () => {
    await admin("cluster.allocate", "one");
    await admin("cluster.allocate", "two");
    await expect(admin("cluster.rename", 101, "one")).rejects.toThrow(
      "2048 [one.cluster.rename] cluster cannot be renamed to one because it collides with cluster 100",
    );
    await expect(admin("cluster.rename", 101, "")).rejects.toThrow("2048 [one.cluster.rename] Invalid NAME");
    await expect(alice("cluster.rename", 101, "three")).rejects.toThrow("512 ");
    await expect(alice("cluster.rename", 101, "two")).resolves.toBe("101");
  });
});

describe("owners", () => {
  test("who owns the object already is asked for nothing", async () => {
    await alice("template.allocate", 'NAME="t"\nCPU="1"\nMEMORY="1"');
    await expect(alice("template.chown", 0, 2, 1)).resolves.toBe("0");
    await expect(alice("template.chown", 0, 0, -1)).rejects.toThrow("Not authorized to perform MANAGE USER [0]");
  });

  test("nobody owns two images of one name", async () => {
    const image = 'NAME="i"\nTYPE="DATABLOCK"\nSIZE="1"';
    await admin("datastore.allocate", 'NAME="d"\nTYPE="IMAGE_DS"\nDS_MAD="dummy"\nTM_MAD="dummy"', 0);
    await admin("image.allocate", image, 100, true);
    await admin("image.allocate", image.replace('"i"', '"j"'), 100, true);
    await admin("image.chown", 0, 2, -1);
    await admin("image.rename", 1, "i");
    await expect(admin("image.chown", 1, 2, -1)).rejects.toThrow(
      "8192 [one.image.chown] user [2] already owns image [0] with NAME i",
    );
  });

  test("a VM that has ended stays its owner's; a limit holds for the next one", async () => {
    await admin("vm.allocate", 'CPU="2"\nMEMORY="8"', true);
    await admin("user.quota", 2, 'VM=[VMS="-1",MEMORY="-1",CPU="1"]');
    await expect(admin("vm.chown", 0, 2, -1)).rejects.toThrow("user [2] limit of 1 reached for CPU quota in VM");
    await admin("vm.action", "terminate", 0);
    await oned.settle();
    await expect(admin("vm.chown", 0, 2, -1)).rejects.toThrow("2048 [one.vm.chown] Could not change VM ownership");
  });
});

describe("permission bits and rules", () => {
  test("bits are -1, 0 or 1", async () => {
    await admin("template.allocate", 'NAME="t"');
    const bits = (last: number): (string | number)[] => [-1, -1, -1, -1, -1, -1, -1, -1, last];
    await expect(admin("template.chmod", 0, ...bits(2))).rejects.toThrow(
      "8192 [one.template.chmod] New permission values must be -1, 0 or 1",
    );
    await expect(alice("template.chmod", 0, ...bits(1))).rejects.toThrow("Not authorized to perform ADMIN TEMPLATE");
  });

  test("a rule of another zone gives nothing here, and an object's own rule goes with it", async () => {
    await admin("template.allocate", 'NAME="t"');
    await admin("acl.addrule", "100000002", "2100000000", "1", "100000064");
    const template = 0x2000000000 + 0x100000000;
    const rule = template.toString(16);
    await expect(alice("template.info", 0, false)).rejects.toThrow("512 ");
    await admin("acl.addrule", "100000002", rule, "1", "100000000");
    await expect(alice("template.delete", 0, false)).rejects.toThrow("512 ");
    await admin("datastore.allocate", 'NAME="d"\nTYPE="SYSTEM_DS"\nTM_MAD="dummy"', 0);
    await admin(
      "acl.addrule",
      "100000002",
      (0x10000000000n * 16n + 0x100000000n + 100n).toString(16),
      "1",
      "100000000",
    );
    const before = await admin("acl.info");
    await admin("datastore.delete", 100);
    const after = await admin("acl.info");
    expect(before.match(/<ACL>/g)?.length).toBe((after.match(/<ACL>/g)?.length ?? 0) + 1);
  });
});

describe("restricted attributes", () => {
  test("only members of oneadmin change them, and what is left out of a new template stays", async () => {
    await alice("template.allocate", 'NAME="t"\nCPU="1"\nMEMORY="1"');
    await admin("template.update", 0, 'PRIORITY="1"\nNIC=[MAC="02:00:0a:00:00:01"]\nEMULATOR="/e"', 1);
    await expect(alice("template.update", 0, 'EMULATOR="/other"', 1)).rejects.toThrow(
      "8192 [one.template.update] Cannot update template. User Template includes a restricted attribute EMULATOR",
    );
    await expect(alice("template.update", 0, 'CPU="2"', 0)).rejects.toThrow(
      "Cannot update template. Tried to change restricted attribute: NIC",
    );
    await alice("template.update", 0, 'CPU="2"\nNIC=[MAC="02:00:0a:00:00:01"]', 0);
    const text = await alice("template.info", 0, false);
    expect([field(text, "CPU"), field(text, "EMULATOR")]).toEqual(["2", "/e"]);
  });

  test("a text that is no template is refused in the words of an update", async () => {
    await admin("template.allocate", 'NAME="t"');
    await expect(admin("template.update", 0, "A", 0)).rejects.toThrow(
      "8192 [one.template.update] Cannot update template. Parse error",
    );
  });
});

describe("pools", () => {
  test("show owners what is theirs whatever its bits say, and others only what they may use", async () => {
    await alice("template.allocate", 'NAME="hers"');
    await admin("template.allocate", 'NAME="his"');
    await alice("template.chmod", 0, 0, 0, -1, -1, -1, -1, -1, -1, -1);
    const names = async (call: Call, ...range: number[]): Promise<string[]> =>
      [...(await call("templatepool.info", ...range)).matchAll(/<NAME>(\w+)</g)].map(([, name = ""]) => name);
    expect(await names(alice, -2, -1, -1)).toEqual(["hers"]);
    expect(await names(alice, -3, -1, -1)).toEqual(["hers"]);
    expect(await names(admin, -2, -1, 0)).toEqual(["his", "hers"]);
    expect(await names(admin, -2, 1, -1)).toEqual(["his"]);
    await expect(alice("template.info", 0, false)).rejects.toThrow("Not authorized to perform USE TEMPLATE [0]");
    await expect(admin("vmpool.info", -2, -1, -1, 12)).rejects.toThrow("4096 [one.vmpool.info] Incorrect filter_flag");
  });
});
