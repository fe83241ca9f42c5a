// SPDX-License-Identifier: Apache-2.0

import type { Value } from "./xmlrpc";

/** A call as oned notes it before it is carried out. */
export interface LoggedCall {
  request: number;
  method: string;
  uid: number;
  /** Empty where nobody was authenticated. */
  user: string;
  client: string;
  /** Without the session. */
  arguments: Value[];
}

/** Which arguments oned never writes: passwords and tokens. Counted from 0, without the session. */
const HIDDEN: Readonly<Record<string, number>> = {
  "one.user.allocate": 1,
  "one.user.passwd": 1,
  "one.user.login": 1,
};

/** Characters of a value where the format does not say. */
const DEFAULT_LENGTH = 20;

/** The line that `LOG_CALL_FORMAT` of oned.conf makes of a call: %i request, %m method, %u and %U user, %A address, %l arguments. */
export function callLine(format: string, call: LoggedCall): string {
  return format.replace(/%([imuUA%]|l(\d*))/g, (word, letter: string, length: string | undefined) => {
    switch (letter[0]) {
      case "i":
        return String(call.request);
      case "m":
        return call.method;
      case "u":
        return String(call.uid);
      case "U":
        return call.user;
      case "A":
        return call.client;
      case "l":
        return argumentsText(call, length ? Number(length) : DEFAULT_LENGTH);
      default:
        return word === "%%" ? "%" : word;
    }
  });
}

/** The arguments, each after a comma, as oned writes them. */
function argumentsText({ method, arguments: values }: LoggedCall, length: number): string {
  return values.map((value, index) => `, ${index === HIDDEN[method] ? "****" : shown(value, length)}`).join("");
}

/** A value of an answer or an argument. */
export function shown(value: Value | undefined, length = DEFAULT_LENGTH): string {
  if (value === undefined) return "";
  if (value.type === "array") return `[${value.value.map((item) => shown(item, length)).join(", ")}]`;
  if (value.type === "struct") return JSON.stringify(Object.keys(value.value));
  if (value.type !== "string") return String(value.value);
  const text = value.value;
  return `"${text.length > length ? `${text.slice(0, length)}...` : text}"`;
}
