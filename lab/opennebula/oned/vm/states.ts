// SPDX-License-Identifier: Apache-2.0

/** States of a VM, as numbered by oned. */
export const VmState = {
  INIT: 0,
  PENDING: 1,
  HOLD: 2,
  ACTIVE: 3,
  STOPPED: 4,
  SUSPENDED: 5,
  DONE: 6,
  POWEROFF: 8,
  UNDEPLOYED: 9,
  CLONING: 10,
  CLONING_FAILURE: 11,
} as const;

/** What an ACTIVE VM is doing; the index is oned's number, gaps are numbers that are no longer used. */
const LCM_NAMES = [
  ...["LCM_INIT", "PROLOG", "BOOT", "RUNNING", "MIGRATE", "SAVE_STOP", "SAVE_SUSPEND", "SAVE_MIGRATE"],
  ...["PROLOG_MIGRATE", "PROLOG_RESUME", "EPILOG_STOP", "EPILOG", "SHUTDOWN", "", "", "CLEANUP_RESUBMIT", "UNKNOWN"],
  ...["HOTPLUG", "SHUTDOWN_POWEROFF", "BOOT_UNKNOWN", "BOOT_POWEROFF", "BOOT_SUSPENDED", "BOOT_STOPPED"],
  ...["CLEANUP_DELETE", "HOTPLUG_SNAPSHOT", "HOTPLUG_NIC", "HOTPLUG_SAVEAS", "HOTPLUG_SAVEAS_POWEROFF"],
  ...["HOTPLUG_SAVEAS_SUSPENDED", "SHUTDOWN_UNDEPLOY", "EPILOG_UNDEPLOY", "PROLOG_UNDEPLOY", "BOOT_UNDEPLOY"],
  ...["HOTPLUG_PROLOG_POWEROFF", "HOTPLUG_EPILOG_POWEROFF", "BOOT_MIGRATE", "BOOT_FAILURE"],
  ...["BOOT_MIGRATE_FAILURE", "PROLOG_MIGRATE_FAILURE", "PROLOG_FAILURE", "EPILOG_FAILURE", "EPILOG_STOP_FAILURE"],
  ...["EPILOG_UNDEPLOY_FAILURE", "PROLOG_MIGRATE_POWEROFF", "PROLOG_MIGRATE_POWEROFF_FAILURE"],
  ...["PROLOG_MIGRATE_SUSPEND", "PROLOG_MIGRATE_SUSPEND_FAILURE", "BOOT_UNDEPLOY_FAILURE", "BOOT_STOPPED_FAILURE"],
  ...["PROLOG_RESUME_FAILURE", "PROLOG_UNDEPLOY_FAILURE", "DISK_SNAPSHOT_POWEROFF", "DISK_SNAPSHOT_REVERT_POWEROFF"],
  ...["DISK_SNAPSHOT_DELETE_POWEROFF", "DISK_SNAPSHOT_SUSPENDED", "", "DISK_SNAPSHOT_DELETE_SUSPENDED"],
  ...["DISK_SNAPSHOT", "", "DISK_SNAPSHOT_DELETE", "PROLOG_MIGRATE_UNKNOWN", "PROLOG_MIGRATE_UNKNOWN_FAILURE"],
  ...["DISK_RESIZE", "DISK_RESIZE_POWEROFF", "DISK_RESIZE_UNDEPLOYED", "HOTPLUG_NIC_POWEROFF", "HOTPLUG_RESIZE"],
  ...["HOTPLUG_SAVEAS_UNDEPLOYED", "HOTPLUG_SAVEAS_STOPPED", "BACKUP", "BACKUP_POWEROFF", "RESTORE"],
] as const;

export type LcmName = Exclude<(typeof LCM_NAMES)[number], "">;

export const lcmNumber = (name: LcmName): number => LCM_NAMES.indexOf(name);
export const lcmNames = (): readonly string[] => LCM_NAMES;
export const lcmName = (lcm: number): LcmName => (LCM_NAMES[lcm] ?? "") || "LCM_INIT";

const STATE_NAMES = new Map<number, string>(Object.entries(VmState).map(([name, number]) => [number, name]));

/** The state as messages call it: of an ACTIVE VM what it is doing. */
export function vmStateName(vm: { state: number; lcm: number }): string {
  return vm.state === VmState.ACTIVE ? lcmName(vm.lcm) : (STATE_NAMES.get(vm.state) ?? "");
}

/** Actions as history records number them. */
export const HistoryAction = {
  none: 0,
  migrate: 1,
  "live-migrate": 2,
  undeploy: 5,
  "undeploy-hard": 6,
  hold: 7,
  release: 8,
  stop: 9,
  suspend: 10,
  resume: 11,
  delete: 13,
  "delete-recreate": 14,
  reboot: 15,
  "reboot-hard": 16,
  resched: 17,
  unresched: 18,
  poweroff: 19,
  "poweroff-hard": 20,
  "disk-attach": 21,
  "disk-detach": 22,
  "nic-attach": 23,
  "nic-detach": 24,
  "disk-snapshot-create": 25,
  "disk-snapshot-delete": 26,
  terminate: 27,
  "terminate-hard": 28,
  "disk-resize": 29,
  deploy: 30,
  updateconf: 33,
  resize: 35,
  "snapshot-create": 37,
  "snapshot-delete": 38,
  "snapshot-revert": 39,
  "disk-saveas": 40,
  "disk-snapshot-revert": 41,
  recover: 42,
  retry: 43,
  monitor: 44,
  "disk-snapshot-rename": 45,
  "alias-attach": 46,
  "alias-detach": 47,
  "poweroff-migrate": 48,
  "poweroff-hard-migrate": 49,
  backup: 50,
  "nic-update": 51,
  "sg-attach": 56,
  "sg-detach": 57,
  "pci-attach": 58,
  "pci-detach": 59,
  restore: 60,
} as const;
export type HistoryActionName = keyof typeof HistoryAction;
