// SPDX-License-Identifier: Apache-2.0

/** How running VMs hear of changed networks and security groups: after oned 7.0.0's source. */
import type { Cloud } from "./cloud";
import { closeClouds, cloudWithVm, RUNNING } from "./cloud";
import { field } from "./rpc";

afterEach(closeClouds);

const NET = 'NAME="net" VN_MAD="dummy" BRIDGE="b" MTU="1400" AR=[TYPE="IP4",IP="10.0.0.1",SIZE="9"]';
const HOTPLUG_NIC = "3/25";

/** A running VM, a network, a security group. */
async function cloud(): Promise<Cloud> {
  const made = await cloudWithVm();
  await made.call("vn.allocate", NET, -1);
  await made.call("secgroup.allocate", 'NAME="web" RULE=[PROTOCOL="TCP",RULE_TYPE="inbound",RANGE="80"]');
  return made;
}

async function listsOf({ call }: Cloud, method: string, id: number): Promise<Record<string, string>> {
  const text = await call(method, id, false);
  const of = (name: string): string =>
    (new RegExp(`<${name}_VMS>(.*?)</${name}_VMS>`).exec(text)?.[1] ?? "").replace(/<.?ID>/g, " ").trim();
  return Object.fromEntries(["UPDATED", "OUTDATED", "UPDATING", "ERROR"].map((name) => [name, of(name)]));
}

describe("a network's changed attributes", () => {
  const lists = (made: Cloud): Promise<Record<string, string>> => listsOf(made, "vn.info", 0);
  const start = async (...nics: string[]): Promise<Cloud> => {
    const made = await cloud();
    for (const nic of nics) {
      await made.call("vm.attachnic", 0, `NIC=[NETWORK_ID="0"${nic}]`);
      await made.oned.settle();
    }
    made.drivers.calls.length = 0;
    return made;
  };
  const told = { UPDATED: "0", OUTDATED: "", UPDATING: "", ERROR: "" };

  test("reach a running VM by its host's driver, which knows what was before", async () => {
    const made = await start("", ',MTU="1280"');
    await made.call("vn.update", 0, 'MTU="1500"', 1);
    const during = await made.info(0);
    expect([await made.state(0), await lists(made)]).toEqual([HOTPLUG_NIC, { ...told, UPDATED: "", UPDATING: "0" }]);
    expect(during).toContain("<VNET_UPDATE><MTU><![CDATA[1400]]></MTU></VNET_UPDATE>");
    // A value of the NIC's own stays.
    expect([...during.matchAll(/<MTU><!\[CDATA\[(\d+)/g)].map(([, mtu]) => mtu)).toEqual(["1500", "1280", "1400"]);
    expect(await made.call("vn.info", 0, false)).toContain("<VNET_UPDATE>");
    await made.oned.settle();
    expect([made.drivers.calls, await made.state(0), await lists(made)]).toEqual([
      ["vnm update_nic h1"],
      RUNNING,
      told,
    ]);
    expect((await made.info(0)) + (await made.call("vn.info", 0, false))).not.toContain("<VNET_UPDATE>");
  });

  test("change nothing else: what concerns no NIC reaches no VM", async () => {
    const made = await start("");
    await made.call("vn.update", 0, 'NOTE="x"', 1);
    await made.oned.settle();
    expect([made.drivers.calls, await lists(made)]).toEqual([[], told]);
  });

  test("that a host refuses leave the network in UPDATE_FAILURE until they are tried again", async () => {
    const made = await start("");
    made.drivers.before = (action) => {
      if (action.startsWith("vnm update_nic")) throw new Error("no such device");
    };
    await made.call("vn.update", 0, 'MTU="1500"', 1);
    await made.oned.settle();
    const state = async (): Promise<string | undefined> => field(await made.call("vn.info", 0, false), "STATE");
    expect([await state(), await made.state(0), await lists(made)]).toEqual([
      "6",
      RUNNING,
      { ...told, UPDATED: "", ERROR: "0" },
    ]);
    made.drivers.before = () => undefined;
    made.drivers.calls.length = 0;
    await made.call("vn.recover", 0, 3);
    await made.oned.settle();
    expect([await state(), made.drivers.calls, await lists(made)]).toEqual(["1", ["vnm update_nic h1"], told]);
  });

  test("are only noted for a VM that is off; those of a range reach who has an address of it", async () => {
    const made = await start("");
    await made.call("vm.action", "poweroff", 0);
    await made.oned.settle();
    made.drivers.calls.length = 0;
    await made.call("vn.update_ar", 0, 'AR=[AR_ID="0",SIZE="9",METRIC="5"]');
    await made.oned.settle();
    expect([made.drivers.calls, await lists(made)]).toEqual([[], told]);
    expect(await made.info(0)).toContain("<METRIC><![CDATA[5]]></METRIC>");
  });

  test("a NIC's own limits change in the same way, and only those", async () => {
    const made = await start("");
    await made.call("vm.updatenic", 0, 0, 'NIC=[IP="10.0.0.9"]', 1);
    expect(await made.state(0)).toBe(RUNNING);
    await made.call("vm.updatenic", 0, 0, 'NIC=[INBOUND_AVG_BW="100"]', 1);
    expect(await made.state(0)).toBe(HOTPLUG_NIC);
    await made.oned.settle();
    expect(made.drivers.calls).toEqual(["vnm update_nic h1"]);
    expect(await made.info(0)).toContain("<INBOUND_AVG_BW><![CDATA[100]]>");
    await made.call("vm.updatenic", 0, 0, 'NIC=[X="y"]', 0);
    await made.oned.settle();
    expect(await made.info(0)).not.toContain("INBOUND_AVG_BW");
    expect(await made.info(0)).toContain("<IP><![CDATA[10.0.0.1]]></IP>");
  });
});

describe("the rules of a security group", () => {
  const lists = (made: Cloud): Promise<Record<string, string>> => listsOf(made, "secgroup.info", 100);
  const change = 'RULE=[PROTOCOL="TCP",RULE_TYPE="inbound",RANGE="443"]';
  const start = async (): Promise<Cloud> => {
    const made = await cloud();
    await made.call("vm.attachnic", 0, 'NIC=[NETWORK_ID="0",SECURITY_GROUPS="100"]');
    await made.oned.settle();
    made.drivers.calls.length = 0;
    return made;
  };

  test("reach the host of a running VM by its network driver, one VM after the other", async () => {
    const made = await start();
    await made.call("secgroup.update", 100, change, 1);
    expect(await lists(made)).toEqual({ UPDATED: "", OUTDATED: "", UPDATING: "0", ERROR: "" });
    await made.oned.settle();
    expect(made.drivers.calls).toEqual(["vnm post h1"]);
    expect(await lists(made)).toEqual({ UPDATED: "0", OUTDATED: "", UPDATING: "", ERROR: "" });
    expect(await made.info(0)).toContain("<RANGE><![CDATA[443]]></RANGE>");
  });

  test("stay behind when the host refuses them, until they are committed again", async () => {
    const made = await start();
    made.drivers.before = (action) => {
      if (action.startsWith("vnm post")) throw new Error("iptables failed");
    };
    await made.call("secgroup.update", 100, change, 1);
    await made.oned.settle();
    expect(await lists(made)).toEqual({ UPDATED: "", OUTDATED: "", UPDATING: "", ERROR: "0" });
    expect(await made.state(0)).toBe(RUNNING);
    made.drivers.before = () => undefined;
    await made.call("secgroup.commit", 100, true);
    await made.oned.settle();
    expect(await lists(made)).toEqual({ UPDATED: "0", OUTDATED: "", UPDATING: "", ERROR: "" });
  });

  test("of a group that a NIC joins reach the host while the VM runs on", async () => {
    const made = await start();
    await expect(made.call("vm.attachsg", 0, 7, 0)).rejects.toThrow(
      "8192 [one.vm.attachsg] VM 0 doesn't have NIC id 7",
    );
    await expect(made.call("vm.detachsg", 0, 7, 0)).rejects.toThrow(
      "2048 [one.vm.detachsg] VM 0 doesn't have NIC id 7",
    );
    await expect(made.call("vm.attachsg", 0, 0, 9)).rejects.toThrow(
      "2048 [one.vm.attachsg] Could not attach SG 9 to VM, SG does not exist",
    );
    await made.call("vm.detachsg", 0, 0, 100);
    expect([await made.state(0), await lists(made)]).toEqual([
      RUNNING,
      { UPDATED: "", OUTDATED: "", UPDATING: "0", ERROR: "" },
    ]);
    await made.oned.settle();
    expect(made.drivers.calls).toEqual(["vnm post h1"]);
    expect(await lists(made)).toEqual({ UPDATED: "", OUTDATED: "", UPDATING: "", ERROR: "" });
    await made.call("vm.attachsg", 0, 0, 100);
    await made.oned.settle();
    expect((await lists(made)).UPDATED).toBe("0");
  });

  test("are only noted for a VM that is off", async () => {
    const made = await start();
    await made.call("vm.action", "poweroff", 0);
    await made.oned.settle();
    made.drivers.calls.length = 0;
    await made.call("secgroup.update", 100, change, 1);
    await made.oned.settle();
    expect(made.drivers.calls).toEqual([]);
    expect((await lists(made))["UPDATED"]).toBe("0");
  });
});
