// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { FlexibleIp } from "./api";
import { attach, detach } from "./attachment";
import type { BrokerParts } from "./broker";
import { Deadline } from "./clock";
import { verdict, type Claim, type Verdict } from "./occupancy";

/** What one look found and did; also the state file, which monitoring reads. */
export interface ReconcileReport {
  /** ISO 8601. */
  time: string;
  ok: boolean;
  seconds: number;
  /** The last look without any problem; ISO 8601. */
  lastOk?: string;
  addresses: AddressReport[];
  /** What concerns no single address: Scaleway or oned did not answer. */
  problems: string[];
  /** Addresses that are held and used by no VM, with the time of the look that saw it first. */
  idleSince: Record<string, string>;
}

export interface AddressReport {
  id: string;
  address: string;
  status: string;
  serverId?: string;
  /** `none`, `attach`, `release`, `report`: what was called for. */
  action: Verdict["action"];
  outcome: string;
  ok: boolean;
}

export interface ReconcileOptions {
  /** The report of the look before; its times are taken on. */
  before: ReconcileReport | undefined;
  /** Say what would be done, and do nothing. */
  dryRun: boolean;
  /** For everything. */
  seconds: number;
}

/**
 * Compares Scaleway's attachments with where oned says that VMs run, and repairs: after a host's crash nobody ran `clean`, and
 * OpenNebula ignores a failed `post` of a live migration.
 */
export async function reconcile(parts: BrokerParts, options: ReconcileOptions): Promise<ReconcileReport> {
  const { clock } = parts;
  const started = clock.now();
  const time = new Date(started).toISOString();
  const deadline = new Deadline(options.seconds, clock);
  const report: ReconcileReport = { time, ok: false, seconds: 0, addresses: [], problems: [], idleSince: {} };
  try {
    const [known, claims] = await Promise.all([parts.api.list(deadline), parts.cloud.all(deadline)]);
    for (const id of parts.managed) {
      const ip = known.find((one) => one.id === id);
      if (ip === undefined) report.problems.push(`flexible IP ${id} of this stack is not at Scaleway: run a refresh`);
      else report.addresses.push(await settle(ip, claims, parts, { ...options, time, report, deadline }));
    }
  } catch (error) {
    report.problems.push((error as Error).message);
    // Not looked at is not "in use": what was idle stays so.
    report.idleSince = options.before?.idleSince ?? {};
  }
  report.seconds = (clock.now() - started) / 1000;
  report.ok = report.problems.length === 0 && report.addresses.every(({ ok }) => ok);
  const lastOk = report.ok ? time : options.before?.lastOk;
  return { ...report, ...(lastOk !== undefined && { lastOk }) };
}

interface Look extends ReconcileOptions {
  time: string;
  report: ReconcileReport;
  deadline: Deadline;
}

async function settle(ip: FlexibleIp, claims: Claim[], parts: BrokerParts, look: Look): Promise<AddressReport> {
  const first = verdict(ip, claims, parts.servers);
  const row = {
    id: ip.id,
    address: ip.address,
    status: ip.status,
    ...(ip.serverId !== undefined && { serverId: ip.serverId }),
  };
  const tell = (action: Verdict["action"], outcome: string, ok = true): AddressReport => {
    if (action !== "none") parts.log({ op: "reconcile", ip: ip.address, outcome: `${action}: ${outcome}` });
    return { ...row, action, outcome, ok };
  };
  if (first.action === "none") return tell("none", first.why);
  if (first.action === "report") return tell("report", first.problem, false);
  if (first.action === "release") {
    const since = look.before?.idleSince[ip.id];
    look.report.idleSince[ip.id] = since ?? look.time;
    // One look may fall between a VM's states; two in a row do not.
    if (since === undefined) return tell("none", "held, used by no VM; released if the next look says the same");
  }
  if (look.dryRun) return tell(first.action, "would be done");
  try {
    const done = await parts.withLock(ip.id, look.deadline, () => repair(ip.id, first.action, parts, look.deadline));
    return tell(first.action, done);
  } catch (error) {
    return tell(first.action, (error as Error).message, false);
  }
}

/** Looks again inside the lock, and acts only if both sides still call for the same. */
async function repair(id: string, action: Verdict["action"], parts: BrokerParts, deadline: Deadline): Promise<string> {
  const [ip, claims] = await Promise.all([parts.api.get(id, deadline), parts.cloud.all(deadline)]);
  const now = verdict(ip, claims, parts.servers);
  if (now.action === "attach" && action === "attach") {
    await attach(parts.api, { id, serverId: now.serverId }, deadline);
    return `attached to ${now.host}, where VM ${now.vm} runs`;
  }
  if (now.action === "release" && action === "release") {
    return detach(parts.api, { id, serverId: now.serverId }, deadline);
  }
  return "settled meanwhile";
}

/** The report of the look before; undefined where there is none or it is broken. */
export function readReport(path: string): ReconcileReport | undefined {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<ReconcileReport> | null;
    return typeof value?.idleSince === "object" ? (value as ReconcileReport) : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the state file, whole or not at all. Monitoring may read it. */
export function writeReport(path: string, report: ReconcileReport): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o644 });
  renameSync(`${path}.new`, path);
}
