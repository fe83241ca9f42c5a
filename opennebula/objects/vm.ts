// SPDX-License-Identifier: Apache-2.0
import { templateFromXml, type Template } from "../template/template";
import type { XmlElement } from "../xml";
import { namedFromXml, type Named } from "./kinds";

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

/** A VM as `one.vm.info` and the pool give it; a pool's is shorter: fewer template attributes. */
export interface Vm extends Named {
  userId: number;
  userName: string;
  groupId: number;
  groupName: string;
  /** See {@link VmState}. */
  state: number;
  /** Life-cycle state; 3 is running. */
  lcmState: number;
  /** The host of the latest history record; undefined for a VM that was never deployed. */
  hostName?: string;
  hostId?: number;
  /** Seconds since 1970. */
  startTime: number;
  /** Seconds since 1970; 0 while the VM lives. */
  endTime: number;
  template: Template;
  userTemplate: Template;
}

const RUNNING = 3;

export function vmFromXml(element: XmlElement): Vm {
  const last = element.child("HISTORY_RECORDS")?.all("HISTORY").at(-1);
  return {
    ...namedFromXml(element),
    userId: element.int("UID", -1),
    userName: element.value("UNAME"),
    groupId: element.int("GID", -1),
    groupName: element.value("GNAME"),
    state: element.int("STATE", -1),
    lcmState: element.int("LCM_STATE", 0),
    ...(last === undefined ? {} : { hostName: last.value("HOSTNAME"), hostId: last.int("HID", -1) }),
    startTime: element.int("STIME", 0),
    endTime: element.int("ETIME", 0),
    template: templateFromXml(element.child("TEMPLATE")),
    userTemplate: templateFromXml(element.child("USER_TEMPLATE")),
  };
}

/** True for a VM whose guest runs. */
export function isRunning(vm: Vm): boolean {
  return (vm.state as VmState) === VmState.Active && vm.lcmState === RUNNING;
}
