// SPDX-License-Identifier: Apache-2.0

import type { TmAction, VmmAction, VnmAction } from "../drivers";
import type { LcmName, VmState } from "./states";

/** Where a VM comes to rest: something that an ACTIVE one does, or a state of its own. */
export type Rest = LcmName | keyof typeof VmState;

export type Driver = ["vmm", VmmAction] | ["tm", TmAction] | ["vnm", VnmAction];

/** One call of a driver within a step. */
export interface DriverCall {
  call: Driver;
  /** On the host that the VM is leaving; else where it is, or is going. */
  from?: true;
  /** Its failure is only logged. */
  ignore?: true;
  /** What takes back what came before it, when it fails. */
  undo?: Driver[];
}

/** Calls that run one after the other under one LCM state. After a restart, all of them run again. */
export interface Step {
  lcm: LcmName;
  run: DriverCall[];
  /** Where the VM rests when a call failed. */
  fail: Rest;
}

export interface Process {
  steps: Step[];
  end: Rest;
}

const vmm = (action: VmmAction, more: Omit<DriverCall, "call"> = {}): DriverCall => ({
  call: ["vmm", action],
  ...more,
});
const tm = (action: TmAction, more: Omit<DriverCall, "call"> = {}): DriverCall => ({ call: ["tm", action], ...more });
const vnm = (action: VnmAction, more: Omit<DriverCall, "call"> = {}): DriverCall => ({
  call: ["vnm", action],
  ...more,
});

const CLEAN: Driver[] = [["vnm", "clean"]];
const CANCEL: Driver[] = [["vmm", "cancel"], ...CLEAN];

/** Starts the VM: its networks are made ready before and finished after it. */
const boot = (action: "deploy" | "restore"): DriverCall[] => [
  vnm("pre"),
  ...(action === "deploy" ? [tm("context")] : []),
  vmm(action, { undo: CLEAN }),
  vnm("post", { undo: CANCEL }),
];
const save = (from?: true): DriverCall[] => {
  const where = from === undefined ? {} : { from };
  return [vmm("save", where), vnm("clean", { ...where, ignore: true })];
};
const off = (from?: true): DriverCall[] => {
  const where = from === undefined ? {} : { from };
  return [vmm("shutdown", where), vnm("clean", { ...where, ignore: true })];
};

const epilog: Step = { lcm: "EPILOG", run: [tm("epilog")], fail: "EPILOG_FAILURE" };
const epilogStop: Step = { lcm: "EPILOG_STOP", run: [tm("epilog_stop")], fail: "EPILOG_STOP_FAILURE" };
const epilogUndeploy: Step = { lcm: "EPILOG_UNDEPLOY", run: [tm("epilog_stop")], fail: "EPILOG_UNDEPLOY_FAILURE" };
const moved = (lcm: LcmName, fail: Rest): Step => ({ lcm, run: [tm("migrate", { from: true })], fail });
const bootMoved = (action: "deploy" | "restore"): Step => ({
  lcm: "BOOT_MIGRATE",
  run: boot(action),
  fail: "BOOT_MIGRATE_FAILURE",
});
/** Whatever is left of a VM, on its way out. */
const wipe: DriverCall[] = [
  vmm("cancel", { ignore: true }),
  vnm("clean", { ignore: true }),
  tm("epilog_delete", { ignore: true }),
];
/** A change of a running VM that leaves it running, whether it works or not. */
const live = (lcm: LcmName, ...run: DriverCall[]): Process => ({
  steps: [{ lcm, run, fail: "RUNNING" }],
  end: "RUNNING",
});
const still = (lcm: LcmName, end: "POWEROFF" | "SUSPENDED" | "UNDEPLOYED", ...run: DriverCall[]): Process => ({
  steps: [{ lcm, run, fail: end }],
  end,
});

/** What happens to a VM, in OpenNebula's order of driver actions. */
export const PROCESSES = {
  deploy: {
    steps: [
      { lcm: "PROLOG", run: [tm("prolog")], fail: "PROLOG_FAILURE" },
      { lcm: "BOOT", run: boot("deploy"), fail: "BOOT_FAILURE" },
    ],
    end: "RUNNING",
  },
  "deploy-stopped": {
    steps: [
      { lcm: "PROLOG_RESUME", run: [tm("prolog_resume")], fail: "PROLOG_RESUME_FAILURE" },
      { lcm: "BOOT_STOPPED", run: boot("restore"), fail: "BOOT_STOPPED_FAILURE" },
    ],
    end: "RUNNING",
  },
  "deploy-undeployed": {
    steps: [
      { lcm: "PROLOG_UNDEPLOY", run: [tm("prolog_resume")], fail: "PROLOG_UNDEPLOY_FAILURE" },
      { lcm: "BOOT_UNDEPLOY", run: boot("deploy"), fail: "BOOT_UNDEPLOY_FAILURE" },
    ],
    end: "RUNNING",
  },
  suspend: { steps: [{ lcm: "SAVE_SUSPEND", run: save(), fail: "RUNNING" }], end: "SUSPENDED" },
  stop: { steps: [{ lcm: "SAVE_STOP", run: save(), fail: "RUNNING" }, epilogStop], end: "STOPPED" },
  "stop-suspended": { steps: [epilogStop], end: "STOPPED" },
  poweroff: { steps: [{ lcm: "SHUTDOWN_POWEROFF", run: off(), fail: "RUNNING" }], end: "POWEROFF" },
  undeploy: { steps: [{ lcm: "SHUTDOWN_UNDEPLOY", run: off(), fail: "RUNNING" }, epilogUndeploy], end: "UNDEPLOYED" },
  "undeploy-poweroff": { steps: [epilogUndeploy], end: "UNDEPLOYED" },
  terminate: { steps: [{ lcm: "SHUTDOWN", run: off(), fail: "RUNNING" }, epilog], end: "DONE" },
  "terminate-off": { steps: [epilog], end: "DONE" },
  "resume-suspended": { steps: [{ lcm: "BOOT_SUSPENDED", run: boot("restore"), fail: "SUSPENDED" }], end: "RUNNING" },
  "resume-poweroff": { steps: [{ lcm: "BOOT_POWEROFF", run: boot("deploy"), fail: "POWEROFF" }], end: "RUNNING" },
  "resume-unknown": { steps: [{ lcm: "BOOT_UNKNOWN", run: boot("deploy"), fail: "UNKNOWN" }], end: "RUNNING" },
  reboot: live("RUNNING", vmm("reboot")),
  reset: live("RUNNING", vmm("reset")),
  "migrate-live": live(
    "MIGRATE",
    tm("premigrate"),
    vnm("pre"),
    vmm("migrate", { from: true, undo: CLEAN }),
    vnm("clean", { from: true, ignore: true }),
    vnm("post", { ignore: true }),
    tm("postmigrate", { ignore: true }),
  ),
  "migrate-save": {
    steps: [
      { lcm: "SAVE_MIGRATE", run: save(true), fail: "RUNNING" },
      moved("PROLOG_MIGRATE", "PROLOG_MIGRATE_FAILURE"),
      bootMoved("restore"),
    ],
    end: "RUNNING",
  },
  "migrate-off": {
    steps: [
      { lcm: "SAVE_MIGRATE", run: off(true), fail: "RUNNING" },
      moved("PROLOG_MIGRATE", "PROLOG_MIGRATE_FAILURE"),
      bootMoved("deploy"),
    ],
    end: "RUNNING",
  },
  "migrate-unknown": {
    steps: [moved("PROLOG_MIGRATE_UNKNOWN", "PROLOG_MIGRATE_UNKNOWN_FAILURE"), bootMoved("deploy")],
    end: "RUNNING",
  },
  "migrate-poweroff": {
    steps: [moved("PROLOG_MIGRATE_POWEROFF", "PROLOG_MIGRATE_POWEROFF_FAILURE")],
    end: "POWEROFF",
  },
  "migrate-suspended": {
    steps: [moved("PROLOG_MIGRATE_SUSPEND", "PROLOG_MIGRATE_SUSPEND_FAILURE")],
    end: "SUSPENDED",
  },
  delete: { steps: [{ lcm: "CLEANUP_DELETE", run: wipe, fail: "DONE" }], end: "DONE" },
  recreate: { steps: [{ lcm: "CLEANUP_RESUBMIT", run: wipe, fail: "PENDING" }], end: "PENDING" },
  "attach-disk": live("HOTPLUG", tm("attach"), vmm("attach_disk", { undo: [["tm", "detach"]] })),
  "attach-disk-poweroff": still("HOTPLUG_PROLOG_POWEROFF", "POWEROFF", tm("attach")),
  "detach-disk": live("HOTPLUG", vmm("detach_disk"), tm("detach", { ignore: true })),
  "detach-disk-poweroff": still("HOTPLUG_EPILOG_POWEROFF", "POWEROFF", tm("detach")),
  "attach-nic": live("HOTPLUG_NIC", vnm("pre"), vmm("attach_nic"), vnm("post", { undo: [["vmm", "detach_nic"]] })),
  "attach-nic-poweroff": still("HOTPLUG_NIC_POWEROFF", "POWEROFF"),
  "detach-nic": live("HOTPLUG_NIC", vmm("detach_nic"), vnm("clean", { ignore: true })),
  "detach-nic-poweroff": still("HOTPLUG_NIC_POWEROFF", "POWEROFF"),
  // Aliases change the guest's context only.
  "alias-nic": live("HOTPLUG_NIC", vnm("pre"), tm("context"), vnm("post")),
  "update-nic": live("HOTPLUG_NIC", vnm("update_nic")),
  "update-network": live("HOTPLUG_NIC", vnm("update_nic")),
  "update-conf": live("HOTPLUG", tm("context"), vmm("update_conf")),
  "system-snapshot-create": live("HOTPLUG_SNAPSHOT", vmm("snapshot_create")),
  "system-snapshot-revert": live("HOTPLUG_SNAPSHOT", vmm("snapshot_revert")),
  "system-snapshot-delete": live("HOTPLUG_SNAPSHOT", vmm("snapshot_delete")),
  "disk-snapshot-create": live("DISK_SNAPSHOT", tm("snapshot_create")),
  "disk-snapshot-create-poweroff": still("DISK_SNAPSHOT_POWEROFF", "POWEROFF", tm("snapshot_create")),
  "disk-snapshot-create-suspended": still("DISK_SNAPSHOT_SUSPENDED", "SUSPENDED", tm("snapshot_create")),
  "disk-snapshot-revert": still("DISK_SNAPSHOT_REVERT_POWEROFF", "POWEROFF", tm("snapshot_revert")),
  "disk-snapshot-delete": live("DISK_SNAPSHOT_DELETE", tm("snapshot_delete")),
  "disk-snapshot-delete-poweroff": still("DISK_SNAPSHOT_DELETE_POWEROFF", "POWEROFF", tm("snapshot_delete")),
  "disk-snapshot-delete-suspended": still("DISK_SNAPSHOT_DELETE_SUSPENDED", "SUSPENDED", tm("snapshot_delete")),
  "disk-resize": live("DISK_RESIZE", tm("resize"), vmm("resize_disk")),
  "disk-resize-poweroff": still("DISK_RESIZE_POWEROFF", "POWEROFF", tm("resize")),
  "disk-resize-undeployed": still("DISK_RESIZE_UNDEPLOYED", "UNDEPLOYED", tm("resize")),
  "save-as": live("HOTPLUG_SAVEAS", tm("saveas")),
  "save-as-poweroff": still("HOTPLUG_SAVEAS_POWEROFF", "POWEROFF", tm("saveas")),
  "save-as-suspended": still("HOTPLUG_SAVEAS_SUSPENDED", "SUSPENDED", tm("saveas")),
  resize: live("HOTPLUG_RESIZE", vmm("resize")),
  backup: live("BACKUP", tm("backup")),
  "backup-poweroff": still("BACKUP_POWEROFF", "POWEROFF", tm("backup")),
  restore: still("RESTORE", "POWEROFF", tm("restore")),
} as const satisfies Record<string, Process>;

export type ProcessName = keyof typeof PROCESSES;
