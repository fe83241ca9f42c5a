// SPDX-License-Identifier: Apache-2.0
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { HttpCall } from "./recordings";

/** What arrived at the replay server during one step, in words for a report. */
export interface Traffic {
  problems: string[];
}

/**
 * Answers HTTP requests with the answers that the real API's recording holds for them: within a step each recorded call is
 * used once, the first one that was not used yet and has the same method, path, query and body.
 */
export class ReplayServer {
  private readonly server: Server;
  private rows: HttpCall[] = [];
  private used: number[] = [];
  private ordered: number[] = [];
  private problems: string[] = [];
  /** Set while requests arrive that the real engine made at the same time as others (functions). */
  inAnyOrder = false;

  private constructor() {
    this.server = createServer((request, response) => {
      void this.answer(request, response);
    });
  }

  static async start(): Promise<ReplayServer> {
    const replay = new ReplayServer();
    await new Promise<void>((resolve) => replay.server.listen(0, "127.0.0.1", resolve));
    return replay;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** The calls that the next requests are compared with. */
  expect(rows: HttpCall[]): void {
    this.rows = rows;
    this.used = [];
    this.ordered = [];
    this.problems = [];
  }

  /** What differs: calls that were not recorded, calls that are missing, calls in another order. */
  settle(): string[] {
    const problems = [...this.problems];
    this.rows.forEach((row, index) => {
      if (!this.used.includes(index)) problems.push(`not sent: ${said(row)}`);
    });
    const misplaced = this.ordered.find((row, index) => index > 0 && row < (this.ordered[index - 1] ?? 0));
    const row = misplaced === undefined ? undefined : this.rows[misplaced];
    if (row) problems.push(`sent later than recorded: ${said(row)}`);
    return problems;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", this.url);
    const sent = { method: request.method ?? "", path: url.pathname, query: url.searchParams, body: parsed(body) };
    const index = this.rows.findIndex((row, at) => !this.used.includes(at) && matches(row, sent));
    const row = this.rows[index];
    if (row === undefined) {
      this.problems.push(`not recorded: ${sent.method} ${url.pathname}${url.search} ${body}`);
      response.writeHead(418, { "content-type": "application/json" }).end('{"message":"not recorded"}');
      return;
    }
    this.used.push(index);
    if (!this.inAnyOrder) this.ordered.push(index);
    response.writeHead(row.status, { "content-type": "application/json", ...row.headers });
    response.end(row.response === undefined || row.response === null ? "" : JSON.stringify(row.response));
  }
}

interface Sent {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
}

function matches(row: HttpCall, sent: Sent): boolean {
  if (row.method !== sent.method || row.path !== sent.path) return false;
  const query = new URLSearchParams(row.query ?? "");
  query.sort();
  sent.query.sort();
  return query.toString() === sent.query.toString() && sameBody(row.request, sent.body);
}

/** Order of set elements in a body does not count: the real provider sends sets in the order of their hashes. */
export function sameBody(recorded: unknown, sent: unknown): boolean {
  return canonical(recorded ?? null) === canonical(sent ?? null);
}

const SETS = new Set(["permission_set_names", "application_ids", "user_ids"]);

function canonical(value: unknown, key = ""): string {
  if (Array.isArray(value)) {
    const elements = value.map((element) => canonical(element));
    return `[${(SETS.has(key) ? elements.sort() : elements).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([name, entry]) => `${name}:${canonical(entry, name)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

function parsed(body: string): unknown {
  return body === "" ? undefined : (JSON.parse(body) as unknown);
}

function said(row: HttpCall): string {
  const body = row.request === undefined || row.request === null ? "" : ` ${JSON.stringify(row.request)}`;
  return `${row.method} ${row.path}${row.query ? `?${row.query}` : ""}${body}`;
}
