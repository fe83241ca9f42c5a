// SPDX-License-Identifier: Apache-2.0

/** Sends the recorded requests to the stand-in, byte for byte, and tells how its answers differ. */

import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Gap } from "./server-gaps";
import { normalise } from "./server-normalise";

export interface Recording {
  area: string;
  seq: number;
  name: string;
  method: string | null;
  request: {
    method?: string;
    path?: string;
    headers?: [string, string][];
    body?: string;
    body_b64?: string;
    raw?: true;
    raw_header?: string;
    body_length?: number;
  };
  response: {
    status?: number;
    headers?: [string, string][];
    raw?: true;
    raw_header?: string;
    body: string;
    error?: string;
  };
}

/** The account with which everything was recorded. */
export const ADMIN = "oneadmin:opennebula";

/** The calls of the Ruby client were recorded between these two of the other client. */
const RUBY_AREA = "30_ruby_cli";
const RUBY_AFTER = 785;

/** A call's place among all calls. */
export function orderOf(recording: Recording): number {
  return recording.area === RUBY_AREA ? RUBY_AFTER + recording.seq / 1000 : recording.seq;
}

/** The copy of the recordings in the repository. */
export const OWN_FOLDER = join(__dirname, "../../recordings/oned");

/** All recorded calls of a folder in the order in which they were made. */
export function recordings(folder = process.env.ONED_RECORDINGS ?? OWN_FOLDER): Recording[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".jsonl"))
    .flatMap((file) =>
      readFileSync(join(folder, file), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => ({ ...(JSON.parse(line) as Recording), area: file.replace(/\.jsonl$/, "") })),
    )
    .sort((a, b) => orderOf(a) - orderOf(b));
}

/** When the first of these calls was made, as far as an answer tells, in seconds since the epoch. */
export function recordedTime(made: Recording[]): number {
  const times = made.flatMap(({ response }) => {
    const found = /&lt;(?:REGTIME|STIME)&gt;(\d{10})&lt;/.exec(response.body);
    return found === null ? [] : [Number(found[1])];
  });
  return Math.min(...times);
}

/** The token that the server made up and answered, if the answer is one. */
export function tokenIn(text: string): string | undefined {
  return /<string>([0-9a-f]{64})<\/string>/.exec(text)?.[1];
}

/** The bytes of a recorded request, with the recorded server's tokens replaced by those of the tested one. */
export function requestBytes({ request }: Recording, tokens: Map<string, string>): Buffer {
  const text = [...tokens].reduce((rest, [old, own]) => rest.replaceAll(old, own), restored(request));
  const body = request.body_b64 === undefined ? Buffer.from(text) : Buffer.from(request.body_b64, "base64");
  if (request.raw === true) return body;
  if (request.raw_header !== undefined) return Buffer.concat([Buffer.from(`${request.raw_header}\r\n\r\n`), body]);
  const headers = (request.headers ?? []).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${request.method} ${request.path} HTTP/1.1\r\n${headers}\r\n`), body]);
}

/** Long bodies were recorded by their beginning; what is missing is more of the same letter, and the end of a call. */
function restored(request: Recording["request"]): string {
  // An idle connection sends nothing, which the recording has as a missing body.
  if (typeof request.body !== "string") return "";
  if (request.body_length === undefined) return request.body;
  const end = request.raw === true ? "" : '"</string></value></param></params></methodCall>\n';
  return request.body + request.body.slice(-1).repeat(request.body_length - request.body.length - end.length) + end;
}

/** Sends bytes on a connection of their own; resolves with what came back until it was closed, or with the error's code. */
export function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    let error = "";
    const socket = connect(port, "127.0.0.1", () => {
      if (bytes.length > 0) socket.write(bytes);
    });
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    socket.once("error", (reason: NodeJS.ErrnoException) => (error = reason.code ?? "error"));
    socket.once("close", () => resolve(text === "" ? error : text));
  });
}

/** Makes one call that is not in the recordings; throws when it is not answered as expected. */
export async function call(port: number, { method, params, session, refused }: Gap): Promise<void> {
  const values = [session ?? ADMIN, ...params].map((value) => {
    if (typeof value === "number") return `<i4>${value}</i4>`;
    if (typeof value === "boolean") return `<boolean>${value ? 1 : 0}</boolean>`;
    return `<string>${value.replace(/&/g, "&amp;").replace(/</g, "&lt;")}</string>`;
  });
  const list = values.map((value) => `<param><value>${value}</value></param>`).join("");
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${list}</params></methodCall>`;
  const head = `POST /RPC2 HTTP/1.1\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const answer = await exchange(port, Buffer.from(head + body));
  const wanted = `<value><boolean>${refused === true ? 0 : 1}</boolean>`;
  if (!answer.includes(wanted)) throw new Error(`${method}: ${answer.slice(-600)}`);
}

/** The answer that was recorded, as the text on the wire. */
function recordedText({ response }: Recording): string {
  if (response.raw === true) return response.body;
  // A connection that was reset has no answer; its message names the error.
  if (response.error !== undefined) return /reset/i.test(response.error) ? "ECONNRESET" : response.error;
  if (response.raw_header !== undefined) return `${response.raw_header}\r\n\r\n${response.body}`;
  const headers = (response.headers ?? []).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${response.status} -\r\n${headers}\r\n${response.body}`;
}

/** Undefined when the answer is the recorded one but for what `normalise` leaves out, else both, from the difference on. */
export function difference(recording: Recording, answer: string): string | undefined {
  const expected = normalise(recordedText(recording), recording.method);
  const actual = normalise(answer, recording.method);
  // A reset may overtake the answer that was sent before it.
  if (expected === actual || (recording.response.error?.includes("reset") === true && actual === "ECONNRESET"))
    return undefined;
  let at = 0;
  while (at < expected.length && expected[at] === actual[at]) at++;
  const from = Math.max(0, at - 60);
  return `recorded ...${expected.slice(from, at + 140)}\n  got      ...${actual.slice(from, at + 140)}`;
}
