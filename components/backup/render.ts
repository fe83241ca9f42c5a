// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import { backupHost } from "../host/backup";
import type { FileEntry, HostState, Step } from "../host/state";
import { jsonText, token } from "../host/structured";
import { ref, secretRef, text } from "../host/text";
import { TEXTFILES } from "../host/textfiles";
import type { BackupPlan } from "./plan";

const STATE = "/var/lib/opennebula-backup";
const NODE = "/usr/bin/node";
const FAILED_UNIT = "opennebula-backup-failed@";
const { program, settings, recipients, unit } = backupHost;

/** References that the backup layer resolves. */
const backupValue = {
  program: ref("backup.program"),
  accessKey: ref("backup.accessKey"),
  secretKey: secretRef("backup.secretKey"),
  password: secretRef("backup.password"),
  /** Of the repositories of VM backups. */
  vmPassword: secretRef("backup.vmPassword"),
  /** Of their copies in the bucket. */
  vmCopyPassword: secretRef("backup.vmCopyPassword"),
  /** The stack's own public key. */
  recipient: ref("backup.recipient"),
  /** What this host proves with that a backup is its own. */
  sealKey: (host: string) => secretRef(`${host}.backup.sealKey`),
  generation: (host: string) => ref(`${host}.backup.generation`),
};

/** When each kind runs: nights are spread, so that not all hosts write at once. */
interface Schedule {
  calendar: string;
  spreadSeconds: number;
}

/** Program, settings and timers of one host. */
export function renderBackup(plan: BackupPlan): HostState {
  const schedules = schedulesOf(plan);
  return {
    packages: { age: "*", nodejs: "*", restic: "*", zstd: "*" },
    directories: { "/etc/opennebula-backup": { mode: "0700" }, [STATE]: { mode: "0700" } },
    files: {
      [program]: { content: text`${backupValue.program}` },
      [settings]: { content: settingsText(plan), mode: "0600", secret: true },
      [recipients]: { content: recipientsText(plan) },
      [`/etc/systemd/system/${unit}.service`]: { content: service() },
      [`/etc/systemd/system/${FAILED_UNIT}.service`]: { content: failedService() },
      ...Object.fromEntries(Object.entries(schedules).map(([kind, schedule]) => timerFile(kind, schedule))),
    },
    sequence: Object.keys(schedules).map((kind): Step => ({
      unit: `opennebula-backup-${kind}.timer`,
      restartOn: [timerPath(kind)],
    })),
  };
}

function schedulesOf({ hasDatabase, shipMinutes, vms }: BackupPlan): Record<string, Schedule> {
  const everywhere = {
    configuration: { calendar: "*-*-* 02:00:00", spreadSeconds: 3600 },
    // What the night's jobs have stored, and whatever an earlier copy had missed.
    ...(vms && { vms: { calendar: "*-*-* 00/4:50:00", spreadSeconds: 300 } }),
  };
  if (!hasDatabase) return everywhere;
  return {
    ...everywhere,
    database: { calendar: "*-*-* 01:00:00", spreadSeconds: 1800 },
    binlog: { calendar: `*-*-* *:00/${shipMinutes}:00`, spreadSeconds: 20 },
    check: { calendar: "*-*-* 05:00:00", spreadSeconds: 1800 },
  };
}

function settingsText(plan: BackupPlan) {
  return jsonText({
    host: plan.host,
    repository: {
      url: plan.repository,
      region: plan.region,
      accessKey: token(backupValue.accessKey),
      secretKey: token(backupValue.secretKey),
      password: token(backupValue.password),
    },
    seal: { key: token(backupValue.sealKey(plan.host)), generation: token(backupValue.generation(plan.host)) },
    recipients,
    paths: plan.paths,
    ...(plan.hasDatabase && {
      database: {
        name: "opennebula",
        credentials: "/var/lib/one/.one",
        units: [services.oned, services.onegate, services.oneflow, services.fireedge].map((service) => service.unit),
      },
    }),
    ...(plan.vms && {
      vms: {
        ...plan.vms,
        password: token(backupValue.vmPassword),
        copyPassword: token(backupValue.vmCopyPassword),
      },
    }),
    objectives: {
      recoveryPoint: plan.objectives.recoveryPointMinutes * 60,
      recoveryTime: plan.objectives.recoveryTimeMinutes * 60,
    },
    stateDirectory: STATE,
    cacheDirectory: "/var/cache/opennebula-backup",
    scratchDirectory: "/var/tmp",
    metricsDirectory: TEXTFILES,
  });
}

function recipientsText(plan: BackupPlan) {
  const own = text`${backupValue.recipient}\n`;
  const others = plan.recipients.map((key) => `${key}\n`).join("");
  return typeof own === "string" ? `${own}${others}` : { parts: [...own.parts, ...(others === "" ? [] : [others])] };
}

function service(): string {
  return [
    "[Unit]",
    "Description=Backup of %i",
    "After=network-online.target mariadb.service",
    "Wants=network-online.target",
    `OnFailure=${FAILED_UNIT}%i.service`,
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=${NODE} ${program} run %i --settings ${settings}`,
    "SyslogIdentifier=opennebula-backup",
    "TimeoutStartSec=6h",
    "Nice=10",
    "IOSchedulingClass=idle",
    "UMask=0077",
    "NoNewPrivileges=yes",
    "ProtectHome=read-only",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "",
  ].join("\n");
}

/** Also for runs that ended before they could say so themselves. */
function failedService(): string {
  return [
    "[Unit]",
    "Description=Says that the backup of %i failed",
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=${NODE} ${program} failed %i --settings ${settings}`,
    "SyslogIdentifier=opennebula-backup",
    "UMask=0077",
    "",
  ].join("\n");
}

const timerPath = (kind: string): string => `/etc/systemd/system/opennebula-backup-${kind}.timer`;

function timerFile(kind: string, { calendar, spreadSeconds }: Schedule): [string, FileEntry] {
  const content = [
    "[Unit]",
    `Description=Backups of ${kind}`,
    "",
    "[Timer]",
    `OnCalendar=${calendar}`,
    `RandomizedDelaySec=${spreadSeconds}`,
    // What was missed while the host was off is made up for.
    "Persistent=yes",
    `Unit=${unit}${kind}.service`,
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
  return [timerPath(kind), { content }];
}
