// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import * as http from "node:http";
import type { Server } from "node:net";
import * as path from "node:path";

import { SMTPServer } from "smtp-server";

import type { LabLayout } from "./hosts/layout";

/** What has reached people, or the second place that watches the watchers. */
export interface Message {
  /** Milliseconds since 1970. */
  at: number;
  by: "mail" | "chat" | "dead-man";
  subject: string;
  text: string;
}

/** Paths of the webhooks; both take POST. */
const CHAT = "/slack";
const DEAD_MAN = "/dead-man";
/** Monitoring tells the second place every second here, see `timeScale` in Pulumi.lab.yaml. */
const SILENCE_MILLISECONDS = 10_000;
const LARGEST_BODY = 1_000_000;

function messagesFile(layout: LabLayout): string {
  return path.join(layout.directory, "messages.jsonl");
}

/** Everything that has arrived, oldest first. */
export function messages(layout: LabLayout): Message[] {
  const file = messagesFile(layout);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Message);
}

/** A message in one line. */
export function messageText({ at, by, subject }: Message): string {
  return `${new Date(at).toISOString()} ${by.padEnd(8)} ${subject}`;
}

/**
 * Where the lab's alerts arrive: a mail server, and the stand-ins for Slack's incoming webhook and for a dead-man's switch, which
 * notes `silent` when it has heard nothing for a while and `heard again` when that is over.
 */
export function inbox(layout: LabLayout): { mail: Server; webhooks: Server } {
  const keep = (message: Omit<Message, "at">): void =>
    appendFileSync(messagesFile(layout), `${JSON.stringify({ at: Date.now(), ...message })}\n`);
  return { mail: mailServer(keep), webhooks: webhookServer(keep) };
}

type Keep = (message: Omit<Message, "at">) => void;

function mailServer(keep: Keep): Server {
  const { server } = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    size: LARGEST_BODY,
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
      stream.once("end", () => {
        keep({ by: "mail", ...letter(Buffer.concat(chunks).toString("utf8")) });
        done();
      });
    },
  });
  return server;
}

/** Subject and text of a letter, as far as Alertmanager's need it: one part, quoted-printable. */
function letter(source: string): { subject: string; text: string } {
  const end = source.indexOf("\r\n\r\n");
  const header = source.slice(0, end).replace(/\r\n[ \t]+/g, " ");
  const text = source
    .slice(end + 4)
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  return { subject: /^Subject: (.*)$/im.exec(header)?.[1]?.trim() ?? "", text };
}

function webhookServer(keep: Keep): Server {
  const hear = deadMansSwitch(keep);
  return http.createServer((request, response) => {
    const answer = (status: number, text: string): void => void response.writeHead(status).end(text);
    if (request.method !== "POST") return answer(405, "method_not_allowed");
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
      if (body.length > LARGEST_BODY) request.destroy();
    });
    request.once("end", () => {
      if (request.url === DEAD_MAN) {
        hear();
        return answer(200, "ok");
      }
      if (request.url !== CHAT) return answer(404, "no_service");
      const [status, text] = takeChat(body, keep);
      answer(status, text);
    });
  });
}

/** The answers are Slack's own. */
function takeChat(body: string, keep: Keep): [number, string] {
  let said: { text?: unknown; attachments?: { title?: unknown; text?: unknown }[] };
  try {
    said = JSON.parse(body) as typeof said;
  } catch {
    return [400, "invalid_payload"];
  }
  const [first] = said.attachments ?? [];
  const words = (value: unknown): string => (typeof value === "string" ? value : "");
  const [subject, text] = [words(first?.title), words(first?.text ?? said.text)];
  if (subject === "" && text === "") return [400, "no_text"];
  keep({ by: "chat", subject, text });
  return [200, "ok"];
}

function deadMansSwitch(keep: Keep): () => void {
  let timer: NodeJS.Timeout | undefined;
  let silent = false;
  const note = (subject: string): void => keep({ by: "dead-man", subject, text: "" });
  return () => {
    if (silent) note("heard again");
    silent = false;
    clearTimeout(timer);
    timer = setTimeout(() => {
      silent = true;
      note("silent");
    }, SILENCE_MILLISECONDS);
    timer.unref();
  };
}
