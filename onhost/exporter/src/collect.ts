// SPDX-License-Identifier: Apache-2.0

/** One look at OpenNebula, as Prometheus reads it. */
import { Gauge, Registry } from "prom-client";
import type { OpenNebula } from "../../../opennebula";
import { sections } from "./sections";

/** Prometheus gives up after 10 s by default. */
const DEADLINE_SECONDS = 8;

/** Reads OpenNebula for one scrape after the other; scrapes that come at the same time share one look. */
export class Collector {
  private running: Promise<string> | undefined;
  private readonly told = new Map<string, string>();

  constructor(
    private readonly one: OpenNebula,
    /** Health of the agent for public addresses, where the cloud has one. */
    private readonly flexibleIpHealthy?: () => Promise<boolean | undefined>,
  ) {}

  /** The page of metrics; also when oned does not answer, which is a metric itself. */
  page(): Promise<string> {
    this.running ??= this.read().finally(() => (this.running = undefined));
    return this.running;
  }

  /** Once for each new reason: a scrape every few seconds would fill the journal. */
  private tell(subject: string, reason: string): void {
    if (this.told.get(subject) === reason) return;
    this.told.set(subject, reason);
    process.stderr.write(`${subject}: ${reason}\n`);
  }

  private async read(): Promise<string> {
    const registry = new Registry();
    const signal = AbortSignal.timeout(DEADLINE_SECONDS * 1000);
    const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> =>
      new Gauge({ name: `opennebula_${name}`, help, labelNames, registers: [registry] });
    const up = gauge("up", "1 while oned answers.");
    const seconds = gauge("api_duration_seconds", "Time for reading a subject of the API.", ["subject"]);
    const whole = gauge("exporter_section_up", "1 for a subject that could be read.", ["subject"]);
    const reachable = await this.one.client.call("one.system.version", [], { signal, deadlineSeconds: 3 }).then(
      () => true,
      () => false,
    );
    up.set(reachable ? 1 : 0);
    const now = Math.floor(Date.now() / 1000);
    const subjects = reachable ? sections : [];
    await Promise.all(
      subjects.map(async (section) => {
        const started = process.hrtime.bigint();
        // Each subject into its own place first: half a subject would be a lie.
        const own = new Registry();
        try {
          await section.read({ one: this.one, registry: own, signal, now });
          whole.set({ subject: section.name }, 1);
          for (const metric of own.getMetricsAsArray()) registry.registerMetric(metric as never);
        } catch (error) {
          whole.set({ subject: section.name }, 0);
          this.tell(section.name, error instanceof Error ? error.message : String(error));
        }
        seconds.set({ subject: section.name }, Number(process.hrtime.bigint() - started) / 1e9);
      }),
    );
    const healthy = await this.flexibleIpHealthy?.();
    if (healthy !== undefined)
      gauge("flexible_ip_agent_healthy", "1 while public addresses of VMs are looked after.").set(healthy ? 1 : 0);
    return registry.metrics();
  }
}
