// SPDX-License-Identifier: Apache-2.0

/**
 * Every method of the 7.0 API with its signature, as `system.methodSignature` answers it: s string, i int, b boolean,
 * a array, t struct; the first letter is the result.
 */
const METHODS = `
system.listMethods a system.methodExist sb system.methodHelp ss system.methodSignature as system.multicall aa
system.shutdown is system.capabilities t system.getCapabilities t one.vm.deploy asiibis one.vm.action assi
one.vm.migrate asiibbii one.vm.allocate assb one.vm.info asi one.vm.chown asiii one.vm.chmod asiiiiiiiiii
one.vm.monitoring asi one.vm.attach asis one.vm.detach asii one.vm.attachnic asis one.vm.detachnic asii
one.vm.updatenic asiis one.vm.rename asis one.vm.resize asisb one.vm.update asis one.vm.snapshotcreate asis
one.vm.snapshotrevert asii one.vm.snapshotdelete asii one.vm.disksaveas asiissi one.vm.disksnapshotcreate asiis
one.vm.disksnapshotrevert asiii one.vm.disksnapshotdelete asiii one.vm.disksnapshotrename asiiis one.vm.recover asii
one.vm.updateconf asis one.vm.lock asis one.vm.unlock asii one.vm.diskresize asiis one.vm.schedadd ais
one.vm.scheddelete aii one.vm.schedupdate aiis one.vm.attachsg asiii one.vm.detachsg asiii one.vm.backup asiib
one.vm.backupcancel asi one.vm.attachpci asis one.vm.detachpci asii one.vm.restore asiiii one.vmpool.info asiiiis
one.vmpool.infoextended asiiiis one.vmpool.infoset ass one.vmpool.accounting asiii one.vmpool.monitoring asi
one.vmpool.showback asiiiii one.vmpool.calculateshowback asii one.template.update asis one.template.instantiate asisbs
one.template.allocate ass one.template.delete asi one.template.info asi one.template.chown asiii one.template.chmod
asiiiiiiiiiib one.template.clone asisb one.template.rename asis one.template.lock asis one.template.unlock asii
one.templatepool.info asiii one.vntemplate.update asis one.vntemplate.instantiate asiss one.vntemplate.allocate ass
one.vntemplate.delete asi one.vntemplate.info asi one.vntemplate.chown asiii one.vntemplate.chmod asiiiiiiiiii
one.vntemplate.clone asis one.vntemplate.rename asis one.vntemplate.lock asis one.vntemplate.unlock asii
one.vntemplatepool.info asiii one.host.status asii one.host.update asis one.host.allocate assssi one.host.delete asi
one.host.info asi one.host.monitoring asi one.host.rename asis one.hostpool.info as one.hostpool.monitoring as
one.group.allocate ass one.group.delete asi one.group.info asi one.group.quota asis one.group.update asis
one.group.addadmin asii one.group.deladmin asii one.grouppool.info as one.groupquota.info as one.groupquota.update ass
one.vn.reserve asis one.vn.add_ar asis one.vn.rm_ar asii one.vn.update_ar asis one.vn.free_ar asii one.vn.hold asis
one.vn.release asis one.vn.allocate assi one.vn.update asis one.vn.delete asi one.vn.info asi one.vn.chown asiii
one.vn.chmod asiiiiiiiiii one.vn.rename asis one.vn.lock asis one.vn.unlock asii one.vn.recover asii one.vnpool.info
asiii one.user.allocate assssa one.user.update asis one.user.delete asi one.user.info asi one.user.passwd asis
one.user.chgrp asii one.user.addgroup asii one.user.delgroup asii one.user.chauth asiss one.user.quota asis
one.user.login asssii one.user.enable asii one.userpool.info as one.userquota.info as one.userquota.update ass
one.image.persistent asib one.image.enable asib one.image.update asis one.image.allocate assib one.image.delete asib
one.image.info asi one.image.chown asiii one.image.chmod asiiiiiiiiii one.image.chtype asis one.image.clone asis
one.image.rename asis one.image.snapshotdelete asii one.image.snapshotrevert asii one.image.snapshotflatten asii
one.image.restore asiis one.image.lock asis one.image.unlock asii one.imagepool.info asiii one.acl.addrule assss
one.acl.delrule asi one.acl.info as one.datastore.allocate assi one.datastore.delete asi one.datastore.info asi
one.datastore.update asis one.datastore.chown asiii one.datastore.chmod asiiiiiiiiii one.datastore.rename asis
one.datastore.enable asib one.datastorepool.info as one.cluster.allocate ass one.cluster.delete asi one.cluster.info
asi one.cluster.update asis one.cluster.rename asis one.cluster.addhost asii one.cluster.delhost asii
one.cluster.adddatastore asii one.cluster.deldatastore asii one.cluster.addvnet asii one.cluster.delvnet asii
one.cluster.optimize asi one.cluster.planexecute asi one.cluster.plandelete asi one.clusterpool.info as
one.document.allocate assi one.document.delete asi one.document.info asi one.document.update asis one.document.chown
asiii one.document.chmod asiiiiiiiiii one.document.clone asis one.document.rename asis one.document.lock asis
one.document.unlock asii one.documentpool.info asiiii one.zone.updatedb asis one.zone.allocate ass one.zone.update
asis one.zone.delete asi one.zone.info asi one.zone.rename asis one.zone.enable asii one.zone.replicate asiiiiiiis
one.zone.fedreplicate asis one.zone.voterequest asiiii one.zone.raftstatus as one.zone.addserver asis
one.zone.delserver asii one.zone.resetserver asis one.zonepool.info as one.secgroup.allocate ass one.secgroup.delete
asi one.secgroup.info asi one.secgroup.update asis one.secgroup.chown asiii one.secgroup.chmod asiiiiiiiiii
one.secgroup.clone asis one.secgroup.rename asis one.secgroup.commit asib one.secgrouppool.info asiii
one.vmgroup.allocate ass one.vmgroup.delete asi one.vmgroup.info asi one.vmgroup.chown asiii one.vmgroup.chmod
asiiiiiiiiii one.vmgroup.rename asis one.vmgroup.update asis one.vmgroup.lock asis one.vmgroup.unlock asii
one.vmgroup.roleadd asis one.vmgroup.roledelete asii one.vmgroup.roleupdate asiis one.vmgrouppool.info asiii
one.vdc.allocate ass one.vdc.update asis one.vdc.delete asi one.vdc.addgroup asii one.vdc.delgroup asii
one.vdc.addcluster asiii one.vdc.delcluster asiii one.vdc.addhost asiii one.vdc.delhost asiii one.vdc.adddatastore
asiii one.vdc.deldatastore asiii one.vdc.addvnet asiii one.vdc.delvnet asiii one.vdc.info asi one.vdc.rename asis
one.vdcpool.info as one.vrouter.update asis one.vrouter.allocate ass one.vrouter.delete asi one.vrouter.info asi
one.vrouter.chown asiii one.vrouter.chmod asiiiiiiiiii one.vrouter.rename asis one.vrouter.instantiate asiiisbs
one.vrouter.attachnic asis one.vrouter.detachnic asii one.vrouter.lock asis one.vrouter.unlock asii
one.vrouterpool.info asiii one.market.updatedb asis one.market.allocatedb ass one.market.allocate ass
one.market.update asis one.market.delete asi one.market.chmod asiiiiiiiiii one.market.chown asiii one.market.info asi
one.market.rename asis one.market.enable asii one.marketpool.info as one.marketapp.updatedb asis one.marketapp.dropdb
asi one.marketapp.allocatedb ass one.marketapp.allocate assi one.marketapp.update asis one.marketapp.delete asi
one.marketapp.chmod asiiiiiiiiii one.marketapp.chown asiii one.marketapp.enable asib one.marketapp.lock asis
one.marketapp.unlock asii one.marketapp.info asi one.marketapp.rename asis one.marketapppool.info asiii
one.hook.allocate ass one.hook.delete asi one.hook.update asis one.hook.rename asis one.hook.info asi one.hook.lock
asis one.hook.unlock asii one.hook.retry asii one.hookpool.info asiii one.hooklog.info asiiii one.backupjob.allocate
ass one.backupjob.delete asi one.backupjob.update asis one.backupjob.rename asis one.backupjob.info asi
one.backupjob.chown asiii one.backupjob.chmod asiiiiiiiiii one.backupjob.lock asis one.backupjob.unlock asii
one.backupjob.backup asi one.backupjob.cancel asi one.backupjob.retry asi one.backupjob.priority asii
one.backupjob.schedadd asis one.backupjob.scheddelete asii one.backupjob.schedupdate asiis one.backupjobpool.info
asiii one.system.version as one.system.config as one.system.sql assb one.system.sqlquery ass
`;

const ADDED: Record<string, string> = {
  "7.2": "one.vm.exec asis one.vm.cancelexec asi one.vm.retryexec asi",
  "7.4": "one.vm.vmgroupadd asiis one.vm.vmgroupdel asi one.group.vlan asis",
};

const WORDS: Record<string, string> = { s: "string", i: "int", b: "boolean", a: "array", t: "struct" };

/** Method names in the server's order with their signatures in words; later series have a few more methods. */
export function signatures(version: string): Map<string, string[]> {
  const texts = [METHODS, ...Object.keys(ADDED).flatMap((s) => (version >= s ? [ADDED[s] ?? ""] : []))];
  const words = texts.join(" ").trim().split(/\s+/);
  const found = new Map<string, string[]>();
  for (let i = 0; i + 1 < words.length; i += 2) {
    found.set(
      words[i] ?? "",
      [...(words[i + 1] ?? "")].map((letter) => WORDS[letter] ?? letter),
    );
  }
  return found;
}
