// SPDX-License-Identifier: Apache-2.0
import { templateFromXml, type Template, type TemplateVector } from "../template/template";
import type { XmlElement } from "../xml";
import { idsFromText, lockFromXml, namedFromXml, ownedFromXml, vmProgressFromXml } from "./parts";
import type { Lock, Named, Owned, VmProgress } from "./parts";

export interface Hook extends Named {
  lock?: Lock;
  /** `api` or `state`. */
  type: string;
  /** Undefined in lists, which leave them out. */
  executions?: HookExecution[];
  template: Template;
}

export interface HookExecution {
  hookId: number;
  id: number;
  /** Seconds since 1970. */
  time: number;
  arguments: string;
  command: string;
  /** Exit code; 0 is success. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface BackupJob extends Owned, VmProgress {
  /** 0 to 50, high first. */
  priority: number;
  /** Seconds since 1970; 0 before the first run. */
  lastBackupTime: number;
  /** Seconds. */
  lastBackupDuration: number;
  scheduledActionIds: number[];
  template: Template;
}

/** A document for applications above oned; OneFlow keeps services (type 100) and their templates (101) so. */
export interface Document extends Owned {
  type: number;
  template: Template;
}

/** Anti-affinity and affinity of VMs, by role. */
export interface VmGroup extends Owned {
  roles: VmGroupRole[];
  template: Template;
}

export interface VmGroupRole {
  id: number;
  name: string;
  /** `AFFINED`, `ANTI_AFFINED` or empty. */
  policy: string;
  vmIds: number[];
  attributes: TemplateVector;
}

export function hookFromXml(element: XmlElement): Hook {
  const log = element.child("HOOKLOG");
  return {
    ...namedFromXml(element),
    ...lockFromXml(element),
    type: element.value("TYPE"),
    ...(log === undefined ? {} : { executions: log.all("HOOK_EXECUTION_RECORD").map(hookExecutionFromXml) }),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}

export function hookExecutionFromXml(element: XmlElement): HookExecution {
  const result = element.child("EXECUTION_RESULT");
  const decoded = (name: string): string => Buffer.from(result?.value(name) ?? "", "base64").toString();
  return {
    hookId: element.int("HOOK_ID", -1),
    id: element.int("EXECUTION_ID", -1),
    time: element.int("TIMESTAMP", 0),
    arguments: element.value("ARGUMENTS"),
    command: result?.value("COMMAND") ?? "",
    code: result?.int("CODE", -1) ?? -1,
    stdout: decoded("STDOUT"),
    stderr: decoded("STDERR"),
  };
}

export function backupJobFromXml(element: XmlElement): BackupJob {
  return {
    ...ownedFromXml(element),
    ...vmProgressFromXml(element, "BACKING_UP_VMS"),
    priority: element.int("PRIORITY", 0),
    lastBackupTime: element.int("LAST_BACKUP_TIME", 0),
    lastBackupDuration: element.int("LAST_BACKUP_DURATION", 0),
    scheduledActionIds: element.ids("SCHED_ACTIONS"),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}

export function documentFromXml(element: XmlElement): Document {
  return {
    ...ownedFromXml(element),
    type: element.int("TYPE", -1),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}

export function vmGroupFromXml(element: XmlElement): VmGroup {
  return {
    ...ownedFromXml(element),
    roles: (element.child("ROLES")?.all("ROLE") ?? []).map((role) => ({
      id: role.int("ID", -1),
      name: role.value("NAME"),
      policy: role.value("POLICY"),
      vmIds: idsFromText(role.value("VMS")),
      attributes: Object.fromEntries(role.children.map(({ name, text }) => [name, text])),
    })),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}
