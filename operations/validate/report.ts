// SPDX-License-Identifier: Apache-2.0
import type { CheckResult, Impact, Verdict } from "./check";

/** What the whole run says of the cloud. */
export type Readiness = "READY" | "READY WITH WARNINGS" | "NOT READY";

/** A run of `validate`; as JSON it obeys `report.schema.json`. Holds no secret. */
export interface ValidationReport {
  /** Changes when a reader of the old one could no longer understand it. */
  schemaVersion: 1;
  stack: string;
  /** Version of OpenNebula's series in the stack file. */
  opennebula: string;
  hosts: { name: string; roles: string[]; managementAddress: string }[];
  /** ISO 8601. */
  startedAt: string;
  seconds: number;
  /** The most that its checks were allowed to do. */
  impact: Impact;
  readiness: Readiness;
  counts: Record<Verdict, number>;
  results: CheckResult[];
}

/** The verdict on the cloud: a critical check that failed, or could not tell, makes it not ready. */
export function readinessOf(results: readonly CheckResult[]): Readiness {
  const bad = results.filter(({ verdict }) => verdict === "fail" || verdict === "error");
  if (bad.some(({ severity }) => severity === "critical")) return "NOT READY";
  return bad.length > 0 ? "READY WITH WARNINGS" : "READY";
}

export function countsOf(results: readonly CheckResult[]): Record<Verdict, number> {
  const count = (verdict: Verdict): number => results.filter((result) => result.verdict === verdict).length;
  return { pass: count("pass"), fail: count("fail"), error: count("error"), "not applicable": count("not applicable") };
}
