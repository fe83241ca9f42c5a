// SPDX-License-Identifier: Apache-2.0
import type { HostRole } from "../../catalogue";
import type { DeployedCloud, DeployedHost } from "../cloud";
import type { GuestPair } from "./guests";

/** What a check is about; the report has one section for each, in this order. */
export const AREAS = [
  "services",
  "hosts",
  "network",
  "storage",
  "vm",
  "marketplace",
  "database",
  "tls",
  "firewall",
  "users",
  "monitoring",
  "backup",
  "secrets",
  "quotas",
  "raft",
] as const;

export type Area = (typeof AREAS)[number];

/** How bad it is when a check fails: a cloud with a failed `critical` check is not ready, one with a failed `warning` is. */
export type Severity = "critical" | "warning";

/**
 * What a check does to the cloud. `read` changes nothing; `load` puts load on hosts or makes test objects, which are tagged and
 * removed; `disrupt` interrupts something that people use.
 */
export type Impact = "read" | "load" | "disrupt";

export type Verdict = "pass" | "fail" | "error" | "not applicable";

/** One figure that was measured. */
export interface Measurement {
  /** E.g. `latency on the management network`; figures of the same name are drawn together. */
  name: string;
  /** Host, or the side where it starts. */
  from: string;
  /** The other side, for figures between two. */
  to?: string;
  value: number;
  unit: "ms" | "%" | "bytes" | "MB/s" | "Mbit/s" | "s" | "days" | "IOPS";
}

/** What a check found. */
export interface Outcome {
  verdict: "pass" | "fail" | "not applicable";
  /** What was seen, one sentence or line each; where it failed the reasons come first. Never a secret. */
  evidence: string[];
  /** What had to hold, in words. */
  threshold?: string;
  measurements?: Measurement[];
}

/** What a check works with: the cloud, and helpers that keep its deadline. */
export interface CheckContext {
  cloud: Pick<
    DeployedCloud,
    "hosts" | "frontend" | "withRole" | "host" | "config" | "certificateAuthority" | "root" | "run" | "oned"
  >;
  /** Aborted when the check's time is over. */
  signal: AbortSignal;
  /** The test VMs that all checks of VMs share; made by whoever asks first. */
  guests: () => Promise<GuestPair>;
}

/** One check; a file below `checks/` makes one. It may throw: that is the verdict `error` of this check alone. */
export interface Check {
  /** `<area>/<name>`, as the file is called. */
  id: string;
  title: string;
  area: Area;
  severity: Severity;
  /** @default "read" */
  impact?: Impact;
  /** Checks that share a word here run one after the other, in the order of the list. */
  exclusive?: "load" | "guests";
  /** Until it must be done. */
  seconds: number;
  /** What to do when it fails. */
  cure: string;
  run(context: CheckContext): Promise<Outcome>;
}

/** What came of a check. */
export interface CheckResult extends Omit<Outcome, "verdict"> {
  id: string;
  title: string;
  area: Area;
  severity: Severity;
  verdict: Verdict;
  seconds: number;
  /** Present where it failed. */
  cure?: string;
}

/** Failed when there are problems, else passed; problems stand before the evidence. */
export function judge(
  problems: readonly string[],
  evidence: readonly string[],
  more: Pick<Outcome, "threshold" | "measurements"> = {},
): Outcome {
  return { verdict: problems.length > 0 ? "fail" : "pass", evidence: [...problems, ...evidence], ...more };
}

/** The check does not concern this cloud. */
export function notApplicable(why: string): Outcome {
  return { verdict: "not applicable", evidence: [why] };
}

/** What hosts answered to the same question, side by side; the first that fails fails the check. */
export async function askHosts<T>(
  context: CheckContext,
  role: HostRole | undefined,
  ask: (host: DeployedHost) => Promise<T>,
): Promise<{ host: DeployedHost; answer: T }[]> {
  const { cloud } = context;
  const hosts = role === undefined ? cloud.hosts : cloud.withRole(role);
  return Promise.all(hosts.map(async (host) => ({ host, answer: await ask(host) })));
}

/** Every ordered pair of two different hosts. */
export function pairsOf<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((from) => items.filter((to) => to !== from).map((to): [T, T] => [from, to]));
}

/** The hosts on which an answer is not the most frequent one, each with its answer; empty where all agree. */
export function oddOnesOut(answers: readonly { host: DeployedHost; answer: string }[]): string[] {
  const count = (answer: string): number => answers.filter((one) => one.answer === answer).length;
  const usual = [...answers].sort((a, b) => count(b.answer) - count(a.answer))[0]?.answer;
  return answers
    .filter(({ answer }) => answer !== usual)
    .map(({ host, answer }) => `${host.name}: ${answer || "nothing"}, elsewhere ${usual || "nothing"}`);
}
