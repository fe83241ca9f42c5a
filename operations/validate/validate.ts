// SPDX-License-Identifier: Apache-2.0
import type { DeployedCloud } from "../cloud";
import type { Check, CheckResult } from "./check";
import { checks as allChecks } from "./checks";
import { redactor } from "./redact";
import { countsOf, readinessOf, type ValidationReport } from "./report";
import { runChecks } from "./runner";
import { selectChecks, type Selection } from "./select";

export interface ValidateOptions extends Selection {
  cloud: DeployedCloud;
  /** Checks at once. @default 6 */
  concurrency?: number;
  /** @default every check of the product */
  checks?: readonly Check[];
  onStart?: (check: Check) => void;
  onResult?: (result: CheckResult) => void;
}

/**
 * Looks whether a cloud is as it should be.
 *
 * @throws Error when the selection leaves no check; what checks find is in the report.
 */
export async function validate(options: ValidateOptions): Promise<ValidationReport> {
  const { cloud, impact = "read", concurrency, onStart, onResult } = options;
  const checks = selectChecks(options.checks ?? allChecks, options);
  const started = Date.now();
  const redact = redactor(cloud.secrets);
  const guests = (): never => {
    throw new Error("no test VMs");
  };
  const results = redact(
    await runChecks({
      checks,
      context: { cloud, guests },
      concurrency,
      onStart,
      onResult: (result) => onResult?.(redact(result)),
    }),
  );
  return {
    schemaVersion: 1,
    stack: cloud.stack.name,
    opennebula: cloud.config.opennebula.version,
    hosts: cloud.hosts.map(({ name, roles, managementAddress }) => ({ name, roles: [...roles], managementAddress })),
    startedAt: new Date(started).toISOString(),
    seconds: (Date.now() - started) / 1000,
    impact,
    readiness: readinessOf(results),
    counts: countsOf(results),
    results,
  };
}
