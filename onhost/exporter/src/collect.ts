// SPDX-License-Identifier: Apache-2.0
import { Registry } from "prom-client";
import { OpenNebula } from "../../../opennebula";
import { CONNECTIONS, type MeasuredClient } from "./client";
import { subjects } from "./subjects";
import { gauge, type Subject } from "./subjects/subject";
import type { Tallies } from "./tallies";

/** Prometheus waits for 10 s where nobody says otherwise. */
const DEADLINE_SECONDS = 8;

export interface CollectorArgs {
  client: MeasuredClient;
  tallies: Tallies;
  /** Health of the agent for public addresses; undefined where there is none. */
  agentHealthy?: () => Promise<boolean | undefined>;
  /** Takes messages for the journal. @default standard error */
  log?: (line: string) => void;
}

/** Reads OpenNebula, one look after the other; scrapes that come at the same time share one. */
export class Collector {
  private readonly one: OpenNebula;
  private running: Promise<string> | undefined;
  /** What could not be read at the last look, and why. */
  private readonly troubles = new Map<string, string>();

  constructor(private readonly args: CollectorArgs) {
    this.one = new OpenNebula(args.client);
  }

  /**
   * The page of metrics; also when oned does not answer, which is a metric itself.
   *
   * @param seconds - how long the asker waits at most.
   */
  page(seconds: number = DEADLINE_SECONDS): Promise<string> {
    this.running ??= this.look(Math.min(seconds, DEADLINE_SECONDS)).finally(() => (this.running = undefined));
    return this.running;
  }

  private async look(seconds: number): Promise<string> {
    const registry = new Registry();
    const up = gauge({ registry }, "up", "1 while oned answers.");
    const whole = gauge({ registry }, "exporter_subject_up", "1 for a subject that could be read.", ["subject"]);
    this.args.client.begin(seconds);
    const answers = await this.answers(seconds / 2);
    up.set(answers ? 1 : 0);
    const parts = answers ? await this.readAll(whole) : [];
    const healthy = await this.args.agentHealthy?.();
    if (healthy !== undefined) {
      const help = "1 while the public addresses of VMs are looked after.";
      gauge({ registry }, "flexible_ip_agent_healthy", help).set(healthy ? 1 : 0);
    }
    return Registry.merge([registry, ...parts, this.args.tallies.registry]).metrics();
  }

  private answers(deadlineSeconds: number): Promise<boolean> {
    return this.succeeds("oned", this.one.version({ deadlineSeconds }));
  }

  /** As many subjects at once as there are connections, so that no call waits for its turn and looks slow by that. */
  private async readAll(whole: ReturnType<typeof gauge<"subject">>): Promise<Registry[]> {
    const parts: Registry[] = [];
    const left = [...subjects];
    const lane = async (): Promise<void> => {
      for (let subject = left.shift(); subject !== undefined; subject = left.shift()) {
        // Each into a place of its own first: half a subject would be a lie.
        const part = new Registry();
        const done = await this.read(subject, part);
        whole.set({ subject: subject.name }, done ? 1 : 0);
        if (done) parts.push(part);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, lane));
    return parts;
  }

  private read(subject: Subject, registry: Registry): Promise<boolean> {
    const { one } = this;
    const { tallies } = this.args;
    const now = Math.floor(Date.now() / 1000);
    return this.succeeds(subject.name, subject.read({ one, registry, tallies, now }));
  }

  /** A trouble is told when it comes and when it goes, not at each look. */
  private async succeeds(what: string, work: Promise<unknown>): Promise<boolean> {
    const { log = (line: string) => void process.stderr.write(`${line}\n`) } = this.args;
    try {
      await work;
      if (this.troubles.delete(what)) log(`${what}: can be read again`);
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (this.troubles.get(what) !== reason) log(`${what}: ${reason}`);
      this.troubles.set(what, reason);
      return false;
    }
  }
}
