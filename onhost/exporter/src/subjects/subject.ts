// SPDX-License-Identifier: Apache-2.0
import { Gauge, type Registry } from "prom-client";
import type { OpenNebula } from "../../../../opennebula";
import type { Tallies } from "../tallies";

/** What a look at one subject works with. */
export interface Look {
  one: OpenNebula;
  /** Where this look's numbers go. */
  registry: Registry;
  /** What is counted from one look to the next. */
  tallies: Tallies;
  /** Seconds since 1970. */
  now: number;
}

/** A part of OpenNebula that is read by itself: one that fails leaves the others whole. */
export interface Subject {
  name: string;
  read(look: Look): Promise<void>;
}

/** Makes a metric of this look. */
export function gauge<Label extends string>(
  { registry }: Pick<Look, "registry">,
  name: string,
  help: string,
  labelNames: Label[] = [],
): Gauge<Label> {
  return new Gauge({ name: `opennebula_${name}`, help, labelNames, registers: [registry] });
}

/** The word for a number of an enum, as a label: `MonitoringError` is `monitoring_error`. */
export function word(names: Record<number, string>, value: number): string {
  const name = names[value] ?? `state${value}`;
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}

/** Every word of an enum: states without any member are reported too, as 0. */
export function words(names: object): string[] {
  const numbers = Object.values(names).filter((value): value is number => typeof value === "number");
  return numbers.map((value) => word(names as Record<number, string>, value));
}
