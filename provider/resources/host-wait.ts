// SPDX-License-Identifier: Apache-2.0
import { attributeText, HostState, hostStateWord, HostStatus, type Host } from "../../opennebula";
import { budget, PACE, poll, type Pace } from "../framework/wait";
import type { ResourceCall } from "../resource";

/** How long a host's transitions may take; all in seconds. */
export interface HostTiming extends Pace {
  /** For a host to be monitored, unless the resource has a custom timeout. */
  monitoredSeconds: number;
  /** For VMs that are being ended elsewhere in the same run to leave a host before its deletion is refused. */
  emptySeconds: number;
  goneSeconds: number;
  /** How often a host in error is tried again: by itself oned may take minutes. */
  retrySeconds: number;
}

export const HOST_TIMING: HostTiming = {
  monitoredSeconds: 300,
  emptySeconds: 60,
  goneSeconds: 60,
  ...PACE,
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
  const done = await poll(call, { seconds, pace: timing }, async () => {
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
  const done = await poll(call, { seconds, pace: timing }, async () => {
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
  const done = await poll(call, { seconds, pace: timing }, async () => {
    return (await hosts.find(id, { signal: call.context.signal })) === undefined;
  });
  if (!done) throw new Error(`host ${id} is still there ${seconds} s after oned accepted its deletion`);
}
