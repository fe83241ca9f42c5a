// SPDX-License-Identifier: Apache-2.0

/** `begin` is the first record of a chain; `unproven` is a line under a name that the journal did not see its writer to have. */
type EventKind = "begin" | "login" | "sudo" | "account" | "kernel" | "call" | "unproven";

/** A link of a host's chain, as `onhost/audit/audit.py` writes it. */
export interface AuditRecord {
  n: number;
  /** SHA-256 of the record before; zeros for the first. */
  prev: string;
  /** The host's name for itself. */
  host: string;
  /** Microseconds since the epoch. */
  time: number;
  kind: EventKind | "answer" | "proxy";
  /** Number of the account that the line came from, as the kernel says. */
  by?: string;
  user?: string;
  address?: string;
  method?: string;
  object?: string;
  result?: string;
  request?: number;
  text?: string;
  command?: string;
  as?: string;
  program?: string;
  event?: string;
}

/** What somebody did: a call of the API is one event, whatever number of records it left. */
export interface AuditEvent {
  /** ISO 8601, UTC. */
  time: string;
  host: string;
  kind: EventKind;
  /** Number of the account on the host from which it was noted: 0 but for a program's own account, and for what is unproven. */
  by?: string;
  user?: string;
  /** Where the caller is; behind the proxy that of the proxy's client. */
  address?: string;
  /** Of the API, or how somebody logged in. */
  method?: string;
  /** Number or name of what a call was about. */
  object?: string;
  /** `SUCCESS` or `FAILURE`; absent where nobody said. */
  result?: string;
  text?: string;
}

/** How far the proxy's record of a call may be from oned's, in microseconds: the proxy writes when the answer is sent. */
const SAME_CALL = 5_000_000;

/** Joins records, in the order in which they were written, to events. */
export function auditEvents(records: readonly AuditRecord[]): AuditEvent[] {
  const events: { at: number; event: AuditEvent }[] = [];
  const open = new Map<string, AuditEvent>();
  const calls: { at: number; event: AuditEvent }[] = [];
  const proxied: AuditRecord[] = [];
  for (const record of records) {
    const { host, kind, time } = record;
    const key = `${host} ${record.request} ${record.method}`;
    if (kind === "proxy") proxied.push(record);
    else if (kind === "answer" && open.has(key)) {
      const event = open.get(key)!;
      open.delete(key);
      // What was made has its number in the answer alone.
      Object.assign(event, { result: record.result, object: event.object ?? record.object, text: record.text });
    } else {
      const event = eventOf(record);
      events.push({ at: time, event });
      if (kind === "call") {
        open.set(key, event);
        calls.push({ at: time, event });
      }
    }
  }
  for (const { host, time, by, user, method, address } of proxied) {
    const same = calls
      .filter(({ event }) => event.host === host && event.method === method && (event.user ?? user) === user)
      .map((call) => ({ call, far: Math.abs(call.at - time) }))
      .filter(({ far }) => far <= SAME_CALL)
      .sort((a, b) => a.far - b.far)[0]?.call;
    if (!same) {
      // Reads of whole pools are not chained but for this.
      events.push({ at: time, event: { time: isoTime(time), host, kind: "call", by, user, address, method } });
      continue;
    }
    calls.splice(calls.indexOf(same), 1);
    Object.assign(same.event, { address, user: same.event.user ?? user });
  }
  return events.sort((a, b) => a.at - b.at).map(({ event }) => event);
}

function eventOf(record: AuditRecord): AuditEvent {
  const { time, host, kind, by, user, address, method, object, result, text, command, as, program, event } = record;
  return {
    time: isoTime(time),
    host,
    kind: kind === "answer" || kind === "proxy" ? "call" : kind,
    by,
    user,
    address,
    method,
    object,
    result,
    text:
      command === undefined ? [program ?? event, text].filter(Boolean).join(": ") || undefined : `as ${as}: ${command}`,
  };
}

function isoTime(microseconds: number): string {
  return new Date(microseconds / 1000).toISOString();
}

/** One line for people. */
export function eventText(event: AuditEvent): string {
  const { time, host, kind, by, user = "-", address, method, object, result, text } = event;
  const about = [method, object].filter((part) => part !== undefined).join(" ");
  const words = [
    time,
    host,
    kind,
    result ?? "-",
    user,
    address && `from ${address}`,
    about,
    text,
    by && `by uid ${by}`,
  ];
  return words
    .filter(Boolean)
    .join(" ")
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
