// SPDX-License-Identifier: Apache-2.0
import { isRunning } from "../../../../opennebula";
import { judge, notApplicable, type Check } from "../../check";

export const snapshot: Check = {
  id: "vm/snapshot",
  title: "a running VM is put back to a snapshot",
  area: "vm",
  severity: "warning",
  impact: "load",
  exclusive: "guests",
  seconds: 180,
  cure: "snapshots of a running VM need qcow2 disks: see DRIVER of the image and the datastore",
  async run({ cloud, guests }) {
    const pair = await guests();
    const { vms } = cloud.oned;
    const { id } = pair.publicVm;
    const raw = (await pair.info()).disks.some(
      ({ attributes }) => (attributes.DRIVER ?? attributes.FORMAT) !== "qcow2",
    );
    if (raw)
      return notApplicable("the test VM's disks are raw: hypervisors take no snapshot of such a VM while it runs");
    const file = "/run/validate-snapshot";
    await pair.inside(`echo before >${file}`);
    const snapshotId = await vms.createSnapshot(id, "validate");
    await pair.until("running with a snapshot", (vm) => isRunning(vm) && vm.snapshots.length > 0, 60);
    await pair.inside(`echo after >${file}`);
    await vms.revertSnapshot(id, snapshotId);
    await pair.until("running again", isRunning, 60);
    const content = (await pair.inside(`cat ${file}`)).trim();
    await vms.deleteSnapshot(id, snapshotId);
    await pair.until("running without a snapshot", (vm) => isRunning(vm) && vm.snapshots.length === 0, 60);
    return judge(content === "before" ? [] : [`the guest's memory holds "${content}"`], ["made, reverted, deleted"], {
      threshold: "the guest's memory as it was",
    });
  },
};
