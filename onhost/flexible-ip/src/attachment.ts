// SPDX-License-Identifier: Apache-2.0
import { ApiFailure, ApiFailureKind, type FlexibleIp, type FlexibleIpApi } from "./api";
import type { Deadline } from "./clock";

const POLL = { first: 500, most: 3_000 };

/** An attachment that did not come about, with the reason. */
export class AttachmentFailure extends Error {}

/**
 * Brings a flexible IP to a server and waits until it is attached there. Each round looks first and acts then, so that a lost
 * answer, a transition that somebody else began and a second call of the same kind all end well.
 *
 * @returns what it did: `unchanged` or `attached`.
 * @throws AttachmentFailure, ApiFailure
 */
export async function attach(
  api: FlexibleIpApi,
  { id, serverId }: { id: string; serverId: string },
  deadline: Deadline,
): Promise<"unchanged" | "attached"> {
  let asked = false;
  let last: FlexibleIp | undefined;
  for (let round = 1; ; round += 1) {
    const ip = await api.get(id, deadline);
    last = ip;
    const here = ip.serverId === serverId;
    if (ip.status === "attached" && here) return asked ? "attached" : "unchanged";
    if (ip.status === "locked") throw new AttachmentFailure(`${ip.address} is locked by Scaleway`);
    if (ip.status === "error" && asked) throw new AttachmentFailure(`${ip.address}: Scaleway reports status error`);
    const settled = ip.status === "ready" || ip.status === "attached" || ip.status === "error";
    if (settled) asked = (await order(api, ip, { serverId, deadline })) || asked;
    if (!(await deadline.backoff(round, POLL))) break;
  }
  throw new AttachmentFailure(`${last.address} is still ${last.status} after ${deadline.seconds} s`);
}

/**
 * Takes a flexible IP from a server, if that server is the one that holds it. Does not wait for the end: a later attachment
 * does, and the reconciler sees one that went wrong.
 *
 * @throws ApiFailure
 */
export async function detach(
  api: FlexibleIpApi,
  { id, serverId }: { id: string; serverId: string },
  deadline: Deadline,
): Promise<"elsewhere" | "detached"> {
  for (let round = 1; ; round += 1) {
    const ip = await api.get(id, deadline);
    if (ip.serverId !== serverId) return "elsewhere";
    if (ip.status === "detaching") return "detached";
    if (ip.status === "locked") throw new AttachmentFailure(`${ip.address} is locked by Scaleway`);
    if (ip.status !== "updating" && (await accepted(() => api.detach(id, deadline)))) return "detached";
    if (!(await deadline.backoff(round, POLL))) {
      throw new AttachmentFailure(`${ip.address} is still ${ip.status} after ${deadline.seconds} s`);
    }
  }
}

/** Orders the attachment; where Scaleway does not take an address straight from another server, it is freed first. */
async function order(
  api: FlexibleIpApi,
  ip: FlexibleIp,
  { serverId, deadline }: { serverId: string; deadline: Deadline },
): Promise<boolean> {
  try {
    return await accepted(() => api.attach(ip.id, serverId, deadline));
  } catch (error) {
    const refused = error instanceof ApiFailure && error.kind === ApiFailureKind.Refused;
    if (!refused || ip.serverId === undefined || ip.serverId === serverId) throw error;
    await accepted(() => api.detach(ip.id, deadline));
    return false;
  }
}

/** Whether a call was taken; a transition in the way (409) is waited for. */
async function accepted(call: () => Promise<void>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === ApiFailureKind.Busy) return false;
    throw error;
  }
}
