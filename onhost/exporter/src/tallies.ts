// SPDX-License-Identifier: Apache-2.0
import { Counter, Histogram, Registry } from "prom-client";

/**
 * Counts things that stand in lists, each once, from the second list on: what was there at the start happened before. There is no
 * number before the first list.
 */
export class Newcomers {
  private known: Set<string> | undefined;
  private count = 0;

  constructor(registry: Registry, name: string, help: string) {
    const collect = (counter: Counter): void => {
      counter.reset();
      counter.remove();
      if (this.known) counter.inc(this.count);
    };
    new Counter({
      name: `opennebula_${name}`,
      help,
      registers: [registry],
      collect() {
        collect(this);
      },
    });
  }

  /** Takes the whole present list. */
  seen(keys: readonly string[]): void {
    if (this.known) this.count += keys.filter((key) => !this.known!.has(key)).length;
    this.known = new Set(keys);
  }
}

/** What the exporter counts for as long as it runs, other than the state of things, which each look reads anew. */
export class Tallies {
  readonly registry = new Registry();
  readonly creationFailures = this.newcomers("vm_creation_failures_total", "VMs that could not be made.");
  private readonly durations = new Histogram({
    name: "opennebula_api_duration_seconds",
    help: "Time until oned has answered a call of the exporter, by method.",
    labelNames: ["method"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
  private readonly errors = new Counter({
    name: "opennebula_api_errors_total",
    help: "Calls of the exporter that oned refused or did not answer, by method.",
    labelNames: ["method"],
    registers: [this.registry],
  });

  /** Notes one call of oned. */
  called(method: string, seconds: number, answered: boolean): void {
    this.durations.observe({ method }, seconds);
    this.errors.inc({ method }, answered ? 0 : 1);
  }

  private newcomers(name: string, help: string): Newcomers {
    return new Newcomers(this.registry, name, help);
  }
}
