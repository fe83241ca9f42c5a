// SPDX-License-Identifier: Apache-2.0
import type { Lab } from "../../../lab/lab";

/** Invocation ids of a host's running services: systemd makes a new one at each start. */
export type Invocations = Record<string, string>;

/** Started anew for each login or by a timer, and no service of the cloud. */
const passing = /^(user@|user-runtime-dir@|session-|run-|apt-|systemd-|logrotate|man-db|dpkg-)/;

/** What runs on a host, through its namespaces: no login. */
export async function invocations(lab: Lab, host: string): Promise<Invocations> {
  const listed = await lab.exec(host, [
    "systemctl",
    "list-units",
    "--type=service",
    "--state=active",
    "--plain",
    "--no-legend",
  ]);
  const units = listed
    .split("\n")
    .map((line) => line.trim().split(/\s+/)[0] ?? "")
    .filter((unit) => unit !== "" && !passing.test(unit));
  const shown = await lab.exec(host, ["systemctl", "show", "--property=Id,InvocationID", ...units]);
  return Object.fromEntries(
    shown.split("\n\n").flatMap((block) => {
      const id = /^Id=(.+)$/m.exec(block)?.[1];
      const invocation = /^InvocationID=(.*)$/m.exec(block)?.[1];
      return id === undefined || invocation === undefined ? [] : [[id, invocation] as const];
    }),
  );
}

/** Services that were started, stopped or started anew between two looks. */
export function restarted(before: Invocations, after: Invocations): string[] {
  const all = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...all].filter((unit) => before[unit] !== after[unit]).sort();
}

/** Services that systemd starts anew together with another, because their unit files tie them to it. */
export async function boundTo(lab: Lab, host: string, unit: string): Promise<string[]> {
  const shown = await lab.exec(host, [
    "systemctl",
    "show",
    "--property=RequiredBy,BoundBy,ConsistsOf",
    "--value",
    unit,
  ]);
  const active = await invocations(lab, host);
  return [...new Set(shown.split(/\s+/))].filter((name) => name in active);
}
