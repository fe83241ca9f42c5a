// SPDX-License-Identifier: Apache-2.0

import { request } from "node:http";

const unescape = (text: string): string => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** Makes a call; resolves with the second element of the envelope, rejects with code and message. */
export function rpc(port: number, method: string, params: (string | number | boolean)[]): Promise<string> {
  const values = params.map((value) => {
    if (typeof value === "number") return `<i4>${value}</i4>`;
    return typeof value === "boolean" ? `<boolean>${value ? 1 : 0}</boolean>` : `<string>${escape(value)}</string>`;
  });
  const list = values.map((value) => `<param><value>${value}</value></param>`).join("");
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${list}</params></methodCall>`;
  return new Promise((resolve, reject) => {
    const headers = { "content-length": Buffer.byteLength(body) };
    const sent = request(
      { port, host: "127.0.0.1", path: "/RPC2", method: "POST", headers, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          const [success, value, code] = [
            ...text.matchAll(/<(?:boolean|i4|string)>([\s\S]*?)<\/(?:boolean|i4|string)>/g),
          ].map((match) => unescape(match[1] ?? ""));
          if (success === "1") resolve(value ?? "");
          else reject(new Error(`${code} ${value}`));
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The text of the first element of that name. */
export function field(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([^<\\]]*)`).exec(xml)?.[1];
}
