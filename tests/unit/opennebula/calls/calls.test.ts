// SPDX-License-Identifier: Apache-2.0

/** What each call sends: method and parameters, held to the signatures that oned publishes. */
import {
  ColdMigration,
  HostStatus,
  KINDS,
  LockLevel,
  METHODS,
  OpenNebula,
  VirtualNetworkRecovery,
  VmRecovery,
  type Kind,
} from "../../../../opennebula";
import { ScriptedClient } from "../recorded";

const QUOTAS = ["DATASTORE", "NETWORK", "VM", "IMAGE"].map((name) => `<${name}_QUOTA></${name}_QUOTA>`).join("");

function answerFor(method: string): string | number {
  if (!(METHODS as Record<string, string>)[method]?.endsWith(">s")) return 7;
  return method.includes("quota") ? `<QUOTAS>${QUOTAS}</QUOTAS>` : "<A/>";
}

async function sent(call: (one: OpenNebula) => Promise<unknown>): Promise<unknown[][]> {
  const client = new ScriptedClient(answerFor);
  await call(new OpenNebula(client));
  return client.asked;
}

it.each<[(one: OpenNebula) => Promise<unknown>, ...unknown[]]>([
  [(one) => one.vnets.addAr(1, { TYPE: "IP4", SIZE: "5" }), "one.vn.add_ar", 1, 'AR = [ TYPE = "IP4", SIZE = "5" ]'],
  [
    (one) => one.vnets.updateAr(1, { id: 2, attributes: { SIZE: "9" } }),
    "one.vn.update_ar",
    1,
    'AR = [ AR_ID = "2", SIZE = "9" ]',
  ],
  [(one) => one.vnets.removeAr(1, 2), "one.vn.rm_ar", 1, 2, false],
  [(one) => one.vnets.freeAr(1, 2), "one.vn.free_ar", 1, 2],
  [
    (one) => one.vnets.reserve(1, { name: "r", size: 5, ip: "10.0.0.5" }),
    "one.vn.reserve",
    1,
    'NAME = "r"\nSIZE = "5"\nIP = "10.0.0.5"',
  ],
  [(one) => one.vnets.hold(1, { ip: "10.0.0.5" }), "one.vn.hold", 1, 'LEASES = [ IP = "10.0.0.5" ]'],
  [(one) => one.vnets.release(1, { mac: "02:00" }), "one.vn.release", 1, 'LEASES = [ MAC = "02:00" ]'],
  [(one) => one.vnets.recover(1, VirtualNetworkRecovery.Retry), "one.vn.recover", 1, 3],
  [(one) => one.vnTemplates.instantiate(1, { name: "n" }), "one.vntemplate.instantiate", 1, "n", ""],
  [(one) => one.vnTemplates.clone(1, "n"), "one.vntemplate.clone", 1, "n"],
  [(one) => one.securityGroups.clone(1, "n"), "one.secgroup.clone", 1, "n"],
  [(one) => one.securityGroups.commit(1), "one.secgroup.commit", 1, false],
  [
    (one) => one.virtualRouters.instantiate(1, { count: 2, templateId: 3, name: "vr-%i" }),
    "one.vrouter.instantiate",
    1,
    2,
    3,
    "vr-%i",
    false,
    "",
  ],
  [
    (one) => one.virtualRouters.attachNic(1, { NETWORK_ID: "2" }),
    "one.vrouter.attachnic",
    1,
    'NIC = [ NETWORK_ID = "2" ]',
  ],
  [(one) => one.virtualRouters.detachNic(1, 2), "one.vrouter.detachnic", 1, 2],
  [(one) => one.images.enable(1, false), "one.image.enable", 1, false],
  [(one) => one.images.setPersistent(1, true), "one.image.persistent", 1, true],
  [(one) => one.images.setType(1, "CDROM"), "one.image.chtype", 1, "CDROM"],
  [(one) => one.images.clone(1, { name: "c" }), "one.image.clone", 1, "c", -1],
  [(one) => one.images.forceDelete(1), "one.image.delete", 1, true],
  [
    (one) => one.images.restore(1, { datastoreId: 2, options: { NO_IP: "YES" } }),
    "one.image.restore",
    1,
    2,
    'NO_IP = "YES"',
  ],
  [
    (one) => one.marketplaceApps.exportImage(5, { name: "i", datastoreId: 1 }),
    "one.image.allocate",
    'NAME = "i"\nFROM_APP = "5"',
    1,
    false,
  ],
  [(one) => one.marketplaceApps.enable(1, true), "one.marketapp.enable", 1, true],
  [(one) => one.marketplaces.enable(1, true), "one.market.enable", 1, true],
  [(one) => one.vmTemplates.instantiate(1), "one.template.instantiate", 1, "", false, "", false],
  [(one) => one.vmTemplates.clone(1, { name: "c", withImages: true }), "one.template.clone", 1, "c", true],
  [(one) => one.vmTemplates.deleteWithImages(1), "one.template.delete", 1, true],
  [(one) => one.vms.action(1, "poweroff-hard"), "one.vm.action", "poweroff-hard", 1],
  [(one) => one.vms.deploy(1, { hostId: 2 }), "one.vm.deploy", 1, 2, false, -1, ""],
  [(one) => one.vms.migrate(1, { hostId: 2, live: true }), "one.vm.migrate", 1, 2, true, false, -1, 0],
  [
    (one) => one.vms.migrate(1, { hostId: 2, datastoreId: 4, cold: ColdMigration.Poweroff }),
    "one.vm.migrate",
    1,
    2,
    false,
    false,
    4,
    1,
  ],
  [(one) => one.vms.resize(1, { MEMORY: "512" }), "one.vm.resize", 1, 'MEMORY = "512"', true],
  [(one) => one.vms.createSnapshot(1, "s"), "one.vm.snapshotcreate", 1, "s"],
  [(one) => one.vms.revertSnapshot(1, 2), "one.vm.snapshotrevert", 1, 2],
  [(one) => one.vms.deleteSnapshot(1, 2), "one.vm.snapshotdelete", 1, 2],
  [
    (one) => one.vms.updateConf(1, { CONTEXT: { A: "b" } }, "merge"),
    "one.vm.updateconf",
    1,
    'CONTEXT = [ A = "b" ]',
    1,
  ],
  [(one) => one.vms.recover(1, VmRecovery.Recreate), "one.vm.recover", 1, 4],
  [(one) => one.vms.backup(1, 102), "one.vm.backup", 1, 102, false],
  [(one) => one.vms.restore(1, { imageId: 2 }), "one.vm.restore", 1, 2, -1, -1],
  [(one) => one.vms.attachNic(1, { NETWORK_ID: "2" }), "one.vm.attachnic", 1, 'NIC = [ NETWORK_ID = "2" ]'],
  [(one) => one.vms.attachNic(1, { PARENT: "NIC0" }), "one.vm.attachnic", 1, 'NIC_ALIAS = [ PARENT = "NIC0" ]'],
  [(one) => one.vms.detachNic(1, 2), "one.vm.detachnic", 1, 2],
  [
    (one) => one.vms.updateNic(1, { id: 0, attributes: { INBOUND_AVG_BW: "100" } }),
    "one.vm.updatenic",
    1,
    0,
    'NIC = [ INBOUND_AVG_BW = "100" ]',
    1,
  ],
  [(one) => one.vms.attachSecurityGroup(1, { nicId: 0, securityGroupId: 100 }), "one.vm.attachsg", 1, 0, 100],
  [(one) => one.vms.detachSecurityGroup(1, { nicId: 0, securityGroupId: 100 }), "one.vm.detachsg", 1, 0, 100],
  [(one) => one.vms.addSchedule(1, { ACTION: "hold" }), "one.vm.schedadd", 1, 'SCHED_ACTION = [ ACTION = "hold" ]'],
  [(one) => one.vms.disks.attach(1, { IMAGE_ID: "1" }), "one.vm.attach", 1, 'DISK = [ IMAGE_ID = "1" ]'],
  [(one) => one.vms.disks.detach({ vmId: 1, diskId: 2 }), "one.vm.detach", 1, 2],
  [(one) => one.vms.disks.resize({ vmId: 1, diskId: 2 }, 2n ** 40n), "one.vm.diskresize", 1, 2, "1099511627776"],
  [(one) => one.vms.disks.saveAs({ vmId: 1, diskId: 2, imageName: "i" }), "one.vm.disksaveas", 1, 2, "i", "", -1],
  [(one) => one.vms.disks.createSnapshot({ vmId: 1, diskId: 2 }, "s"), "one.vm.disksnapshotcreate", 1, 2, "s"],
  [
    (one) => one.vms.disks.renameSnapshot({ vmId: 1, diskId: 2 }, { id: 3, name: "s" }),
    "one.vm.disksnapshotrename",
    1,
    2,
    3,
    "s",
  ],
  [(one) => one.vms.disks.revertSnapshot({ vmId: 1, diskId: 2 }, 3), "one.vm.disksnapshotrevert", 1, 2, 3],
  [(one) => one.vms.disks.deleteSnapshot({ vmId: 1, diskId: 2 }, 3), "one.vm.disksnapshotdelete", 1, 2, 3],
  [(one) => one.users.setPassword(2, "x"), "one.user.passwd", 2, "x"],
  [(one) => one.users.setAuth(2, { driver: "core" }), "one.user.chauth", 2, "core", ""],
  [(one) => one.users.setPrimaryGroup(2, 100), "one.user.chgrp", 2, 100],
  [(one) => one.users.addGroup(2, 100), "one.user.addgroup", 2, 100],
  [(one) => one.users.enable(2, false), "one.user.enable", 2, false],
  [(one) => one.users.login({ userName: "a", seconds: 60 }), "one.user.login", "a", "", 60, -1],
  [(one) => one.users.setQuotas(2, { vms: [{ VMS: "3", VMS_USED: "1" }] }), "one.user.quota", 2, 'VM = [ VMS = "3" ]'],
  [
    (one) => one.groups.setDefaultQuotas({ images: [{ ID: "0", RVMS: "5" }] }),
    "one.groupquota.update",
    'IMAGE = [ ID = "0", RVMS = "5" ]',
  ],
  [(one) => one.groups.addAdmin(100, 2), "one.group.addadmin", 100, 2],
  [(one) => one.vdcs.add(100, { kind: "vnet", zoneId: 0, id: -10 }), "one.vdc.addvnet", 100, 0, -10],
  [(one) => one.vdcs.remove(100, { kind: "host", zoneId: 0, id: 1 }), "one.vdc.delhost", 100, 0, 1],
  [
    (one) => one.acls.allocate({ user: "@100", resources: ["HOST"], scope: "*", rights: ["MANAGE"], zone: "#0" }),
    "one.acl.addrule",
    "200000064",
    "2400000000",
    "2",
    "100000000",
  ],
  [(one) => one.hooks.retry(1, 2), "one.hook.retry", 1, 2],
  [(one) => one.hooks.log({ hookId: 1, outcome: "failure" }), "one.hooklog.info", -1, -1, 1, -1],
  [(one) => one.backupJobs.setPriority(1, 10), "one.backupjob.priority", 1, 10],
  [(one) => one.vmGroups.addRole(1, { NAME: "web" }), "one.vmgroup.roleadd", 1, 'ROLE = [ NAME = "web" ]'],
  [
    (one) => one.zones.addServer(0, { name: "s", endpoint: "http://x" }),
    "one.zone.addserver",
    0,
    'SERVER = [ NAME = "s", ENDPOINT = "http://x" ]',
  ],
  [(one) => one.hosts.setStatus(1, HostStatus.Offline), "one.host.status", 1, 2],
  [(one) => one.hosts.setCluster(1, 100), "one.cluster.addhost", 100, 1],
  [(one) => one.clusters.add(100, { kind: "datastore", id: 1 }), "one.cluster.adddatastore", 100, 1],
  [(one) => one.datastores.enable(1, true), "one.datastore.enable", 1, true],
  [(one) => one.images.delete(1), "one.image.delete", 1, false],
  [(one) => one.vms.lock(1, LockLevel.Admin), "one.vm.lock", 1, 3, false],
  [(one) => one.vnets.chown(1, { groupId: 100 }), "one.vn.chown", 1, -1, 100],
  [
    (one) => one.vnets.chmod(1, { groupUse: true, otherUse: false }),
    "one.vn.chmod",
    1,
    -1,
    -1,
    -1,
    1,
    -1,
    -1,
    0,
    -1,
    -1,
  ],
  [
    (one) => one.users.allocate({ name: "u", password: "p", groupIds: [100] }),
    "one.user.allocate",
    "u",
    "p",
    "",
    [100],
  ],
  [
    (one) => one.images.allocate({ template: { NAME: "i" }, datastoreId: 1 }),
    "one.image.allocate",
    'NAME = "i"',
    1,
    false,
  ],
])("%#: sends what oned wants", async (call, ...wanted) => {
  expect(await sent(call)).toEqual([wanted]);
});

it.each(Object.keys(KINDS) as Kind[])("has every common call of a %s that oned has, in oned's form", async (kind) => {
  const template = { NAME: "x" };
  const specification = {
    template,
    name: "x",
    password: "p",
    imMad: "kvm",
    vmMad: "kvm",
    datastoreId: 1,
    marketplaceId: 1,
    type: 100,
  };
  const asked = await sent(async (one) => {
    const calls = one.objects(kind);
    await calls.allocate(specification);
    await calls.info(1);
    await calls.list();
    await calls.merge(1, template);
    await calls.replace(1, template);
    if (calls.can("rename")) await calls.rename(1, "y");
    if (calls.can("chown")) await calls.chown(1, { userId: 2 });
    if (calls.can("chmod")) await calls.chmod(1, { groupUse: true });
    if (calls.can("lock")) await calls.lock(1, LockLevel.All);
    if (calls.can("unlock")) await calls.unlock(1);
    if (calls.can("delete")) await calls.delete(1);
  });
  const common = ["allocate", "info", "update", "rename", "chown", "chmod", "lock", "unlock", "delete"];
  const has = common.map((action) => `one.${kind}.${action}`).filter((method) => Object.hasOwn(METHODS, method));
  expect(new Set(asked.map(([method]) => method))).toEqual(new Set([...has, `one.${kind}pool.info`]));
});
