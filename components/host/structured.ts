// SPDX-License-Identifier: Apache-2.0
import { stringify } from "yaml";
import type { Reference, Text } from "./text";

const TOKEN = /@@(ref|secret):([^@]+)@@/g;

/**
 * A reference as a scalar or key inside a structure that {@link yamlText} serializes. The value must be a plain scalar (an
 * address, a number, a name) or JSON on one line, which YAML reads as a flow collection; anything else belongs in a file of its own.
 */
export function token(reference: Reference): string {
  return `@@${reference.secret ? "secret" : "ref"}:${reference.ref}@@`;
}

/** Serializes a structure to YAML and keeps the references in it apart. */
export function yamlText(value: unknown): Text {
  return splitTokens(stringify(value, { lineWidth: 0, defaultStringType: "PLAIN", version: "1.1" }), QUOTED_TOKEN);
}

/**
 * Serializes a structure to JSON and keeps the references in it apart. A reference stands inside a JSON string, so its value must
 * need no escaping (an id, an address, a password of letters and digits).
 */
export function jsonText(value: unknown): Text {
  return splitTokens(`${JSON.stringify(value, null, 2)}\n`, TOKEN);
}

// The YAML serializer quotes a scalar that begins with "@"; the quotes go, so that the value is read as what it is.
const QUOTED_TOKEN = new RegExp(`["']?${TOKEN.source}["']?`, "g");

function splitTokens(serialized: string, pattern: RegExp): Text {
  const parts: (string | Reference)[] = [];
  let end = 0;
  for (const match of serialized.matchAll(pattern)) {
    parts.push(serialized.slice(end, match.index), { ref: match[2]!, secret: match[1] === "secret" });
    end = match.index + match[0].length;
  }
  if (parts.length === 0) return serialized;
  return { parts: [...parts, serialized.slice(end)] };
}
