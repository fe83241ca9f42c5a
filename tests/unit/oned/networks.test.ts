// SPDX-License-Identifier: Apache-2.0

import type { Oned, Store } from "../../../lab/opennebula/oned/index";
import { memoryStore, startOned } from "../../../lab/opennebula/oned/index";
import { field, rpc } from "./rpc";

const ADMIN = "oneadmin:opennebula";
const started: Oned[] = [];
const start = async (store: Store = memoryStore()): Promise<Oned> => {
  const oned = await startOned({ store, port: 0, monitorInterval: 0, backgroundInterval: 0 });
  started.push(oned);
  return oned;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((oned) => oned.close()));
});

type Values = (string | number | boolean)[];
const as =
  (oned: Oned, session = ADMIN) =>
  (method: string, ...values: Values): Promise<string> =>
    rpc(oned.port, `one.${method}`, [session, ...values]);

const bridge = (name: string, ...ranges: string[]): string =>
  [`NAME="${name}"`, 'VN_MAD="bridge"', ...ranges.map((range) => `AR=[${range}]`)].join("\n");
const used = async (call: ReturnType<typeof as>, id: number): Promise<string | undefined> =>
  field(await call("vn.info", id, false), "USED_LEASES");

describe("leases", () => {
  test("VMs get the lowest free addresses until none is left, and give them back", async () => {
    const oned = await start();
    const call = as(oned);
    await call("vn.allocate", bridge("net", 'TYPE="IP4",IP="10.0.0.1",SIZE="2"'), -1);
    const vm = (name: string) => call("vm.allocate", `NAME="${name}"\nCPU="1"\nMEMORY="1"\nNIC=[NETWORK="net"]`, true);
    for (const [name, ip, mac] of [
      ["a", "10.0.0.1", "02:00:0a:00:00:01"],
      ["b", "10.0.0.2", "02:00:0a:00:00:02"],
    ] as const) {
      const info = await call("vm.info", Number(await vm(name)), false);
      expect([field(info, "IP"), field(info, "MAC")]).toEqual([ip, mac]);
    }
    await expect(vm("c")).rejects.toThrow("Cannot get IP/MAC lease from virtual network 0.");
    await call("vm.action", "terminate-hard", 0);
    await oned.settle();
    expect(await used(call, 0)).toBe("1");
    const again = await call("vm.info", Number(await vm("d")), false);
    expect(field(again, "IP")).toBe("10.0.0.1");
  });

  test("an address is held once, in every range that has it, and a held one is given to nobody", async () => {
    const call = as(await start());
    const overlapping = ['TYPE="IP4",IP="10.0.0.1",SIZE="4"', 'TYPE="IP4",IP="10.0.0.3",SIZE="4"'];
    await call("vn.allocate", bridge("net", ...overlapping), -1);
    await call("vn.hold", 0, 'LEASES=[IP="10.0.0.3"]');
    expect(await used(call, 0)).toBe("2");
    await expect(call("vn.hold", 0, 'LEASES=[IP="10.0.0.3"]')).rejects.toThrow("8192");
    const nic = 'NAME="v"\nCPU="1"\nMEMORY="1"\nNIC=[NETWORK_ID="0",IP="10.0.0.3"]';
    await expect(call("vm.allocate", nic, true)).rejects.toThrow("Cannot get IP/MAC lease");
    await expect(call("vn.delete", 0)).rejects.toThrow("2048 [one.vn.delete]");
    await call("vn.release", 0, 'LEASES=[IP="10.0.0.3"]');
    expect(await used(call, 0)).toBe("0");
    await expect(call("vn.hold", 0, 'LEASES=[IP="10.0.0.1",MAC="02:00:0a:00:00:01"]')).rejects.toThrow("Only one");
  });

  test.each([
    [
      'TYPE="IP6",SIZE="3",MAC="02:00:00:00:00:ff",GLOBAL_PREFIX="2001:db8::"',
      "IP6_GLOBAL",
      "2001:db8::ff:fe00:ff",
    ],
    ['TYPE="IP6_STATIC",IP6="2001:db8::5",PREFIX_LENGTH="120"', "IP6_END", "2001:db8::ff"],
    ['TYPE="IP6_STATIC",IP6="2001:db8::1",PREFIX_LENGTH="64"', "SIZE", "18446744073709551614"],
    ['TYPE="IP4",IP="10.0.0.250",SIZE="10"', "IP_END", "10.0.1.3"],
    ['TYPE="ETHER",MAC="02:00:00:00:00:fe",SIZE="3"', "MAC_END", "02:00:00:00:01:00"],
  ])("a range %s has %s %s", async (range, name, value) => {
    const call = as(await start());
    await call("vn.allocate", bridge("net", range), -1);
    const [ranges] = (await call("vn.info", 0, false)).split("<AR_POOL>").slice(1);
    expect(field(ranges ?? "", name)).toBe(value);
  });

  test("a range shrinks only as far as its leases allow", async () => {
    const call = as(await start());
    await call("vn.allocate", bridge("net", 'TYPE="IP4",IP="10.0.0.1",SIZE="10"'), -1);
    await call("vn.hold", 0, 'LEASES=[IP="10.0.0.5"]');
    await expect(call("vn.update_ar", 0, 'AR=[AR_ID="0",SIZE="4"]')).rejects.toThrow("New SIZE cannot be applied");
    await call("vn.update_ar", 0, 'AR=[AR_ID="0",SIZE="5"]');
    await expect(call("vn.rm_ar", 0, 0, false)).rejects.toThrow("Address Range has leases in use");
    await call("vn.rm_ar", 0, 0, true);
    expect(await used(call, 0)).toBe("0");
  });
});

describe("networks", () => {
  test("a reservation takes addresses in one piece; deleting it, or its range, gives them back", async () => {
    const call = as(await start());
    await call("vn.allocate", bridge("net", 'TYPE="IP4",IP="10.0.0.1",SIZE="8"'), -1);
    await call("vn.hold", 0, 'LEASES=[IP="10.0.0.2"]');
    const id = Number(await call("vn.reserve", 0, 'NAME="mine"\nSIZE="3"'));
    expect(field((await call("vn.info", id, false)).split("<AR_POOL>")[1] ?? "", "IP")).toBe("10.0.0.3");
    await call("vn.reserve", 0, `SIZE="2"\nNETWORK_ID="${id}"`);
    expect(await used(call, 0)).toBe("6");
    await expect(call("vn.delete", 0)).rejects.toThrow("leases in use");
    await expect(call("vn.reserve", id, 'NAME="x"\nSIZE="1"')).rejects.toThrow("from a reserved VNET");
    await call("vn.free_ar", id, 1);
    expect(await used(call, 0)).toBe("4");
    await call("vn.delete", id);
    expect(await used(call, 0)).toBe("1");
  });

  test("VLAN ids are made up, and used again only when they are free", async () => {
    const call = as(await start());
    const vlan = async (name: string, mad: string): Promise<string | undefined> => {
      const text = `NAME="${name}"\nVN_MAD="${mad}"\nPHYDEV="eth1"\nAUTOMATIC_VLAN_ID="YES"`;
      const info = await call("vn.info", Number(await call("vn.allocate", text, -1)), false);
      return `${field(info, "VLAN_ID")} ${field(info, "VLAN_ID_AUTOMATIC")} ${field(info, "BRIDGE")}`;
    };
    expect([await vlan("a", "802.1Q"), await vlan("b", "vxlan"), await vlan("c", "802.1Q")]).toEqual([
      "2 1 onebr0",
      "3 1 onebr1",
      "4 1 onebr2",
    ]);
    await expect(call("vn.allocate", 'NAME="d"\nVN_MAD="vxlan"\nPHYDEV="eth1"', -1)).rejects.toThrow(
      "VLAN_ID (or AUTOMATIC_VLAN_ID) is mandatory for driver vxlan",
    );
  });

  test("others may use, list and change a network only as its permissions say", async () => {
    const oned = await start();
    const call = as(oned);
    await call("user.allocate", "joe", "secret", "");
    // Else the default VDC lets every group use all networks.
    await call("vdc.delgroup", 0, 1);
    await call("vn.allocate", bridge("net", 'TYPE="IP4",IP="10.0.0.1",SIZE="8"'), -1);
    const joe = as(oned, "joe:secret");
    await expect(joe("vn.info", 0, false)).rejects.toThrow("512 [one.vn.info] User [2] : Not authorized");
    await expect(joe("vn.hold", 0, 'LEASES=[IP="10.0.0.3"]')).rejects.toThrow("MANAGE NET [0]");
    await call("vn.chmod", 0, 1, 1, 0, 0, 0, 0, 1, 0, 0);
    expect(await joe("vn.info", 0, false)).toContain("<NAME>net</NAME>");
    await expect(joe("vn.update", 0, 'BRIDGE="x"', 1)).rejects.toThrow("MANAGE NET [0]");
    await call("vn.chown", 0, 2, 1);
    await expect(joe("vn.update", 0, 'BRIDGE="x"', 1)).rejects.toThrow("restricted attribute BRIDGE");
    await joe("vn.update", 0, 'NOTE="x"', 1);
  });

  test("reservations and VMs count for the owner's limit of leases", async () => {
    const oned = await start();
    const call = as(oned);
    await call("user.allocate", "joe", "secret", "");
    await call("vn.allocate", bridge("net", 'TYPE="IP4",IP="10.0.0.1",SIZE="8"'), -1);
    await call("vn.chmod", 0, 1, 1, 0, 0, 0, 0, 1, 0, 0);
    await call("user.quota", 2, 'NETWORK=[ID="0",LEASES="3"]');
    const joe = as(oned, "joe:secret");
    await joe("vn.reserve", 0, 'NAME="mine"\nSIZE="2"');
    await expect(joe("vn.reserve", 0, 'NAME="more"\nSIZE="2"')).rejects.toThrow(
      "limit of 3 reached for LEASES quota in NETWORK with ID: 0",
    );
    expect(field(await call("user.info", 2, false), "LEASES_USED")).toBe("2");
  });

  test("a restart keeps everything, and no id comes twice", async () => {
    const store = memoryStore();
    const first = await start(store);
    await as(first)("vn.allocate", bridge("a", 'TYPE="IP4",IP="10.0.0.1",SIZE="8"'), -1);
    await as(first)("vn.hold", 0, 'LEASES=[IP="10.0.0.3"]');
    await as(first)("vn.reserve", 0, 'NAME="mine"\nSIZE="2"');
    await as(first)("vn.delete", 1);
    const before = await as(first)("vn.info", 0, false);
    await first.close();
    const second = as(await start(store));
    expect(await second("vn.info", 0, false)).toBe(before);
    expect(await second("vn.allocate", bridge("b"), -1)).toBe("2");
    await second("vn.add_ar", 0, 'AR=[TYPE="ETHER",SIZE="1"]');
    await second("vn.rm_ar", 0, 1, false);
    await second("vn.add_ar", 0, 'AR=[TYPE="ETHER",SIZE="1"]');
    expect(await second("vn.info", 0, false)).toContain("<AR_ID><![CDATA[2]]>");
  });

  test("VMs have the rules of their networks' security groups, and get them as they change", async () => {
    const call = as(await start());
    await call("secgroup.allocate", 'NAME="web"\nRULE=[PROTOCOL="TCP",RANGE="80",RULE_TYPE="inbound"]');
    await call("vn.allocate", `${bridge("net", 'TYPE="ETHER",SIZE="2"')}\nSECURITY_GROUPS="100"`, -1);
    await call("vm.allocate", 'NAME="v"\nCPU="1"\nMEMORY="1"\nNIC=[NETWORK="net"]', true);
    expect(await call("vm.info", 0, false)).toContain("<RANGE><![CDATA[80]]></RANGE>");
    expect(await call("secgroup.info", 100, false)).toContain("<UPDATED_VMS><ID>0</ID></UPDATED_VMS>");
    await expect(call("secgroup.delete", 100)).rejects.toThrow("The security group has VMs using it");
    await expect(call("secgroup.delete", 0)).rejects.toThrow("2048");
    const bad = 'RULE=[PROTOCOL="ICMP",RANGE="1",RULE_TYPE="inbound"]';
    await expect(call("secgroup.update", 100, bad, 0)).rejects.toThrow("RANGE is supported only for TCP and UDP");
    await call("secgroup.update", 100, 'RULE=[PROTOCOL="TCP",RANGE="443",RULE_TYPE="inbound"]', 0);
    expect(await call("vm.info", 0, false)).toContain("<RANGE><![CDATA[443]]></RANGE>");
  });
});
