// SPDX-License-Identifier: Apache-2.0
import type { Manifest } from "../../onhost/backup/src/manifest";
import type { ResticSnapshot } from "../../onhost/backup/src/repository";
import { isAuthentic, type AuthenticBackup, type Backup } from "./authentic";

/** How many of each age are kept. */
export interface Retention {
  daily: number;
  weekly: number;
  monthly: number;
}

const DAY_SECONDS = 86_400;
/** Binary logs are of use only behind a dump that is still there. */
const BINLOG_DAYS = 8;
/** 1970-01-01 was a Thursday: weeks begin on Mondays. */
const THURSDAY = 3;

/**
 * What is too old: of each machine and kind the newest of a day, week and month is kept, that many times; of a machine that is gone
 * nothing beyond the longest of these times. Judged by what the manifests say, so that nothing that somebody plants or dates anew
 * makes a real backup look superfluous. What is not authentic is left alone.
 *
 * @param now - seconds since 1970.
 * @returns ids.
 */
export function superfluous(backups: readonly Backup[], retention: Retention, now: number): string[] {
  const groups = new Map<string, AuthenticBackup[]>();
  for (const backup of backups.filter(isAuthentic)) {
    const { host, generation, kind } = backup.manifest;
    const name = JSON.stringify([host, generation, kind]);
    groups.set(name, [...(groups.get(name) ?? []), backup]);
  }
  const { daily, weekly, monthly } = retention;
  const longestDays = Math.max(daily, weekly * 7, monthly * 31);
  return [...groups.values()].flatMap((group) => {
    const [{ kind, isCurrent }] = group as [AuthenticBackup];
    const manifests = group.map(({ manifest }) => manifest);
    const kept = kind === "binlog" ? younger(group, now, BINLOG_DAYS) : byAge(manifests, retention);
    const young = isCurrent ? kept : younger(group, now, longestDays);
    const isKept = ({ sequence }: Manifest): boolean => kept.has(sequence) && young.has(sequence);
    return group.filter(({ manifest }) => !isKept(manifest)).map(({ id }) => id);
  });
}

/**
 * Copies of VM backups that are too old, of each VM by itself. No seal proves them: their times are whatever somebody has stored, so
 * that what is dated later than now makes no other superfluous, and stays.
 *
 * @param now - seconds since 1970.
 * @returns ids.
 */
export function superfluousVms(
  snapshots: readonly Pick<ResticSnapshot, "short_id" | "time" | "tags">[],
  retention: Retention,
  now: number,
): string[] {
  const groups = new Map<string, (Dated & { id: string })[]>();
  for (const { short_id: id, time, tags = [] } of snapshots) {
    const takenAt = Date.parse(time) / 1000;
    if (!(takenAt <= now)) continue;
    const name = JSON.stringify([...tags].sort());
    groups.set(name, [...(groups.get(name) ?? []), { id, sequence: takenAt, takenAt }]);
  }
  return [...groups.values()].flatMap((group) => {
    const kept = byAge(group, retention);
    return group.filter(({ sequence }) => !kept.has(sequence)).map(({ id }) => id);
  });
}

type Dated = Pick<Manifest, "sequence" | "takenAt">;

function younger(group: readonly AuthenticBackup[], now: number, days: number): Set<number> {
  const young = group.filter(({ manifest }) => manifest.takenAt > now - days * DAY_SECONDS);
  return new Set(young.map(({ manifest }) => manifest.sequence));
}

/** Sequences: the same backup stored twice is kept or dropped as one. */
function byAge(group: readonly Dated[], { daily, weekly, monthly }: Retention): Set<number> {
  const newestFirst = [...group].sort((a, b) => b.sequence - a.sequence);
  const day = (seconds: number): number => Math.floor(seconds / DAY_SECONDS);
  const ages: [number, (seconds: number) => number | string][] = [
    [daily, day],
    [weekly, (seconds) => Math.floor((day(seconds) + THURSDAY) / 7)],
    [monthly, (seconds) => new Date(seconds * 1000).toISOString().slice(0, 7)],
  ];
  const kept = new Set<number>();
  for (const [count, periodOf] of ages) {
    const periods = new Set<number | string>();
    for (const { sequence, takenAt } of newestFirst) {
      const period = periodOf(takenAt);
      if (periods.size < count && !periods.has(period)) kept.add(sequence);
      if (periods.size < count) periods.add(period);
    }
  }
  return kept;
}
