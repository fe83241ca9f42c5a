// SPDX-License-Identifier: Apache-2.0
import type { DeployedCloud } from "../cloud";
import { journalAt, type LogPlace } from "../logs/query";
import { commandLine } from "../quote";
import { ChainReader, type ChainCopy, type ChainExpectation } from "./chain";
import { AUDIT_UNIT, keeperOf, placeOf } from "./copies";
import type { SeenChain, Witness } from "./witness";

/** A year of records is read in minutes. */
const DEADLINE = 600_000;
const DAY = 86_400_000_000;
/** A record is on its way for seconds; what only its own host has for longer, that host could still write anew. Microseconds. */
const ARRIVAL = 10 * 60_000_000;
/** Files of a day go as a whole, when their first record is too old; the job that removes them runs hourly. */
const SLACK_DAYS = 2;

export interface ChainVerdict {
  host: string;
  /** The host that has the copy; undefined where there is no other. */
  keptBy?: string;
  /** Records that were looked at on the host itself. */
  records: number;
  /** When the oldest one was written (ISO 8601). */
  since?: string;
  /** When the chain was last looked at from here (ISO 8601); undefined where this is the first time. */
  seen?: string;
  /** Empty: whole, both copies tell the same, and neither lacks what was seen before. */
  problems: string[];
}

/** What is to be remembered of each host, beside what was found. */
export interface AuditVerification {
  verdicts: ChainVerdict[];
  /** Where a chain is broken it is what was remembered before: the next look tells of it again. */
  witness: Witness;
}

export interface VerifyOptions {
  witness: Witness;
  /** Hosts whose chains are taken as they are; problems show from there on. */
  accept?: readonly string[];
  now?: Date;
}

/**
 * Reads every host's chain from the host and from the one that keeps its copy, computes every digest here, and compares them with each
 * other and with what was seen before.
 *
 * @throws Error when a host is not of the cloud or cannot be asked.
 */
export async function verifyAudit(cloud: DeployedCloud, options: VerifyOptions): Promise<AuditVerification> {
  const { witness, accept = [], now = new Date() } = options;
  accept.forEach((host) => cloud.host(host));
  const results = await Promise.all(cloud.hosts.map(({ name }) => verifyHost(cloud, name, witness[name], now)));
  const remembered = { ...witness };
  for (const { verdict, own } of results) {
    const isAccepted = accept.includes(verdict.host);
    if (own.last === undefined || (verdict.problems.length > 0 && !isAccepted)) continue;
    const accepted = isAccepted ? own.last.digest : witness[verdict.host]?.accepted;
    remembered[verdict.host] = { ...own.last, seen: now.toISOString(), accepted };
  }
  return { verdicts: results.map(({ verdict }) => verdict), witness: remembered };
}

async function verifyHost(
  cloud: DeployedCloud,
  host: string,
  seen: SeenChain | undefined,
  now: Date,
): Promise<{ verdict: ChainVerdict; own: ChainCopy }> {
  const keeper = keeperOf(cloud, host);
  const { accepted } = seen ?? {};
  const wanted = seen ? [seen.n] : [];
  // The copy first: whatever it has, the host must have too.
  const copy =
    keeper === undefined
      ? undefined
      : await readChain(cloud, keeper, placeOf(cloud, host, keeper)!, { host, wanted, accepted });
  const own = await readChain(cloud, host, "own", {
    host,
    wanted: copy?.last ? [...wanted, copy.last.n, copy.last.n + 1] : wanted,
    accepted,
  });
  const problems = [
    ...own.problems.map((problem) => `on ${host}: ${problem}`),
    ...(copy?.problems ?? []).map((problem) => `on ${keeper}: ${problem}`),
    ...(own.records === 0 ? [`on ${host}: there are no records`] : []),
    ...(copy ? compared(host, keeper!, own, copy) : []),
    ...(copy ? late(keeper!, own, copy, now) : []),
    ...begun([own, copy], { days: cloud.config.logs.days, accepted, now }),
    ...(seen ? remembered(seen, own, copy) : []),
  ];
  const since = own.first && isoTime(own.first.time);
  return { verdict: { host, keptBy: keeper, records: own.records, since, seen: seen?.seen, problems }, own };
}

async function readChain(
  cloud: DeployedCloud,
  where: string,
  place: LogPlace,
  expected: ChainExpectation,
): Promise<ChainCopy> {
  const reader = new ChainReader(expected);
  const marks = [`_SYSTEMD_UNIT=${AUDIT_UNIT}`, "SYSLOG_IDENTIFIER=opennebula-audit"];
  const words = commandLine(["sudo", "-n", ...journalAt(place), "--output=cat", ...marks]);
  const { exitCode, stderr } = await cloud.stream(
    where,
    words,
    (chunk) => reader.take(chunk),
    AbortSignal.timeout(DEADLINE),
  );
  // Where nothing came yet there is no file.
  if (exitCode !== 0 && !stderr.includes("No such file or directory"))
    throw new Error(`host ${where}: journalctl: ${stderr.trim().split("\n").at(-1)}`);
  return reader.end();
}

function compared(host: string, keeper: string, own: ChainCopy, { last, problems }: ChainCopy): string[] {
  if (last === undefined) return [`on ${keeper}: there is no copy of ${host}'s records`];
  if (own.last === undefined || own.last.n < last.n)
    return [`on ${host}: ends at record ${own.last?.n ?? 0}, ${keeper} has ${last.n}: records were removed`];
  // A copy that is broken in itself ends anywhere.
  if (own.digests.get(last.n) !== last.digest && problems.length === 0)
    return [`record ${last.n} or one before it differs between ${host} and ${keeper}`];
  return [];
}

/** What was written long before anybody looked must have arrived, however little the host writes. */
function late(keeper: string, own: ChainCopy, { last }: ChainCopy, now: Date): string[] {
  const oldest = last && own.times.get(last.n + 1);
  if (oldest === undefined || now.getTime() * 1000 - oldest <= ARRIVAL) return [];
  const missing = `${own.last!.n - last!.n} later ones, from ${isoTime(oldest)} on, have not arrived`;
  return [`on ${keeper}: the copy ends at record ${last!.n}, ${missing}`];
}

/** Records go by age alone: one that is the oldest, not the first of its chain, and young has lost those before it. */
function begun(
  copies: (ChainCopy | undefined)[],
  { days, accepted, now }: { days: number; accepted?: string; now: Date },
): string[] {
  const firsts = copies.map((copy) => copy?.first).filter((link) => link !== undefined);
  const [oldest] = firsts.sort((a, b) => a.time - b.time);
  if (oldest === undefined || oldest.n === 1 || oldest.digest === accepted) return [];
  const age = (now.getTime() * 1000 - oldest.time) / DAY;
  if (age >= days - SLACK_DAYS) return [];
  return [
    `begins at record ${oldest.n} of ${isoTime(oldest.time)}, and records are kept for ${days} days: the ones before were removed, or there was no room (logs.storeGib, logs.bufferGib)`,
  ];
}

/** A chain goes on from where it was when somebody last looked. */
function remembered(seen: SeenChain, own: ChainCopy, copy: ChainCopy | undefined): string[] {
  const before = `record ${seen.n}, which was seen on ${seen.seen}`;
  const last = Math.max(own.last?.n ?? 0, copy?.last?.n ?? 0);
  if (last < seen.n) return [`ends at record ${last}, before ${before}: records were removed, or the chain begun anew`];
  const digests = [own.digests.get(seen.n), copy?.digests.get(seen.n)];
  if (digests.some((digest) => digest !== undefined && digest !== seen.digest))
    return [`${before}, or one before it, is another now`];
  const first = Math.min(...[own.first?.n, copy?.first?.n].filter((n) => n !== undefined));
  // Gone by age: what is left begins later.
  return digests.some((digest) => digest !== undefined) || first > seen.n ? [] : [`${before}, is gone`];
}

function isoTime(microseconds: number): string {
  return new Date(microseconds / 1000).toISOString();
}

/** For people, one host a line and its problems below. */
export function verdictText(verdicts: ChainVerdict[]): string {
  return verdicts
    .flatMap(({ host, keptBy, records, since, seen, problems }) => [
      `${host}  ${problems.length === 0 ? "whole" : "BROKEN"}  ${records} records since ${since ?? "-"}, copy on ${keptBy ?? "no other host"}, ${seen ? `last looked at ${seen}` : "looked at for the first time"}`,
      ...problems.map((problem) => `    ${problem}`),
    ])
    .join("\n");
}
