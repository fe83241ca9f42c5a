// SPDX-License-Identifier: Apache-2.0
import type { EngineEvent } from "./engine";

type ResourceEvent = Extract<EngineEvent, { event: "resourcePre" | "resourceOutputs" | "resourceFailed" }>;

const doing: Record<string, string> = {
  create: "creating",
  update: "updating",
  delete: "deleting",
  replace: "replacing",
  "create-replacement": "replacing",
  "delete-replaced": "deleting the replaced",
  read: "reading",
  refresh: "refreshing",
};

/** Turns the engine's events into lines for people: what changes, what fails, what is said; what stays the same is only counted. */
export class DeploymentView {
  private readonly begun = new Map<string, number>();
  private done = 0;

  /** @param say - takes a line; `lasting` ones are to be kept on screen */
  constructor(private readonly say: (line: string, lasting: boolean) => void) {}

  /** Takes the next event. */
  take(event: EngineEvent): void {
    if (event.event === "resourcePre") this.begin(event);
    else if (event.event === "resourceOutputs") this.end(event, "done");
    else if (event.event === "resourceFailed") this.end(event, "FAILED");
    else if (event.event === "diagnostic") this.diagnostic(event);
  }

  private begin(event: ResourceEvent): void {
    if (event.op === "same") return;
    this.begun.set(event.urn, Date.now());
    this.say(`${describe(event)} ...`, false);
  }

  private end(event: ResourceEvent, how: string): void {
    this.done += 1;
    if (event.op === "same") return;
    const began = this.begun.get(event.urn);
    const time = began === undefined ? "" : ` in ${((Date.now() - began) / 1000).toFixed(1)} s`;
    this.say(`${describe(event)}: ${how}${time} (${this.done} resources so far)`, false);
  }

  private diagnostic(event: Extract<EngineEvent, { event: "diagnostic" }>): void {
    if (event.severity === "debug") return;
    const about = event.urn === undefined ? "" : ` ${shortUrn(event.urn)}:`;
    for (const line of event.message.split("\n").filter((text) => text.trim() !== "")) {
      this.say(`${event.severity}:${about} ${line}`, event.severity === "error" || event.severity === "warning");
    }
  }
}

function describe({ op, urn }: ResourceEvent): string {
  return `${doing[op] ?? op} ${shortUrn(urn)}`;
}

/** `Server fe` for `urn:pulumi:lab::x::a$scaleway:elasticmetal/server:Server::fe`. */
function shortUrn(urn: string): string {
  const [type = "", name = ""] = urn.split("::").slice(-2);
  return `${type.split(":").pop() ?? type} ${name}`;
}
