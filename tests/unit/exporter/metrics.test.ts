// SPDX-License-Identifier: Apache-2.0
// What the exporter says of a cloud in which everything has happened, with the rights that its login has and no more.
import { aclRuleToHex, parseAclRule } from "../../../opennebula/objects/acl";
import { judge } from "../../helpers/tools";
import { closeClouds, cloudWithVm, type Cloud } from "../oned/cloud";
import { exporterOf, valuesOf, type Exporter } from "./support";

const login = { username: "exporter", password: "canary-exporter-1b7d" };
/** What the login may: look at things. */
const SEEN = "VM+HOST+NET+IMAGE+TEMPLATE+GROUP+DATASTORE+CLUSTER+ZONE+BACKUPJOB/* USE *";

let cloud: Cloud;
let exporter: Exporter;
let agent: boolean | undefined;

beforeAll(async () => {
  cloud = await cloudWithVm();
  const group = Number(await cloud.call("group.allocate", "monitoring"));
  const seen = aclRuleToHex(parseAclRule(`@${group} ${SEEN}`));
  await cloud.call("acl.addrule", seen.user, seen.resource, seen.rights, seen.zone);
  await cloud.call("user.allocate", login.username, login.password, "core");
  await cloud.call("user.chgrp", 2, group);
  exporter = exporterOf(cloud.oned.port, login, () => Promise.resolve(agent));
});
afterAll(closeClouds);

const look = async (): Promise<Record<string, number>> => valuesOf(await exporter.collector.page());

test("hosts, VMs, images and datastores", async () => {
  expect(await look()).toMatchObject({
    opennebula_up: 1,
    'opennebula_hosts{state="monitored"}': 2,
    'opennebula_hosts{state="error"}': 0,
    'opennebula_host_state{host="h1",state="monitored"}': 1,
    'opennebula_host_vms{host="h1"}': 1,
    'opennebula_vms{state="running"}': 1,
    'opennebula_vms_by_group{group="oneadmin"}': 1,
    opennebula_vm_pending_seconds_max: 0,
    opennebula_vm_creation_failures: 0,
    opennebula_vm_creation_failures_total: 0,
    'opennebula_images{state="used"}': 1,
    'opennebula_images{state="error"}': 0,
    'opennebula_raft_state{server="-1"}': 0,
  });
});

const subjects = async (): Promise<Record<string, number>> =>
  Object.fromEntries(Object.entries(await look()).filter(([name]) => name.includes("subject_up")));

test("every subject is readable with the rights of the login, and nothing can be changed by it", async () => {
  expect(new Set(Object.values(await subjects()))).toEqual(new Set([1]));
  await expect(cloud.as(`exporter:${login.password}`, "vm.action", "terminate-hard", 0)).rejects.toThrow("512");
});

test("a VM that cannot be made is there, and counted once", async () => {
  cloud.drivers.before = (action) => {
    if (action === "vmm deploy h2") throw new Error("no more memory");
  };
  await cloud.call("vm.allocate", 'NAME="broken" CPU="1" MEMORY="64"', true);
  await cloud.call("vm.deploy", 1, 1, false, 0, "");
  await cloud.oned.settle({ place: false });
  const failed = { opennebula_vm_creation_failures: 1, opennebula_vm_creation_failures_total: 1 };
  expect(await look()).toMatchObject(failed);
  expect(await look()).toMatchObject({ ...failed, 'opennebula_vms{state="boot_failure"}': 1 });
  await cloud.call("vm.recover", 1, 3);
  await cloud.oned.settle({ place: false });
  expect(await look()).toMatchObject({ opennebula_vm_creation_failures: 0, opennebula_vm_creation_failures_total: 1 });
  cloud.drivers.before = () => undefined;
});

test("a VM for which there is no room waits", async () => {
  await cloud.call("vm.allocate", 'NAME="huge" CPU="4000" MEMORY="64"', false);
  await new Promise((done) => setTimeout(done, 1100));
  const values = await look();
  expect(values['opennebula_vms{state="pending"}']).toBe(1);
  expect(values["opennebula_vm_pending_seconds_max"]).toBeGreaterThanOrEqual(1);
});

test("quotas of groups, those that are oned's default too; those of users it may not see", async () => {
  await cloud.call("user.allocate", "dora", "canary", "core");
  const dora = 3;
  await cloud.call("user.quota", dora, 'VM=[VMS="4",MEMORY="-1"]');
  await cloud.call("group.quota", 1, 'VM=[VMS="8",MEMORY="-1"]');
  await cloud.as("dora:canary", "vm.allocate", 'NAME="own" CPU="1" MEMORY="64"', true);
  expect(await look()).toMatchObject({
    'opennebula_quota_used_ratio{kind="group",name="users",resource="vms"}': 1 / 8,
  });
  expect(Object.keys(await look()).filter((name) => name.includes('resource="memory"'))).toEqual([]);
  await cloud.call("groupquota.update", 'VM=[MEMORY="256"]');
  expect(await look()).toMatchObject({
    'opennebula_quota_used_ratio{kind="group",name="users",resource="memory"}': 64 / 256,
  });
  expect(Object.keys(await look()).filter((name) => name.includes('kind="user"'))).toEqual([]);
});

test.each([true, false, undefined])("the agent for public addresses: %s", async (state) => {
  agent = state;
  const name = "opennebula_flexible_ip_agent_healthy";
  expect((await look())[name]).toBe(state === undefined ? undefined : Number(state));
});

describe("the page", () => {
  let page: string;
  beforeAll(async () => {
    agent = true;
    page = await exporter.collector.page();
  });

  test("is one that promtool has nothing against", () => {
    expect(judge("promtool", ["check", "metrics"], page)).toEqual({ status: 0, output: "" });
  });

  test("has no secret in it", () => expect(page).not.toContain("canary"));
});
