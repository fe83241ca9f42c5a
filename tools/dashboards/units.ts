// SPDX-License-Identifier: Apache-2.0

/** How each unit that panels use is written; a unit that is not here would be drawn without one. */
const units: Record<string, (value: number) => string> = {
  none: (value) => round(value),
  percent: (value) => `${round(value)} %`,
  percentunit: (value) => `${round(100 * value)} %`,
  s: (value) => duration(value),
  m: (value) => `${round(value)} min`,
  d: (value) => `${round(value)} days`,
  cps: (value) => `${round(value)}/s`,
  pps: (value) => `${round(value)} packets/s`,
  bps: (value) => `${scaled(value, 1000, ["", "k", "M", "G"])}bit/s`,
  Bps: (value) => `${scaled(value, 1000, ["", "k", "M", "G"])}B/s`,
  bytes: (value) => `${scaled(value, 1024, ["", "Ki", "Mi", "Gi", "Ti"])}B`,
};

export const knownUnits: readonly string[] = Object.keys(units);

/** A value with its unit, for people. */
export function valueText(value: number, unit: string): string {
  const write = units[unit];
  if (!write) throw new Error(`unit "${unit}" has no way to be written: add it to units.ts`);
  return write(value);
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function scaled(value: number, base: number, prefixes: string[]): string {
  let [rest, index] = [value, 0];
  while (Math.abs(rest) >= base && index < prefixes.length - 1) [rest, index] = [rest / base, index + 1];
  return `${round(rest)} ${prefixes[index]}`;
}

function duration(seconds: number): string {
  if (seconds === 0) return "0 s";
  if (Math.abs(seconds) < 1) return `${round(seconds * 1000)} ms`;
  const steps: [number, string][] = [
    [86_400, "days"],
    [3600, "h"],
    [60, "min"],
  ];
  const [size, name] = steps.find(([step]) => Math.abs(seconds) >= step) ?? [1, "s"];
  return `${round(seconds / size)} ${name}`;
}
