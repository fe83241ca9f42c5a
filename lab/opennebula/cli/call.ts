// SPDX-License-Identifier: Apache-2.0

import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { childOf, elementsOf, escapeXml, parseXml } from "../oned/xml";
import type { XmlElement } from "../oned/xml";

export type Param = string | number | boolean;

const LIMIT_SECONDS = 60;

/** The session of the user in ~/.one/one_auth (ONE_AUTH). */
export function ownSession(): string {
  const authFile = process.env.ONE_AUTH ?? join(homedir(), ".one/one_auth");
  if (!existsSync(authFile)) throw new Error(`${authFile}: missing; it must hold name:password`);
  return readFileSync(authFile, "utf8").trim();
}

/** oned refused the call; `code` is its own. */
export class OnedRefusal extends Error {
  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message);
  }
}

/**
 * Sends one call; rejects with {@link OnedRefusal}, or with why oned cannot be reached.
 *
 * @param url - of oned. @default ONE_XMLRPC, or the one on this machine
 */
export async function call(
  method: string,
  params: Param[],
  session = ownSession(),
  url = process.env.ONE_XMLRPC ?? "http://localhost:2633/RPC2",
): Promise<string> {
  const values = [session, ...params].map((value) => {
    if (typeof value === "number") return `<i4>${value}</i4>`;
    return typeof value === "boolean" ? `<boolean>${value ? 1 : 0}</boolean>` : `<string>${escapeXml(value)}</string>`;
  });
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values
    .map((value) => `<param><value>${value}</value></param>`)
    .join("")}</params></methodCall>`;
  const answer = parseXml(await post(url, body));
  const fault = childOf(answer, "fault");
  if (fault !== undefined) throw new Error(allText(fault).trim());
  const data = find(answer, ["params", "param", "value", "array", "data"]);
  const [success, result, code] = data === undefined ? [] : elementsOf(data).map((value) => allText(value));
  if (success !== "1") throw new OnedRefusal(result ?? "no answer that makes sense", Number(code ?? "0"));
  return result ?? "";
}

function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "text/xml", "content-length": Buffer.byteLength(body) };
    // oned listens on IPv4, while localhost may be ::1 first.
    const options = { method: "POST", headers, agent: false, autoSelectFamily: true, timeout: LIMIT_SECONDS * 1000 };
    const sent = request(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer from ${url} within ${LIMIT_SECONDS} s`)));
    sent.on("error", (error) => reject(new Error(`cannot reach oned at ${url}: ${error.message}`)));
    sent.end(body);
  });
}

/** The element at the end of a path below another. */
export function find(element: XmlElement, path: string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, step) => (at === undefined ? at : childOf(at, step)), element);
}

function allText(element: XmlElement): string {
  return element.children.map((child) => (typeof child === "string" ? child : allText(child))).join("");
}
