// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";

/** Asks systemd how units stand; the text of `systemctl show`, or undefined where it cannot be asked. */
export type AskUnits = (units: string[]) => Promise<string | undefined>;

const PROPERTIES = "--property=LoadState,ActiveState,Result";
const TIMEOUT_MS = 2000;

/** Anybody on the host may ask that. */
export const askSystemd: AskUnits = (units) =>
  new Promise((resolve) => {
    execFile("systemctl", ["show", PROPERTIES, ...units], { timeout: TIMEOUT_MS }, (error, stdout) =>
      resolve(error ? undefined : stdout),
    );
  });

/**
 * Whether the agent that looks after public addresses does its work: its timer runs and its last look ended well.
 *
 * @param service - its unit, `x.service`, started by `x.timer`.
 * @returns undefined where there is no such agent or nobody knows.
 */
export async function agentHealthy(service: string, ask: AskUnits = askSystemd): Promise<boolean | undefined> {
  const text = await ask([service, service.replace(/\.service$/, ".timer")]);
  const [work, timer] = (text ?? "").trim().split("\n\n");
  if (work === undefined || timer === undefined || !work.includes("LoadState=loaded")) return undefined;
  return /^Result=success$/m.test(work) && /^ActiveState=active$/m.test(timer);
}
