// SPDX-License-Identifier: Apache-2.0
/** Events of the Pulumi CLI in the form of the embedded engine's. */
import type { EngineEvent as CliEvent } from "@pulumi/pulumi/automation";

import type { EngineEvent } from "../engine";

type StepEvent = Extract<EngineEvent, { event: "resourcePre" | "resourceOutputs" }>;
type Step = Omit<StepEvent, "event">;
type PolicyEvent = Extract<EngineEvent, { event: "policyEvent" }>;
type Summary = Extract<EngineEvent, { event: "summary" }>;
type Diagnostic = Extract<EngineEvent, { event: "diagnostic" }>;
/** The CLI's event log tells these things too; the types of the Automation API leave them out. */
type FullEvent = CliEvent & {
  policyRemediationEvent?: Omit<Extract<EngineEvent, { event: "policyRemediationEvent" }>, "event">;
};
type CliStep = NonNullable<CliEvent["resourcePreEvent"]>["metadata"];
type CliState = NonNullable<CliStep["new"]>;

/**
 * @param event - of the CLI's event log
 * @returns undefined for what the embedded engine does not tell: progress, debugging, the CLI's own lines
 */
export function fromCli(event: CliEvent): EngineEvent | undefined {
  const { preludeEvent, resourcePreEvent, resOutputsEvent, resOpFailedEvent, policyEvent, summaryEvent } = event;
  const { diagnosticEvent, policyRemediationEvent } = event as FullEvent;
  if (preludeEvent) return { event: "prelude", config: preludeEvent.config };
  if (resourcePreEvent) return { event: "resourcePre", ...stepOf(resourcePreEvent.metadata) };
  if (resOutputsEvent) return { event: "resourceOutputs", ...stepOf(resOutputsEvent.metadata) };
  if (resOpFailedEvent) {
    const status = resOpFailedEvent.status as 0 | 1 | 2;
    return { event: "resourceFailed", status, steps: resOpFailedEvent.steps, ...stepOf(resOpFailedEvent.metadata) };
  }
  if (policyEvent) return { event: "policyEvent", ...(policyEvent as Omit<PolicyEvent, "event">) };
  if (policyRemediationEvent) return { event: "policyRemediationEvent", ...policyRemediationEvent };
  if (summaryEvent) {
    // Absent from the types: whether it was a preview, and how it went.
    const { isPreview, result, resourceChanges } = summaryEvent as unknown as Omit<Summary, "event">;
    return { event: "summary", isPreview, result, resourceChanges };
  }
  return diagnosticEvent && !diagnosticEvent.ephemeral ? diagnosticOf(diagnosticEvent) : undefined;
}

function diagnosticOf(diagnostic: NonNullable<CliEvent["diagnosticEvent"]>): Diagnostic {
  const { severity, urn, message } = diagnostic;
  // The CLI colours by tags: <{%fg 1%}>.
  return { event: "diagnostic", severity, ...(urn ? { urn } : {}), message: message.replace(/<\{%.*?%\}>/g, "") };
}

function stepOf(metadata: CliStep): Step {
  const { op, urn, type, keys, diffs, detailedDiff, old, new: state } = metadata;
  const step: Step = { op: op, urn, type };
  if (keys && keys.length > 0) step.keys = keys;
  if (diffs && diffs.length > 0) step.diffs = diffs;
  if (detailedDiff) step.detailedDiff = detailedDiff;
  if (old?.id) step.oldId = old.id;
  if (old?.delete) step.oldPendingDelete = true;
  if (state) step.new = viewOf(state);
  return step;
}

function viewOf(state: CliState): StepEvent["new"] {
  return {
    ...(state.id ? { id: state.id } : {}),
    inputs: (state.inputs ?? {}) as Record<string, never>,
    outputs: (state.outputs ?? {}) as Record<string, never>,
    ...(state.initErrors && state.initErrors.length > 0 ? { initErrors: state.initErrors } : {}),
    ...(state.provider ? { provider: state.provider } : {}),
    ...(state.delete ? { delete: true } : {}),
    ...(state.protect ? { protect: true } : {}),
    ...(state.retainOnDelete ? { retainOnDelete: true } : {}),
  };
}
