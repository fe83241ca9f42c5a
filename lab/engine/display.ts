// SPDX-License-Identifier: Apache-2.0
/** What a person sees of a run: one line for each step, and a summary. */
import type { EngineResult } from "./operation";
import type { EngineEvent, Op, StepView } from "./types";
import { urnName } from "./urn";

const WORDS: Partial<Record<Op, [now: string, done: string, preview: string]>> = {
  create: ["creating", "created", "create"],
  update: ["updating", "updated", "update"],
  delete: ["deleting", "deleted", "delete"],
  replace: ["replacing", "replaced", "replace"],
  "create-replacement": ["creating replacement", "created replacement", "create replacement"],
  "delete-replaced": ["deleting original", "deleted original", "delete original"],
  read: ["reading", "read", "read"],
  refresh: ["refreshing", "refreshed", "refresh"],
  import: ["importing", "imported", "import"],
  discard: ["discarding", "discarded", "discard"],
};

const COLOURS: Partial<Record<Op, number>> = { create: 32, update: 33, delete: 31, replace: 35, import: 36 };

export interface DisplayOptions {
  preview: boolean;
  /** Shows changed properties too. */
  diff: boolean;
  /** A terminal: colours, and a line that says what is going on. */
  terminal: boolean;
}

export interface Output {
  write(text: string): unknown;
  columns?: number;
}

/** Prints a run's events. */
export class Display {
  private readonly running = new Map<string, { text: string; since: number }>();
  private status = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly out: Output,
    private readonly options: DisplayOptions,
  ) {
    if (options.terminal) {
      this.timer = setInterval(() => {
        this.drawStatus();
      }, 250);
      this.timer.unref();
    }
  }

  private paint(text: string, colour: number | undefined): string {
    return this.options.terminal && colour && !process.env.NO_COLOR
      ? `\u001b[${String(colour)}m${text}\u001b[0m`
      : text;
  }

  private line(text: string): void {
    this.clearStatus();
    this.out.write(`${text}\n`);
  }

  private clearStatus(): void {
    if (this.status) this.out.write("\r\u001b[K");
    this.status = false;
  }

  private drawStatus(): void {
    if (this.running.size === 0) return;
    this.clearStatus();
    const [first] = this.running.values();
    const more = this.running.size > 1 ? ` and ${String(this.running.size - 1)} more` : "";
    const age = first ? Math.round((Date.now() - first.since) / 1000) : 0;
    const text = `${first?.text ?? ""}${more} (${String(age)} s)`;
    this.out.write(text.slice(0, (this.out.columns ?? 80) - 1));
    this.status = true;
  }

  /** Takes an event in. */
  show(event: EngineEvent): void {
    switch (event.event) {
      case "resourcePre":
        this.running.set(event.urn, { text: this.stepText(event, 0), since: Date.now() });
        if (!this.options.terminal && !this.options.preview && event.op !== "same") this.line(this.stepText(event, 0));
        return;
      case "resourceOutputs":
        this.finished(event);
        return;
      case "resourceFailed":
        this.running.delete(event.urn);
        this.line(this.paint(`! ${this.stepText(event, 0)}: failed`, 31));
        return;
      case "diagnostic":
        this.diagnostic(event);
        return;
      case "policyEvent":
        this.line(
          `[${event.enforcementLevel}] ${event.policyPackName} ${event.policyName} (${event.resourceUrn ?? "stack"})`,
        );
        this.line(indent(event.message));
        return;
      case "policyRemediationEvent":
        this.line(`[remediate] ${event.policyPackName} ${event.policyName} (${event.resourceUrn ?? ""})`);
        return;
      case "prelude":
      case "summary":
        return;
    }
  }

  private finished(event: StepView): void {
    const began = this.running.get(event.urn);
    this.running.delete(event.urn);
    if (event.op === "same" || event.op === "replace") return;
    const seconds = began ? ` (${((Date.now() - began.since) / 1000).toFixed(1)} s)` : "";
    const text = this.stepText(event, this.options.preview ? 2 : 1);
    this.line(this.paint(text, COLOURS[event.op]) + (this.options.preview ? "" : seconds));
    if (this.options.diff) this.details(event);
  }

  private details(event: StepView): void {
    const paths = Object.entries(event.detailedDiff ?? {}).map(([path, { diffKind }]) => `    ${diffKind} ${path}`);
    for (const path of paths.length > 0 ? paths : (event.diffs ?? []).map((key) => `    ${key}`)) this.line(path);
    if (event.keys) this.line(`    replaces because of: ${event.keys.join(", ")}`);
  }

  private stepText({ op, type, urn }: StepView, form: 0 | 1 | 2): string {
    const word = WORDS[op]?.[form] ?? op;
    return `  ${word.padEnd(20)} ${type} ${urnName(urn)}`;
  }

  private diagnostic(event: Extract<EngineEvent, { event: "diagnostic" }>): void {
    if (event.severity === "debug" || !event.message.trim()) return;
    const head = event.severity.startsWith("info") ? "" : `${event.severity}: `;
    const where = event.urn ? `${urnName(event.urn)}: ` : "";
    this.line(this.paint(`${head}${where}${event.message.trimEnd()}`, event.severity === "error" ? 31 : undefined));
  }

  /** Prints the outputs and the summary. */
  end(result: EngineResult, outputs: Record<string, unknown>): void {
    clearInterval(this.timer);
    const names = Object.keys(outputs);
    if (names.length > 0 && !this.options.preview) {
      this.line("Outputs:");
      for (const name of names) this.line(`  ${name}: ${JSON.stringify(outputs[name])}`);
    }
    const counts = Object.entries(result.resourceChanges).map(([op, count]) => `${String(count)} ${op}`);
    this.line(`Resources: ${counts.join(", ") || "none"}; ${result.seconds.toFixed(1)} s`);
  }
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
