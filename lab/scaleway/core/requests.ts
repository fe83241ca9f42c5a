// SPDX-License-Identifier: Apache-2.0

/** One answered request. Bodies and headers are not kept: they hold secrets. */
export interface LoggedRequest {
  /** Counts up from 1 over the life of the process. */
  number: number;
  at: string;
  method: string;
  path: string;
  query: string;
  status: number;
  milliseconds: number;
}

const kept = 2000;

/** The latest requests, in memory only. */
export class RequestLog {
  private readonly entries: LoggedRequest[] = [];
  private count = 0;

  add(entry: Omit<LoggedRequest, "number" | "at">): void {
    this.count++;
    const milliseconds = Math.round(entry.milliseconds * 10) / 10;
    this.entries.push({ number: this.count, at: new Date().toISOString(), ...entry, milliseconds });
    if (this.entries.length > kept) this.entries.shift();
  }

  /** Requests after the one with this number. */
  since(number: number): LoggedRequest[] {
    return this.entries.filter((entry) => entry.number > number);
  }

  clear(): void {
    this.entries.length = 0;
  }
}
