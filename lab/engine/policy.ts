// SPDX-License-Identifier: Apache-2.0
/** Asks policy packs about resources and about the whole stack, and says what they find. */
import type * as pb from "@pulumi/pulumi/proto/analyzer_pb";
import type { Events } from "./events";
import { LEVELS } from "./policy-config";
import type { Level } from "./policy-config";
import { PolicyPack } from "./policy-pack";
import type { PackOptions } from "./policy-pack";
import { requestFor, stackRequestFor, withoutInternal } from "./policy-requests";
import type { JudgedStack } from "./policy-requests";
import type { ResourceState } from "./types";
import { fromStruct } from "./values";
import type { Props } from "./values";

export class Policies {
  private constructor(
    private readonly packs: PolicyPack[],
    private readonly events: Events,
  ) {}

  /** Starts packs. */
  static async start(packs: PackOptions[], events: Events): Promise<Policies> {
    const started = await Promise.allSettled(packs.map((pack) => PolicyPack.start(pack)));
    const running = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failed = started.find((result) => result.status === "rejected");
    if (failed) {
      await Promise.all(running.map((pack) => pack.stop()));
      throw failed.reason;
    }
    return new Policies(running, events);
  }

  /**
   * Lets packs change a resource's inputs, one after another.
   * @param apply - whether a pack is asked about what those before it have made of the inputs
   * @returns the inputs after that
   */
  async remediate(stack: JudgedStack, state: ResourceState, apply: boolean): Promise<Props> {
    let inputs = state.inputs ?? {};
    for (const pack of this.packs) {
      const results = await pack.remediate(requestFor(stack, state, inputs));
      for (const result of results) {
        const after = this.remediation(pack, result, { urn: state.urn, inputs });
        if (apply) inputs = after;
      }
    }
    return inputs;
  }

  /** Reports a remediation, or why there could be none. @returns the inputs after it */
  private remediation(pack: PolicyPack, result: pb.Remediation, before: { urn: string; inputs: Props }): Props {
    const { events } = this;
    const names = {
      resourceUrn: before.urn,
      policyName: result.getPolicyname(),
      policyPackName: result.getPolicypackname(),
      policyPackVersion: pack.version || result.getPolicypackversion(),
    };
    const problem = result.getDiagnostic();
    if (problem) {
      const message = events.mask(messageText(problem));
      events.emit({ event: "policyEvent", ...names, enforcementLevel: "advisory", message });
      return before.inputs;
    }
    const after = fromStruct(result.getProperties());
    events.emit({
      event: "policyRemediationEvent",
      ...names,
      before: events.maskProps(before.inputs),
      after: events.maskProps(after),
    });
    return after;
  }

  /**
   * Has a resource judged.
   * @returns false when a mandatory policy forbids it
   */
  async judgeResource(stack: JudgedStack, state: ResourceState): Promise<boolean> {
    const request = requestFor(stack, state, withoutInternal(state.inputs ?? {}));
    return this.judge(
      (pack) => pack.analyze(request),
      () => state.urn,
    );
  }

  /**
   * Has the whole stack judged.
   * @param root - whose violation one is that names no resource
   * @returns false when a mandatory policy is violated
   */
  async judgeStack(stack: JudgedStack, states: ResourceState[], root: string): Promise<boolean> {
    const request = stackRequestFor(stack, states);
    const urns = new Set(states.map((state) => state.urn));
    return this.judge(
      (pack) => pack.analyzeStack(request),
      (named) => (urns.has(named) ? named : root),
    );
  }

  private async judge(
    ask: (pack: PolicyPack) => Promise<pb.AnalyzeDiagnostic[]>,
    urnOf: (named: string) => string,
  ): Promise<boolean> {
    const results = await Promise.all(this.packs.map(async (pack) => [pack, await ask(pack)] as const));
    let allowed = true;
    for (const [pack, diagnostics] of results) {
      for (const diagnostic of diagnostics)
        if (this.tell(pack, diagnostic, urnOf(diagnostic.getUrn()))) allowed = false;
    }
    return allowed;
  }

  /** Reports a violation. @returns true when it forbids the resource */
  private tell(pack: PolicyPack, diagnostic: pb.AnalyzeDiagnostic, urn: string): boolean {
    const level: Level = LEVELS[diagnostic.getEnforcementlevel()] ?? "advisory";
    if (level === "disabled") return false;
    // What a remediation has left wrong counts as forbidden.
    const effective = level === "remediate" ? "mandatory" : level;
    this.events.emit({
      event: "policyEvent",
      resourceUrn: urn,
      policyName: diagnostic.getPolicyname(),
      policyPackName: diagnostic.getPolicypackname(),
      policyPackVersion: pack.version || diagnostic.getPolicypackversion(),
      enforcementLevel: effective,
      message: this.events.mask(messageText(diagnostic.getMessage())),
    });
    return effective === "mandatory";
  }

  async stop(): Promise<void> {
    await Promise.all(this.packs.map((pack) => pack.stop()));
  }
}

function messageText(message: string): string {
  return message.endsWith("\n") ? message : `${message}\n`;
}
