// SPDX-License-Identifier: Apache-2.0

/** A record as journalctl writes it; text that is none comes as a list of bytes, a field that is set twice as a list. */
export interface LogRecord {
  MESSAGE: string;
  __REALTIME_TIMESTAMP: string;
  __MONOTONIC_TIMESTAMP?: string;
  _BOOT_ID?: string;
  _HOSTNAME?: string;
  SYSLOG_IDENTIFIER?: string;
  SYSLOG_PID?: string;
  PRIORITY?: string;
  OPENNEBULA_VM?: string;
  _COMM?: string;
  _PID?: string;
}

/** How many records back a repeated one is recognised: a sender repeats what was under way when its collector went. */
const REMEMBERED = 20_000;

/** Takes journalctl's output in pieces as they come and gives records, each once. */
export class RecordReader {
  private rest = Buffer.alloc(0);
  private readonly seen = new Set<string>();

  take(chunk: Buffer): LogRecord[] {
    const bytes = Buffer.concat([this.rest, chunk]);
    const end = bytes.lastIndexOf(10);
    this.rest = bytes.subarray(end + 1);
    return bytes
      .subarray(0, end + 1)
      .toString()
      .split("\n")
      .filter((line) => line !== "")
      .map(parseRecord)
      .filter((record) => this.isNew(record));
  }

  private isNew(record: LogRecord): boolean {
    const { _BOOT_ID: boot, __MONOTONIC_TIMESTAMP: time, MESSAGE: message } = record;
    const key = `${boot} ${time} ${message}`;
    if (this.seen.has(key)) return false;
    this.seen.add(key);
    // A set keeps the order in which it was filled.
    if (this.seen.size > REMEMBERED) this.seen.delete(this.seen.values().next().value!);
    return true;
  }
}

function parseRecord(line: string): LogRecord {
  const fields = Object.entries(JSON.parse(line) as Record<string, unknown>).map(([name, value]) => [
    name,
    plain(value),
  ]);
  return { MESSAGE: "", ...(Object.fromEntries(fields) as Omit<LogRecord, "MESSAGE">) };
}

function plain(value: unknown): string {
  if (!Array.isArray(value)) return typeof value === "string" ? value : "";
  if (value.every((item) => typeof item === "number")) return Buffer.from(value).toString();
  return plain(value[0]);
}

/** One record for people: time in UTC, host, program, text; further lines are set in. Control characters are shown, not sent. */
export function recordText(record: LogRecord): string {
  const time = new Date(Number(record.__REALTIME_TIMESTAMP) / 1000).toISOString();
  const program = record.SYSLOG_IDENTIFIER ?? record._COMM ?? "-";
  const pid = record.SYSLOG_PID ?? record._PID;
  const vm = record.OPENNEBULA_VM === undefined ? "" : ` [VM ${record.OPENNEBULA_VM}]`;
   
  const message = record.MESSAGE.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) => `\\x${hex(char)}`);
  const [first = "", ...more] = message.trimEnd().split("\n");
  const head = `${time} ${record._HOSTNAME ?? "-"} ${program}${pid === undefined ? "" : `[${pid}]`}:${vm} ${first}`;
  return [head, ...more.map((line) => `    ${line}`)].join("\n");
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(2, "0");
}
