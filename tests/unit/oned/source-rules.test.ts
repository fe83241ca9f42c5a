// SPDX-License-Identifier: Apache-2.0

/** What oned 7.0.0's source says of calls that no recording shows: words, codes, the order of checks, what changes along. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cloud, Request } from "./cloud";
import { closeClouds, cloudWithVm, RUNNING, startCloud } from "./cloud";
import { field } from "./rpc";

afterEach(closeClouds);

const EVE = "eve:secret";

/** A running VM, a user eve, a network, a security group. */
async function cloud(): Promise<Cloud> {
  const made = await cloudWithVm();
  await made.call("user.allocate", "eve", "secret", "");
  await made.call("vn.allocate", 'NAME="net" VN_MAD="dummy" BRIDGE="b" AR=[TYPE="IP4",IP="10.0.0.1",SIZE="9"]', -1);
  await made.call("secgroup.allocate", 'NAME="web" RULE=[PROTOCOL="TCP",RULE_TYPE="inbound",RANGE="80"]');
  return made;
}

const CALLS: [name: string, request: Request, refusal: string][] = [
  ["a host that is not there", ["vm.deploy", 0, 9, false, -1, ""], "1024 [one.vm.deploy] Error getting host [9]."],
  [
    "an image datastore to deploy on",
    ["vm.deploy", 0, 0, false, 1, ""],
    "8192 [one.vm.deploy] Trying to use datastore [1] to deploy the VM, but it is not of type system datastore.",
  ],
  [
    "an action of a VM that is done",
    ["vm.schedupdate", 0, 7, 'SCHED_ACTION=[TIME="1"]'],
    "8192 [one.vm.schedupdate] SCHED_ACTION with id = 7 doesn't exist",
  ],
  ["no action at all", ["vm.schedadd", 0, 'X="1"'], "2048 [one.vm.schedadd] No SCHED_ACTION attribute in template"],
  [
    "a number that is none",
    ["vm.diskresize", 0, 0, "12x"],
    "2048 [one.vm.diskresize] Disk SIZE is not a valid integer",
  ],
  [
    "an image datastore to switch off",
    ["datastore.enable", 1, false],
    "8192 [one.datastore.enable] Only SYSTEM_DS can be disabled or enabled",
  ],
  ["no group", ["user.chgrp", 2, -1], "4096 [one.user.chgrp] Wrong group ID"],
  [
    "oneadmin's own group",
    ["user.chgrp", 0, 1],
    "8192 [one.user.chgrp] user [0] oneadmin cannot be moved outside of the group [0] oneadmin",
  ],
  ["bad quotas", ["user.quota", 2, "VM = ["], "2048 [one.user.quota]"],
  [
    "a network that is not there",
    ["vn.reserve", 9, 'NAME="r" SIZE="1"'],
    "1024 [one.vn.reserve] Error getting virtual network Pool.",
  ],
  [
    "a wrong priority",
    ["backupjob.allocate", 'NAME="j" PRIORITY="200"'],
    "8192 [one.backupjob.allocate] Wrong priority value",
  ],
];

test.each(CALLS)("refuses %s in oned's words", async (_name, [method, ...params], refusal) => {
  const { call } = await cloud();
  await expect(call(method, ...params)).rejects.toThrow(refusal);
});

test("a guest with a token learns where OneGate is; without OneGate there is no such guest", async () => {
  const text = 'CPU="1" MEMORY="16" CONTEXT=[TOKEN="YES"]';
  const none = await cloud();
  await expect(none.call("vm.allocate", text, true)).rejects.toThrow(
    "8192 [one.vm.allocate] TOKEN set, but onegate endpoint was not defined in oned.conf.",
  );
  const conf = readFileSync(join(__dirname, "../../../lab/opennebula/conf/oned.conf"), "utf8").replace(
    "#ONEGATE",
    "ONEGATE",
  );
  const { call, info } = await startCloud({ config: conf });
  await call("vm.allocate", text, true);
  const told = await info(0);
  expect(field(told, "ONEGATE_ENDPOINT")).toBe("http://169.254.16.9:5030");
  expect(told).toMatch(/<CONTEXT>.*<VMID><!\[CDATA\[0\]\]><\/VMID>.*<\/CONTEXT>/);
  expect(field(told, "CREATED_BY")).toBe("0");
});

test("a host that is off takes no VM", async () => {
  const { call } = await cloud();
  await call("host.status", 1, 2);
  await expect(call("vm.migrate", 0, 1, false, false, -1, 0)).rejects.toThrow(
    "Host is offline, cannot use it to deploy VM",
  );
});

test("a cluster without system datastore, and a VM whose parts are in different clusters", async () => {
  const { call } = await cloud();
  const cluster = Number(await call("cluster.allocate", "far"));
  const host = Number(await call("host.allocate", "h3", "dummy", "dummy", cluster));
  await call("vm.allocate", 'CPU="1" MEMORY="16"', true);
  await expect(call("vm.deploy", 1, host, false, -1, "")).rejects.toThrow(
    `2048 [one.vm.deploy] cluster [${cluster}] does not have any datastore of type SYSTEM_DS.`,
  );
  const net = Number(
    await call("vn.allocate", 'NAME="far" VN_MAD="dummy" BRIDGE="b" AR=[TYPE="IP4",IP="10.9.0.1",SIZE="9"]', cluster),
  );
  await expect(
    call("vm.allocate", `CPU="1" MEMORY="16" DISK=[IMAGE_ID="0"] NIC=[NETWORK_ID="${net}"]`, true),
  ).rejects.toThrow(
    "Incompatible clusters in NIC. Network for NIC 0 is not in the same cluster as the one used by other VM",
  );
});

test("a VM that asks for what it has is not resized, and says so in its history alone", async () => {
  const { call, info, state } = await cloud();
  await call("vm.resize", 0, 'CPU="1" MEMORY="64"', true);
  expect(await state(0)).toBe(RUNNING);
  expect(await info(0)).toContain("<SEQ>1</SEQ>");
  await expect(call("vm.resize", 0, 'MEMORY="99999999"', true)).rejects.toThrow(
    /2048 \[one\.vm\.resize\] Not enough memory: \d+\/\d+$/,
  );
});

describe("logins by token", () => {
  it("are ten at most, and one for a group makes of its user a member of that group alone", async () => {
    const { call, as } = await cloud();
    const group = Number(await call("group.allocate", "ops"));
    await call("user.addgroup", 2, group);
    const scoped = await as(EVE, "user.login", "eve", "", 600, group);
    await expect(as(`eve:${scoped}`, "user.login", "eve", "", 600, -1)).rejects.toThrow(
      "4096 [one.user.login] Cannot create a full token with a specific group token",
    );
    const made = await as(`eve:${scoped}`, "vm.allocate", 'CPU="1" MEMORY="16"', true).catch(
      (error: Error) => error.message,
    );
    expect(made).toContain("Not authorized to perform CREATE VM");
    for (let count = 1; count < 10; count++) await as(EVE, "user.login", "eve", "", 600, -1);
    await expect(as(EVE, "user.login", "eve", "", 600, -1)).rejects.toThrow("Max number of tokens limit reached.");
    await as(EVE, "user.login", "eve", "", 0, -1);
    await as(EVE, "user.login", "eve", "", 600, -1);
  });
});

test("a further group that becomes the primary one leaves the old one as a further one", async () => {
  const { call } = await cloud();
  const group = Number(await call("group.allocate", "ops"));
  await call("user.addgroup", 2, group);
  await call("user.chgrp", 2, group);
  const user = await call("user.info", 2, false);
  expect(user).toContain(`<GID>${group}</GID>`);
  expect(user).toContain(`<GROUPS><ID>1</ID><ID>${group}</ID></GROUPS>`);
});

test("a template goes although an image of it cannot, and tells which image's rights stayed", async () => {
  const { call } = await cloud();
  await call("template.allocate", 'NAME="t" CPU="1" MEMORY="16" DISK=[IMAGE_ID="0"]');
  await call("image.lock", 0, 4, false);
  await call("user.chgrp", 2, 0);
  await expect(call("template.chmod", 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, true)).rejects.toThrow(
    "2048 [one.template.chmod] Cannot chmod image: 0",
  );
  expect(field(await call("template.info", 0, false, false), "GROUP_U")).toBe("1");
  await call("template.delete", 0, true);
  expect(field(await call("image.info", 0, false), "NAME")).toBe("disk");
});

test("a router's VMs go along with its rights and owner, and are changed through it alone", async () => {
  const { call, oned } = await cloud();
  await call("template.allocate", 'NAME="vr" CPU="1" MEMORY="16" VROUTER="YES"');
  await call("vrouter.allocate", 'NAME="edge" NIC=[NETWORK_ID="0"]');
  await call("vrouter.instantiate", 0, 1, 0, "", false, "");
  await oned.settle();
  await call("vrouter.chmod", 0, 1, 1, 0, 1, 0, 0, 0, 0, 0);
  await call("vrouter.chown", 0, 2, 1);
  const vm = await call("vm.info", 1, false);
  expect([field(vm, "UID"), field(vm, "GID"), field(vm, "GROUP_U")]).toEqual(["2", "1", "1"]);
  for (const request of [
    ["vm.attachnic", 1, 'NIC=[NETWORK_ID="0"]'],
    ["vm.detachnic", 1, 0],
    ["vm.updatenic", 1, 0, 'NIC=[INBOUND_AVG_BW="1"]', 1],
    ["vm.attach", 1, 'DISK=[TYPE="fs",SIZE="1"]'],
    ["vm.detach", 1, 0],
  ] as Request[]) {
    const [method, ...params] = request;
    await expect(call(method, ...params)).rejects.toThrow("Action is not supported for virtual router VMs");
  }
});

test("an image comes from a marketplace app, and a datastore for persistent images takes no other", async () => {
  const { call, oned } = await startCloud();
  await call("market.allocate", 'NAME="m" MARKET_MAD="http" BASE_URL="http://x" PUBLIC_DIR="/x"');
  await call("image.allocate", 'NAME="os" TYPE="DATABLOCK" SIZE="10"', 1, true);
  await oned.settle();
  const market = Number(
    /<MARKETPLACE><ID>(\d+)<\/ID><UID>0<\/UID><GID>0<\/GID><UNAME>oneadmin<\/UNAME><GNAME>oneadmin<\/GNAME><NAME>m</.exec(
      await call("marketpool.info"),
    )?.[1],
  );
  const app = Number(await call("marketapp.allocate", 'NAME="app" TYPE="IMAGE" ORIGIN_ID="0"', market));
  await expect(call("image.allocate", 'NAME="x" FROM_APP="77"', 1, false)).rejects.toThrow(
    "8192 [one.image.allocate] Cannot determine image SIZE.",
  );
  const image = Number(await call("image.allocate", `NAME="x" FROM_APP="${app}"`, 1, true));
  expect(field(await call("image.info", image, false), "FROM_APP_NAME")).toBe("app");
  const only = Number(
    await call("datastore.allocate", 'NAME="p" DS_MAD="dummy" TM_MAD="dummy" PERSISTENT_ONLY="YES"', -1),
  );
  await expect(call("image.allocate", 'NAME="y" TYPE="DATABLOCK" SIZE="1"', only, true)).rejects.toThrow(
    "This Datastore only accepts persistent images.",
  );
});
