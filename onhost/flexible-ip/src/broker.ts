// SPDX-License-Identifier: Apache-2.0
import type { FlexibleIp, FlexibleIpApi } from "./api";
import { belongsTo } from "./addresses";
import { attach, detach } from "./attachment";
import { Deadline, type Clock } from "./clock";
import type { CloudView } from "./cloud-view";
import type { WithLock } from "./lock";
import type { Log } from "./log";
import type { GuestAddress } from "./nics";
import { claimsOn, refusal, stillNeeded } from "./occupancy";
import { PROTOCOL, type BrokerAnswer, type BrokerRequest } from "./protocol";

/** What the broker works with. */
export interface BrokerParts {
  api: FlexibleIpApi;
  cloud: CloudView;
  servers: Readonly<Record<string, string>>;
  /** Ids of the flexible IPs that the stack bought. */
  managed: readonly string[];
  withLock: WithLock;
  clock: Clock;
  log: Log;
}

interface Outcome {
  address: string;
  outcome: string;
  problem?: string;
}

type Work = (guest: GuestAddress, ip: FlexibleIp) => Promise<string>;

/**
 * Answers a host. Never throws: every failure is an answer with the reason.
 *
 * @param host - who asks, by the key that it logged in with.
 */
export async function serve(host: string, request: BrokerRequest, parts: BrokerParts): Promise<BrokerAnswer> {
  const deadline = new Deadline(request.seconds, parts.clock);
  try {
    const serverId = parts.servers[host];
    if (serverId === undefined) throw new Error(`${host} is no server of this cloud: run the deployment again`);
    const known = await parts.api.list(deadline);
    const context = { host, serverId, request, deadline, parts };
    const outcomes = request.step === "clean" ? await release(context, known) : await checkOrMove(context, known);
    const problems = outcomes.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
    return {
      protocol: PROTOCOL,
      ok: problems.length === 0,
      problems,
      results: outcomes.map(({ address, outcome }) => ({ address, outcome })),
    };
  } catch (error) {
    const problem = (error as Error).message;
    parts.log({ op: request.step, host, vm: request.vm, outcome: problem });
    return { protocol: PROTOCOL, ok: false, problems: [problem], results: [] };
  }
}

interface Context {
  host: string;
  serverId: string;
  request: BrokerRequest;
  deadline: Deadline;
  parts: BrokerParts;
}

/** `pre` looks, `post` looks and moves; nothing is moved unless everything is as it should be. */
async function checkOrMove(context: Context, known: FlexibleIp[]): Promise<Outcome[]> {
  const { request, parts } = context;
  const found = request.addresses.map((guest) => ({
    guest,
    ip: known.find((ip) => belongsTo(guest.address, ip.address)),
  }));
  const checked = found.map(({ guest, ip }) => ({ guest, ip, problem: mistake(guest, ip, parts.managed) }));
  if (request.step === "pre" || checked.some(({ problem }) => problem !== undefined)) {
    return checked.map(({ guest, problem }) => told(context, guest, problem ?? "ready", problem));
  }
  const move: Work = (guest, ip) =>
    parts.withLock(ip.id, context.deadline, async () => {
      // Inside the lock: what was true when the host asked may have been overtaken by a later request.
      const claims = await parts.cloud.ofVm(request.vm, context.deadline);
      const why = refusal(claims, { vm: request.vm, address: guest.address, host: context.host });
      if (why !== undefined) throw new Error(why);
      return attach(parts.api, { id: ip.id, serverId: context.serverId }, context.deadline);
    });
  return each(context, found, move);
}

/** Gives up what this server holds and no VM needs here; of anything else it says why it stays. */
async function release(context: Context, known: FlexibleIp[]): Promise<Outcome[]> {
  const { parts } = context;
  const found = context.request.addresses.map((guest) => ({
    guest,
    ip: known.find((ip) => belongsTo(guest.address, ip.address) && parts.managed.includes(ip.id)),
  }));
  return each(context, found, (_guest, ip) =>
    parts.withLock(ip.id, context.deadline, async () => {
      const claims = claimsOn(ip, await parts.cloud.all(context.deadline));
      const needed = stillNeeded(claims, context.host);
      return needed ?? detach(parts.api, { id: ip.id, serverId: context.serverId }, context.deadline);
    }),
  );
}

async function each(
  context: Context,
  found: { guest: GuestAddress; ip: FlexibleIp | undefined }[],
  work: Work,
): Promise<Outcome[]> {
  // Two addresses of one VM in one IPv6 network are one flexible IP.
  const once = found.filter(({ ip }, n) => ip === undefined || found.findIndex(({ ip: other }) => other === ip) === n);
  return Promise.all(
    once.map(async ({ guest, ip }) => {
      if (ip === undefined) return told(context, guest, "not a flexible IP of this cloud");
      try {
        return told(context, guest, await work(guest, ip));
      } catch (error) {
        const problem = (error as Error).message;
        return told(context, guest, problem, problem);
      }
    }),
  );
}

function told(context: Context, guest: GuestAddress, outcome: string, problem?: string): Outcome {
  const { host, request, parts } = context;
  parts.log({ op: request.step, host, vm: request.vm, nic: guest.nic, ip: guest.address, outcome });
  return { address: guest.address, outcome, ...(problem !== undefined && { problem }) };
}

/** Why an address cannot work for this guest, before anything is moved. */
function mistake(guest: GuestAddress, ip: FlexibleIp | undefined, managed: readonly string[]): string | undefined {
  const { address, mac, nic } = guest;
  if (ip === undefined) return `${address} (${nic}) is no flexible IP of this project at Scaleway`;
  if (!managed.includes(ip.id)) return `${address} (${nic}) is a flexible IP that this stack did not buy`;
  if (ip.status === "locked") return `${address} is locked by Scaleway`;
  if (ip.mac === undefined) return `${address} has no virtual MAC at Scaleway`;
  if (ip.macStatus === "error" || ip.macStatus === "deleting") return `the MAC of ${address} is ${ip.macStatus}`;
  if (ip.mac !== mac) return `${address}: the guest's MAC on ${nic} is ${mac}, Scaleway expects ${ip.mac}`;
  return undefined;
}
