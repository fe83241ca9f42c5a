// SPDX-License-Identifier: Apache-2.0

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** Shorter ones would black out ordinary words. */
const MIN_LENGTH = 6;
const SHOWN = "[secret]";

/** A function that blacks out these secrets, and private keys of any kind, in every text of a value. */
export function redactor(secrets: readonly string[]): <T>(value: T) => T {
  const words = secrets.filter((secret) => secret.length >= MIN_LENGTH);
  const clean = (text: string): string =>
    words.reduce((left, word) => left.replaceAll(word, SHOWN), text.replace(PRIVATE_KEY, SHOWN));
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return clean(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]));
  };
  return <T>(value: T): T => walk(value) as T;
}
