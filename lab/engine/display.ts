// SPDX-License-Identifier: Apache-2.0
/** What a person sees of a run, in the layout of Pulumi's own command line: steps, diagnostics, policies, outputs, counts. */
import { isDeepStrictEqual } from "node:util";
import type { EngineResult } from "./operation";
import { parsePath, valueAt } from "./paths";
import type { EngineEvent, FormerView, Op, StepView } from "./types";
import { urnName, urnType } from "./urn";
import { isSecret, UNKNOWN } from "./values";
import type { Props, Value } from "./values";

interface Look {
  mark: string;
  /** What is happening, has happened, and would happen. */
  words: [now: string, done: string, preview: string];
  colour?: number;
}

const LOOKS: Record<Op, Look> = {
  same: { mark: "  ", words: ["", "", ""] },
  create: { mark: "+ ", words: ["creating", "created", "create"], colour: 32 },
  update: { mark: "~ ", words: ["updating", "updated", "update"], colour: 33 },
  delete: { mark: "- ", words: ["deleting", "deleted", "delete"], colour: 31 },
  replace: { mark: "+-", words: ["replacing", "replaced", "replace"], colour: 35 },
  "create-replacement": { mark: "++", words: ["creating replacement", "created replacement", "create replacement"] },
  "delete-replaced": { mark: "--", words: ["deleting original", "deleted original", "delete original"] },
  read: { mark: "> ", words: ["reading", "read", "read"], colour: 36 },
  "read-replacement": { mark: ">>", words: ["reading replacement", "read replacement", "read replacement"] },
  refresh: { mark: "~ ", words: ["refreshing", "refreshed", "refresh"] },
  import: { mark: "= ", words: ["importing", "imported", "import"], colour: 36 },
  "import-replacement": { mark: "=>", words: ["importing replacement", "imported replacement", "import replacement"] },
  discard: { mark: "< ", words: ["discarding", "discarded", "discard"] },
  "discard-replaced": { mark: "<<", words: ["discarding original", "discarded original", "discard original"] },
  "remove-pending-replace": { mark: "~ ", words: ["completing", "completed", "complete"] },
};

/** Counted steps in the order of the summary, with the words for them. */
const COUNTED: [Op, done: string, preview: string][] = [
  ["create", "created", "to create"],
  ["update", "updated", "to update"],
  ["delete", "deleted", "to delete"],
  ["replace", "replaced", "to replace"],
  ["import", "imported", "to import"],
  ["read", "read", "to read"],
  ["discard", "discarded", "to discard"],
  ["refresh", "refreshed", "to refresh"],
];

const RED = 31;
const YELLOW = 33;

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

interface PolicyLine {
  pack: string;
  mandatory: boolean;
  text: string;
}

/** Prints a run's events. */
export class Display {
  private readonly running = new Map<string, { text: string; since: number }>();
  /** Errors and warnings by whom they are about; they are told again at the end, where they are found. */
  private readonly told = new Map<string, string[]>();
  private readonly policies: PolicyLine[] = [];
  private readonly previewed = new Set<string>();
  private status = false;
  private readonly timer: NodeJS.Timeout | undefined;

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
    const text = `${first?.text ?? ""}${more} (${String(age)}s)`;
    this.out.write(text.slice(0, (this.out.columns ?? 80) - 1));
    this.status = true;
  }

  /** Takes an event in. @param former - what a changed resource was */
  show(event: EngineEvent, former?: FormerView): void {
    switch (event.event) {
      case "resourcePre":
        this.started(event);
        return;
      case "resourceOutputs":
        this.finished(event, former);
        return;
      case "resourceFailed":
        this.running.delete(event.urn);
        this.line(this.paint(`${this.row(event)} **${LOOKS[event.op].words[0]} failed**`, RED));
        return;
      case "diagnostic":
        this.diagnostic(event);
        return;
      case "policyEvent":
        this.policies.push({
          pack: packOf(event),
          mandatory: event.enforcementLevel === "mandatory",
          text: `- [${event.enforcementLevel}]  ${event.policyName}  (${subject(event.resourceUrn)})\n${indent(event.message, 2)}`,
        });
        return;
      case "policyRemediationEvent": {
        const changes = this.options.diff ? propertyLines(event.before, event.after) : [];
        const head = `- [remediate]  ${event.policyName}  (${subject(event.resourceUrn)})`;
        const text = [head, ...changes.map((change) => `  ${change}`)].join("\n");
        this.policies.push({ pack: packOf(event), mandatory: false, text });
        return;
      }
      case "prelude":
      case "summary":
        return;
    }
  }

  private row({ op, urn, type }: StepView): string {
    return ` ${LOOKS[op].mark} ${type} ${urnName(urn)}`;
  }

  private started(event: StepView): void {
    const text = `${this.row(event)} ${LOOKS[event.op].words[0]}`;
    this.running.set(event.urn, { text, since: Date.now() });
    if (!this.options.terminal && !this.options.preview && isShown(event.op)) this.line(text);
  }

  private finished(event: StepView, former: FormerView | undefined): void {
    const began = this.running.get(event.urn);
    this.running.delete(event.urn);
    if (!isShown(event.op) || this.isRepeated(event)) return;
    const { words, colour } = LOOKS[event.op];
    const seconds = began
      ? ` (${((Date.now() - began.since) / 1000).toFixed(began.since > Date.now() - 10_000 ? 2 : 0)}s)`
      : "";
    const row = this.row(event);
    this.line(this.paint(this.options.preview ? `${row} ${words[2]}` : `${row} ${words[1]}${seconds}`, colour));
    if (this.options.diff) for (const text of detailsOf(event, former)) this.line(`        ${text}`);
  }

  /** A preview tells of components, and of the stack, again when their outputs are known. */
  private isRepeated({ urn, op }: StepView): boolean {
    if (!this.options.preview) return false;
    const key = `${op} ${urn}`;
    const repeated = this.previewed.has(key);
    this.previewed.add(key);
    return repeated;
  }

  private diagnostic({ severity, message, urn }: Extract<EngineEvent, { event: "diagnostic" }>): void {
    if (severity === "debug" || !message.trim()) return;
    const text = message.trimEnd();
    if (severity !== "error" && severity !== "warning") {
      this.line(urn ? `    ${urnType(urn)} ${urnName(urn)} ${text}` : `    ${text}`);
      return;
    }
    const about = urn ? `${urnType(urn)} (${urnName(urn)})` : "";
    const painted = this.paint(`${severity}: ${text}`, severity === "error" ? RED : YELLOW);
    this.told.set(about, [...(this.told.get(about) ?? []), painted]);
    // Whoever watches a long run must not wait for its end to learn of an error.
    if (!this.options.preview) this.line(`    ${about ? `${about}: ` : ""}${painted.split("\n")[0] ?? ""}`);
  }

  /** No more events come: tells what was wrong, and what the policies say. */
  stop(): void {
    clearInterval(this.timer);
    if (this.told.size > 0) this.line("\nDiagnostics:");
    for (const [about, texts] of this.told) {
      if (about) this.line(`  ${about}:`);
      for (const text of texts) this.line(indent(text, about ? 4 : 2));
    }
    if (this.policies.length === 0) return;
    this.line("\nPolicies:");
    for (const pack of new Set(this.policies.map((line) => line.pack))) {
      const own = this.policies.filter((line) => line.pack === pack);
      this.line(`    ${own.some((line) => line.mandatory) ? "❌" : "⚠️ "} ${pack}`);
      for (const { text, mandatory } of own) this.line(this.paint(indent(text, 8), mandatory ? RED : YELLOW));
    }
  }

  /** Prints what is to be said at the end of a run. */
  end(result: EngineResult, outputs: Record<string, unknown>): void {
    this.stop();
    const { preview } = this.options;
    const names = Object.keys(outputs).sort();
    if (names.length > 0) {
      this.line("\nOutputs:");
      const width = Math.max(...names.map((name) => name.length));
      for (const name of names) this.line(`    ${name.padEnd(width)}: ${shown(outputs[name])}`);
    }
    this.line("\nResources:");
    const changes = result.resourceChanges;
    const { same = 0 } = changes;
    for (const [op, done, planned] of COUNTED) {
      const count = changes[op];
      if (!count) continue;
      const text = `    ${LOOKS[op].mark.trim().padEnd(2)} ${String(count)} ${preview ? planned : done}`;
      this.line(this.paint(text, LOOKS[op].colour));
    }
    if (same > 0) this.line(`    ${String(same)} unchanged`);
    this.line(`\nDuration: ${result.seconds.toFixed(result.seconds < 10 ? 1 : 0)}s`);
  }
}

function isShown(op: Op): boolean {
  return op !== "same" && op !== "replace";
}

function packOf({ policyPackName, policyPackVersion }: { policyPackName: string; policyPackVersion: string }): string {
  return policyPackVersion ? `${policyPackName}@v${policyPackVersion}` : policyPackName;
}

function subject(urn: string | undefined): string {
  return urn ? `${urnType(urn)}: ${urnName(urn)}` : "stack";
}

/** A value as Pulumi shows it: secrets and what is not known yet by these words alone. */
function shown(value: unknown): string {
  const json = JSON.stringify(value, (_key, part: unknown) => {
    if (isSecret(part as Value)) return "[secret]";
    return part === UNKNOWN ? "[unknown]" : part;
  }) as string | undefined;
  return json?.replace(/"(\[(?:secret|unknown)\])"/g, "$1") ?? "undefined";
}

/** The properties in which two states of a resource differ. */
function propertyLines(before: Props, after: Props): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !key.startsWith("__"));
  return keys.sort().flatMap((key) => {
    const [old, now] = [before[key], after[key]];
    if (isDeepStrictEqual(old, now)) return [];
    if (old === undefined) return [`+ ${key}: ${shown(now)}`];
    if (now === undefined) return [`- ${key}: ${shown(old)}`];
    return [`~ ${key}: ${shown(old)} => ${shown(now)}`];
  });
}

/** What a step makes or changes, as far as the provider says so. */
function detailsOf(event: StepView, old: FormerView | undefined): string[] {
  const inputs = event.new?.inputs ?? {};
  if (event.op === "create" || event.op === "import") return propertyLines({}, inputs);
  const replacing = new Set(event.keys ?? []);
  const changed = Object.entries(event.detailedDiff ?? {});
  if (changed.length === 0) {
    return [...new Set([...(event.diffs ?? []), ...replacing])].map((path) =>
      changeLine({ kind: "update", path, replaces: replacing.has(path) }, old?.inputs, inputs),
    );
  }
  return changed.map(([path, { diffKind, inputDiff }]) => {
    const [kind = "update", replaces] = diffKind.split("-") as [keyof typeof MARKS, string | undefined];
    const before = inputDiff ? old?.inputs : { ...old?.inputs, ...old?.outputs };
    return changeLine({ kind, path, replaces: replaces !== undefined }, before, inputs);
  });
}

const MARKS = { add: "+", delete: "-", update: "~" };

interface Change {
  kind: keyof typeof MARKS;
  path: string;
  replaces: boolean;
}

/** One property's change, with what it was and what it becomes as far as both are known. */
function changeLine({ kind, path, replaces }: Change, before: Props | undefined, after: Props): string {
  const parts = parsePath(path) ?? [path];
  const old = kind === "add" ? undefined : valueAt(before, parts);
  const now = kind === "delete" ? undefined : valueAt(after, parts);
  const values = [old, now].filter((value) => value !== undefined).map(shown);
  const text = kind === "update" && old === undefined ? values.map((value) => `=> ${value}`) : values;
  return `${MARKS[kind]} ${path}${text.length > 0 ? `: ${text.join(" => ")}` : ""}${replaces ? " (replaces)" : ""}`;
}

function indent(text: string, by: number): string {
  const margin = " ".repeat(by);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => margin + line)
    .join("\n");
}
