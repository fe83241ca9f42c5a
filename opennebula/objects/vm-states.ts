// SPDX-License-Identifier: Apache-2.0

/** The numbers in a VM's `STATE`; only an active one has an `LCM_STATE` of interest. */
export enum VmState {
  Init = 0,
  Pending = 1,
  Hold = 2,
  Active = 3,
  Stopped = 4,
  Suspended = 5,
  Done = 6,
  Poweroff = 8,
  Undeployed = 9,
  Cloning = 10,
  CloningFailure = 11,
}

/** The numbers in a VM's `LCM_STATE`: what an active VM is doing. 13, 14 and 58 are no longer used. */
export enum LcmState {
  Init = 0,
  Prolog = 1,
  Boot = 2,
  Running = 3,
  Migrate = 4,
  SaveStop = 5,
  SaveSuspend = 6,
  SaveMigrate = 7,
  PrologMigrate = 8,
  PrologResume = 9,
  EpilogStop = 10,
  Epilog = 11,
  Shutdown = 12,
  CleanupResubmit = 15,
  Unknown = 16,
  Hotplug = 17,
  ShutdownPoweroff = 18,
  BootUnknown = 19,
  BootPoweroff = 20,
  BootSuspended = 21,
  BootStopped = 22,
  CleanupDelete = 23,
  HotplugSnapshot = 24,
  HotplugNic = 25,
  HotplugSaveas = 26,
  HotplugSaveasPoweroff = 27,
  HotplugSaveasSuspended = 28,
  ShutdownUndeploy = 29,
  EpilogUndeploy = 30,
  PrologUndeploy = 31,
  BootUndeploy = 32,
  HotplugPrologPoweroff = 33,
  HotplugEpilogPoweroff = 34,
  BootMigrate = 35,
  BootFailure = 36,
  BootMigrateFailure = 37,
  PrologMigrateFailure = 38,
  PrologFailure = 39,
  EpilogFailure = 40,
  EpilogStopFailure = 41,
  EpilogUndeployFailure = 42,
  PrologMigratePoweroff = 43,
  PrologMigratePoweroffFailure = 44,
  PrologMigrateSuspend = 45,
  PrologMigrateSuspendFailure = 46,
  BootUndeployFailure = 47,
  BootStoppedFailure = 48,
  PrologResumeFailure = 49,
  PrologUndeployFailure = 50,
  DiskSnapshotPoweroff = 51,
  DiskSnapshotRevertPoweroff = 52,
  DiskSnapshotDeletePoweroff = 53,
  DiskSnapshotSuspended = 54,
  DiskSnapshotRevertSuspended = 55,
  DiskSnapshotDeleteSuspended = 56,
  DiskSnapshot = 57,
  DiskSnapshotDelete = 59,
  PrologMigrateUnknown = 60,
  PrologMigrateUnknownFailure = 61,
  DiskResize = 62,
  DiskResizePoweroff = 63,
  DiskResizeUndeployed = 64,
  HotplugNicPoweroff = 65,
  HotplugResize = 66,
  HotplugSaveasUndeployed = 67,
  HotplugSaveasStopped = 68,
  Backup = 69,
  BackupPoweroff = 70,
  Restore = 71,
}

/** oned's word for a VM's state as `onevm show` prints it: `POWEROFF`, and for an active VM the life-cycle state: `RUNNING`. */
export function vmStateWord(vm: { state: number; lcmState: number }): string {
  const active = (vm.state as VmState) === VmState.Active && vm.lcmState !== (LcmState.Init as number);
  const word = active ? LcmState[vm.lcmState] : VmState[vm.state];
  if (word === undefined) return active ? `LCM_STATE ${vm.lcmState}` : `STATE ${vm.state}`;
  return word.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** True if the VM is in one of the states out of which only `recover` leads. */
export function hasFailed(vm: { state: number; lcmState: number }): boolean {
  return /FAILURE$/.test(vmStateWord(vm));
}
