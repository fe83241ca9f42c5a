// SPDX-License-Identifier: Apache-2.0

/** The lines of a command's output that hold anything. */
export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** `KEY=value` lines. */
export function keyValues(text: string): Record<string, string> {
  const pairs = lines(text).map((line): [string, string] => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

/** A number for people: at most two decimals. */
export function figure(value: number): string {
  return String(Math.round(value * 100) / 100);
}
