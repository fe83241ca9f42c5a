// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Settings } from "./settings";

/** What is known of one kind of backup on this host. Times in seconds since 1970. */
export interface Status {
  lastSuccess?: number;
  /** Of the first good run on this host: from then on a proof can be asked for. */
  firstSuccess?: number;
  lastDuration?: number;
  lastBytes?: number;
  /** Whether the newest run failed. */
  failed?: boolean;
  verified?: number;
  restoreDuration?: number;
}

const METRICS: Record<keyof Status, { name: string; help: string }> = {
  lastSuccess: { name: "last_success_timestamp_seconds", help: "When the newest good backup began." },
  firstSuccess: { name: "first_success_timestamp_seconds", help: "When the first good backup began." },
  lastDuration: { name: "last_duration_seconds", help: "How long it took." },
  lastBytes: {
    name: "last_size_bytes",
    help: "Its encrypted content, before the repository compares it with earlier ones.",
  },
  failed: { name: "failed", help: "1 when the newest run failed." },
  verified: { name: "verified_timestamp_seconds", help: "When a backup was last restored and compared." },
  restoreDuration: { name: "restore_duration_seconds", help: "How long the newest restore took." },
};
const PREFIX = "opennebula_scaleway_backup_";

/** Changes the status of a kind and shows it to the textfile collector. */
export function record(settings: Settings, kind: string, change: Status): void {
  const folder = join(settings.stateDirectory, "status");
  const file = join(folder, `${kind}.json`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Status) : {};
  const firstSuccess = before.firstSuccess ?? change.lastSuccess;
  const status = { ...before, ...change, ...(firstSuccess !== undefined && { firstSuccess }) };
  replace(file, JSON.stringify(status), 0o600);
  mkdirSync(settings.metricsDirectory, { recursive: true });
  // A temporary name that the collector does not read.
  const metrics = join(settings.metricsDirectory, `opennebula_scaleway_backup_${kind}.prom`);
  replace(metrics, metricsText(settings, kind, status), 0o644);
}

function metricsText({ objectives }: Settings, kind: string, status: Status): string {
  const lines = Object.entries(METRICS).flatMap(([field, { name, help }]) => {
    const value = status[field as keyof Status];
    if (value === undefined) return [];
    return [
      `# HELP ${PREFIX}${name} ${help}`,
      `# TYPE ${PREFIX}${name} gauge`,
      `${PREFIX}${name}{kind="${kind}"} ${Number(value)}`,
    ];
  });
  const objective = [
    ["recovery_point", objectives.recoveryPoint],
    ["recovery_time", objectives.recoveryTime],
  ] as const;
  // Dumps and archives are older by design: what bounds the loss is the shipping of binary logs.
  const own = objective.filter(([what]) => what === "recovery_time" || kind === "binlog");
  return [
    ...lines,
    `# HELP ${PREFIX}objective_seconds What the stack file promises.`,
    `# TYPE ${PREFIX}objective_seconds gauge`,
    ...own.map(([what, seconds]) => `${PREFIX}objective_seconds{kind="${kind}",objective="${what}"} ${seconds}`),
    "",
  ].join("\n");
}

/** When a copy of each VM's backup was last read whole on this host. */
export interface VmProofs {
  /** Seconds since 1970; undefined of a VM whose copies nobody has read yet. */
  of(vm: string): number | undefined;
  /** Notes that it was now. */
  proven(vm: string): void;
}

export function vmProofs({ stateDirectory }: Settings): VmProofs {
  const file = join(stateDirectory, "status", "vm-proofs.json");
  const times = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, number>) : {};
  return {
    of: (vm) => times[vm],
    proven: (vm) => {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      replace(file, JSON.stringify({ ...times, [vm]: Math.floor(Date.now() / 1000) }), 0o600);
    },
  };
}

/** Shows the textfile collector how old the newest copied backup of each VM is. */
export function showVmAges(settings: Settings, ages: Record<string, number>): void {
  const name = `${PREFIX}vm_newest_timestamp_seconds`;
  const lines = Object.entries(ages).map(([vm, time]) => `${name}{vm="${vm}"} ${time}`);
  const head = [`# HELP ${name} When the newest copied backup of a VM was taken.`, `# TYPE ${name} gauge`];
  mkdirSync(settings.metricsDirectory, { recursive: true });
  const file = join(settings.metricsDirectory, "opennebula_scaleway_backup_vm_ages.prom");
  replace(file, [...head, ...lines, ""].join("\n"), 0o644);
}

function replace(file: string, text: string, mode: number): void {
  writeFileSync(`${file}.new`, text, { mode });
  renameSync(`${file}.new`, file);
}
