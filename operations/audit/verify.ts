// SPDX-License-Identifier: Apache-2.0
import { logSource } from "../../catalogue";
import type { DeployedCloud, DeployedHost } from "../cloud";
import { quoteWord } from "../quote";

const PROGRAM = "/usr/bin/python3 -I -B /usr/local/lib/opennebula-scaleway/audit.py";
/** A year of records is read in minutes. */
const SECONDS = 600;

/** What the hosts' program says of one copy of a chain. */
interface ChainReport {
  records: number;
  first: { n: number; time: number } | null;
  last: { n: number; time: number } | null;
  /** SHA-256 of the last record. */
  digest: string | null;
  /** SHA-256 of the record that was asked for. */
  at: string | null;
  problems: { n: number; what: string }[];
}

export interface ChainVerdict {
  host: string;
  /** The host that has the copy; undefined where there is no other. */
  keptBy?: string;
  /** Records that were looked at on the host itself. */
  records: number;
  /** When the oldest one was written (ISO 8601). */
  since?: string;
  /** Empty: whole, and both copies tell the same. */
  problems: string[];
}

/** Checks every host's chain on the host and on the one that keeps its copy, and both against each other. */
export async function verifyAudit(cloud: DeployedCloud): Promise<ChainVerdict[]> {
  return Promise.all(cloud.hosts.map((host) => verifyHost(cloud, host)));
}

async function verifyHost(cloud: DeployedCloud, host: DeployedHost): Promise<ChainVerdict> {
  const { name, managementAddress } = host;
  const keeper = keeperOf(cloud, name);
  const ask = async (where: string, words: string): Promise<ChainReport> =>
    JSON.parse(await cloud.root(where, `${PROGRAM} verify ${words}`, "", SECONDS)) as ChainReport;
  const files = `/var/log/journal/remote/remote-${logSource(managementAddress)}*.journal`;
  // The copy first: whatever it has, the host must have too.
  const copy = keeper === undefined ? undefined : await ask(keeper, `--file ${quoteWord(files)}`);
  const own = await ask(name, copy?.last ? `--at ${copy.last.n}` : "");
  const problems = [
    ...own.problems.map(({ n, what }) => `on ${name}: record ${n} ${what}`),
    ...(copy?.problems ?? []).map(({ n, what }) => `on ${keeper}: record ${n} ${what}`),
    ...(own.records === 0 ? [`on ${name}: there are no records`] : []),
    ...(copy ? compared(name, keeper!, own, copy) : []),
  ];
  const since = own.first ? new Date(own.first.time / 1000).toISOString() : undefined;
  return { host: name, keptBy: keeper, records: own.records, since, problems };
}

function compared(host: string, keeper: string, own: ChainReport, copy: ChainReport): string[] {
  if (copy.last === null) return [`on ${keeper}: there is no copy of ${host}'s records`];
  if (own.last === null || own.last.n < copy.last.n)
    return [`on ${host}: ends at record ${own.last?.n ?? 0}, ${keeper} has ${copy.last.n}: records were removed`];
  if (own.at !== copy.digest) return [`record ${copy.last.n} or one before it differs between ${host} and ${keeper}`];
  return [];
}

/** As `components/logs/plan.ts` has it: to the front-end, and from there to the first other host. */
function keeperOf(cloud: DeployedCloud, host: string): string | undefined {
  const frontend = cloud.frontend.name;
  if (host !== frontend) return frontend;
  return cloud.hosts
    .map(({ name }) => name)
    .filter((name) => name !== frontend)
    .sort()[0];
}

/** For people, one host a line and its problems below. */
export function verdictText(verdicts: ChainVerdict[]): string {
  return verdicts
    .flatMap(({ host, keptBy, records, since, problems }) => [
      `${host}  ${problems.length === 0 ? "whole" : "BROKEN"}  ${records} records since ${since ?? "-"}, copy on ${keptBy ?? "no other host"}`,
      ...problems.map((problem) => `    ${problem}`),
    ])
    .join("\n");
}
