// SPDX-License-Identifier: Apache-2.0
/** Where a run's events come together: masks secrets, counts steps, collects errors, hands on to the listener. */
import { stripVTControlCharacters } from "node:util";
import type { EngineEvent, FormerView, Op, OpCounts, Severity, Step, StepView } from "./types";
import { isProviderType, urnName } from "./urn";
import { ASSET, SECRET, SIGNATURE, isSecret, openOutputs, rewrite, rewriteEnvelopes, signatureOf } from "./values";
import type { PlainObject, Props, Value } from "./values";

const MASK = "[secret]";
/** Shorter secrets are not looked for in texts: the masks would show more than they hide. */
const SHORTEST_MASKED = 3;
/** Steps that make something else of a resource. */
const CHANGES: ReadonlySet<Op> = new Set(["update", "replace", "create-replacement", "refresh", "import-replacement"]);

/** @param former - for a step that changes a resource: what it was */
export type Listener = (event: EngineEvent, former?: FormerView) => void;

/** A default provider is the engine's own affair: it is not counted. */
export function isDefaultProvider(urn: string, type: string): boolean {
  return isProviderType(type) && /^default(_|$)/.test(urnName(urn));
}

export class Events {
  readonly counts: OpCounts = {};
  readonly errors: string[] = [];
  private steps = 0;
  private readonly masked: string[];

  /**
   * @param secrets - texts that must not appear in any event
   */
  constructor(
    private readonly listener: Listener | undefined,
    secrets: Iterable<string>,
  ) {
    this.masked = [...secrets].filter((text) => text.length >= SHORTEST_MASKED);
  }

  /** A text without the secrets of the configuration. */
  mask(text: string): string {
    let result = text;
    for (const secret of this.masked) if (result.includes(secret)) result = result.replaceAll(secret, MASK);
    return result;
  }

  /** Properties as events show them. */
  maskProps(props: Props): Props {
    const hidden = this.masked.length > 0 ? rewrite : rewriteEnvelopes;
    return hidden(openOutputs(props), (node): Value | undefined => {
      if (isSecret(node)) return { [SIGNATURE]: SECRET, ciphertext: MASK };
      if (signatureOf(node) === ASSET && typeof (node as PlainObject).text === "string") {
        return { ...(node as PlainObject), text: "<contents elided>" };
      }
      return typeof node === "string" ? this.mask(node) : undefined;
    }) as Props;
  }

  emit(event: EngineEvent): void {
    this.listener?.(event);
  }

  diagnostic(severity: Severity, message: string, urn?: string): void {
    // Programs colour their errors for a terminal that they do not have.
    const text = stripVTControlCharacters(this.mask(message));
    if (severity === "error") this.errors.push(text.trimEnd());
    this.emit({
      event: "diagnostic",
      severity,
      message: text.endsWith("\n") ? text : `${text}\n`,
      ...(urn ? { urn } : {}),
    });
  }

  pre(step: Step): void {
    if (this.listener) this.emit({ event: "resourcePre", ...this.view(step, step.op) });
  }

  outputs(step: Step, op: Op = step.op): void {
    this.listener?.({ event: "resourceOutputs", ...this.view(step, op) }, this.former(step, op));
  }

  failed(step: Step, status: 0 | 1 | 2): void {
    if (this.listener) this.emit({ event: "resourceFailed", status, steps: this.steps, ...this.view(step, step.op) });
  }

  /** Counts a step in the summary. */
  count(op: Op): void {
    this.steps += 1;
    this.counts[op] = (this.counts[op] ?? 0) + 1;
  }

  private former({ old }: Step, op: Op): FormerView | undefined {
    if (!old || !CHANGES.has(op)) return undefined;
    return { inputs: this.maskProps(old.inputs ?? {}), outputs: this.maskProps(old.outputs ?? {}) };
  }

  private view(step: Step, op: Op): StepView {
    const view: StepView = { op, urn: step.urn, type: step.type };
    if (step.keys && step.keys.length > 0) view.keys = step.keys;
    if (step.diffs && step.diffs.length > 0) view.diffs = step.diffs;
    if (step.detailedDiff) {
      const entries = Object.entries(step.detailedDiff);
      view.detailedDiff = Object.fromEntries(
        entries.map(([path, { kind, inputDiff }]) => [path, { diffKind: kind, inputDiff }]),
      );
    }
    if (step.old?.id) view.oldId = step.old.id;
    if (step.old?.delete) view.oldPendingDelete = true;
    const { new: state } = step;
    if (state) {
      view.new = {
        ...(state.id ? { id: state.id } : {}),
        inputs: this.maskProps(state.inputs ?? {}),
        outputs: this.maskProps(state.outputs ?? {}),
        ...(state.initErrors && state.initErrors.length > 0 ? { initErrors: state.initErrors } : {}),
        ...(state.provider ? { provider: state.provider } : {}),
        ...(state.delete ? { delete: true } : {}),
        ...(state.protect ? { protect: true } : {}),
        ...(state.retainOnDelete ? { retainOnDelete: true } : {}),
      };
    }
    return view;
  }
}
