// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import {
  attributeText,
  HostState,
  hostStateWord,
  HostStatus,
  TransportError,
  TransportFailure,
  type Host,
} from "../../opennebula";
import type { ResourceCall } from "../resource";

/** How long a host's transitions may take; all in seconds. */
export interface HostTiming {
  /** For a host to be monitored, unless the resource has a custom timeout. */
  monitoredSeconds: number;
  /** For VMs that are being ended elsewhere in the same run to leave a host before its deletion is refused. */
  emptySeconds: number;
  goneSeconds: number;
  /** First pause between two looks; it grows up to {@link pollMaxSeconds}. */
  pollSeconds: number;
  pollMaxSeconds: number;
  /** How often a host in error is tried again: by itself oned may take minutes. */
  retrySeconds: number;
}

export const HOST_TIMING: HostTiming = {
  monitoredSeconds: 300,
  emptySeconds: 60,
  goneSeconds: 60,
  pollSeconds: 0.5,
  pollMaxSeconds: 5,
  retrySeconds: 20,
};

/**
 * Waits until oned monitors the host. A host that somebody disabled on purpose is not waited for.
 *
 * @throws Error with the state, oned's own reason and what to look at.
 */
export async function waitUntilOn(
  call: ResourceCall,
  id: number,
  timing: HostTiming & { enable: boolean },
): Promise<Host> {
  const { hosts } = call.one();
  const seconds = budget(call, timing.monitoredSeconds);
  let tried = Date.now();
  let last: Host | undefined;
  const done = await poll(call, { seconds, timing }, async () => {
    const host = await hosts.find(id, { signal: call.context.signal });
    if (host === undefined) throw new Error(`host ${id} was deleted while it was waited for`);
    last = host;
    const state = hostStateWord(host.state);
    if (state === "on" || (!timing.enable && (state === "dsbl" || state === "off"))) return true;
    if ((host.state as HostState) === HostState.Error && Date.now() - tried > timing.retrySeconds * 1000) {
      tried = Date.now();
      await hosts.setStatus(id, HostStatus.Enabled, { signal: call.context.signal });
    }
    return false;
  });
  if (done && last !== undefined) return last;
  throw new Error(notMonitored(id, seconds, last));
}

function notMonitored(id: number, seconds: number, host: Host | undefined): string {
  const name = host === undefined ? `host ${id}` : `host "${host.name}" (id ${id})`;
  const state = host === undefined ? "oned did not answer" : `its state is ${hostStateWord(host.state)}`;
  const reason = host === undefined ? undefined : attributeText(host.template, "ERROR");
  const says = reason === undefined ? "" : `; oned says: ${reason.replace(/\s+/g, " ").slice(0, 500)}`;
  const cure =
    'check that the front-end reaches it by that name over SSH as oneadmin ("onehost show", /var/log/one/oned.log)';
  return `${name} is registered, but oned does not monitor it after ${seconds} s: ${state}${says}; ${cure}`;
}

/**
 * Waits a little for VMs to leave.
 *
 * @returns false if the host is gone already.
 * @throws Error naming the VMs that stay.
 */
export async function waitUntilEmpty(call: ResourceCall, id: number, timing: HostTiming): Promise<boolean> {
  const { hosts } = call.one();
  let last: Host | undefined;
  const seconds = budget(call, timing.emptySeconds);
  const done = await poll(call, { seconds, timing }, async () => {
    last = await hosts.find(id, { signal: call.context.signal });
    return last === undefined || (last.vmIds.length === 0 && last.runningVms === 0);
  });
  if (done) return last !== undefined;
  const vms = last?.vmIds ?? [];
  const which = vms.length > 10 ? `${vms.slice(0, 10).join(", ")}, ...` : vms.join(", ");
  throw new Error(
    `host "${last?.name ?? id}" (id ${id}) still has ${Math.max(vms.length, last?.runningVms ?? 0)} VM(s)` +
      `${which === "" ? "" : ` (id ${which})`} and is not deleted; migrate or terminate them, then run again`,
  );
}

/** @throws Error if oned keeps the host. */
export async function waitUntilGone(call: ResourceCall, id: number, timing: HostTiming): Promise<void> {
  const seconds = budget(call, timing.goneSeconds);
  const { hosts } = call.one();
  const done = await poll(call, { seconds, timing }, async () => {
    return (await hosts.find(id, { signal: call.context.signal })) === undefined;
  });
  if (!done) throw new Error(`host ${id} is still there ${seconds} s after oned accepted its deletion`);
}

/** Ends before the engine does, so that the reason is told and the host kept in the state. */
function budget(call: ResourceCall, otherwise: number): number {
  const { deadlineSeconds } = call.context;
  return deadlineSeconds > 0 ? Math.max(1, deadlineSeconds - Math.min(5, deadlineSeconds / 10)) : otherwise;
}

const PASSING = new Set([
  TransportFailure.Connect,
  TransportFailure.Reset,
  TransportFailure.Truncated,
  TransportFailure.Timeout,
]);

/** Looks until the answer is yes; false when the time is over. An oned that restarts meanwhile is waited for as well. */
async function poll(
  call: ResourceCall,
  limits: { seconds: number; timing: HostTiming },
  look: () => Promise<boolean>,
): Promise<boolean> {
  const end = Date.now() + limits.seconds * 1000;
  let pause = limits.timing.pollSeconds * 1000;
  let broken: unknown;
  for (;;) {
    try {
      if (await look()) return true;
      broken = undefined;
    } catch (error) {
      if (!(error instanceof TransportError) || !PASSING.has(error.failure)) throw error;
      broken = error;
    }
    const left = end - Date.now();
    if (left <= 0) {
      if (broken !== undefined) throw broken as Error;
      return false;
    }
    await sleep(Math.min(pause, left), undefined, { signal: call.context.signal });
    pause = Math.min(pause * 1.5, limits.timing.pollMaxSeconds * 1000);
  }
}
