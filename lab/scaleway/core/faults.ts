// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { ApiError, errorOfStatus } from "./errors";
import type { Body } from "./body";
import { isObject, type JsonObject } from "./json";
import type { Store } from "./store";

/** A request that is to be answered wrongly or late. */
export interface Fault {
  id: string;
  method: string | undefined;
  /** Regular expression on the path, without the query. */
  path: string;
  /** Matching requests to let pass before the first one is hit. */
  skip: number;
  /** Requests still to be hit; undefined: without end. */
  times: number | undefined;
  /** Without a status the request is only delayed. */
  status: number | undefined;
  body: JsonObject | undefined;
  headers: Record<string, string>;
  delayMs: number;
}

/** A transition that is to end badly or late. For `install` the delay counts into `installing`. */
export interface TransitionFault {
  id: string;
  transition: "deliver" | "install" | "option" | "attach" | "flexibleIp";
  /** Regular expression on the name (server) or address (flexible IP). */
  name: string;
  outcome: string | undefined;
  delayMs: number;
  times: number | undefined;
}

const transitions = ["deliver", "install", "option", "attach", "flexibleIp"] as const;

/** What is wrong on purpose. It is part of the state, so that it outlives a restart of the emulator. */
export class Faults {
  constructor(private readonly store: Store) {}

  list(): { requests: Fault[]; transitions: TransitionFault[] } {
    return { requests: this.store.state.faults, transitions: this.store.state.transitionFaults };
  }

  clear(id?: string): void {
    const kept = (fault: { id: string }): boolean => id !== undefined && fault.id !== id;
    this.store.state.faults = this.store.state.faults.filter(kept);
    this.store.state.transitionFaults = this.store.state.transitionFaults.filter(kept);
    this.store.changed();
  }

  /** Adds what a control call asks for: `transition` makes it a fault of a transition, else it is one of requests. */
  add(body: Body): Fault | TransitionFault {
    const fault = body.has("transition") ? transitionFault(body) : requestFault(body);
    body.check();
    if ("transition" in fault) this.store.state.transitionFaults.push(fault);
    else this.store.state.faults.push(fault);
    this.store.changed();
    return fault;
  }

  /** The fault that hits this request, counted down. */
  request(method: string, path: string): Fault | undefined {
    for (const fault of this.store.state.faults) {
      const matches = (fault.method === undefined || fault.method === method) && new RegExp(fault.path).test(path);
      if (!matches || fault.times === 0) continue;
      this.store.changed();
      if (fault.skip > 0) {
        fault.skip--;
        continue;
      }
      if (fault.times !== undefined) fault.times--;
      return fault;
    }
    return undefined;
  }

  /** The fault that hits this transition, counted down. */
  transition(transition: TransitionFault["transition"], name: string): TransitionFault | undefined {
    const hit = this.store.state.transitionFaults.find(
      (fault) => fault.transition === transition && fault.times !== 0 && new RegExp(fault.name).test(name),
    );
    if (hit?.times !== undefined) hit.times--;
    if (hit !== undefined) this.store.changed();
    return hit;
  }
}

/** The error that a fault answers with. */
export function faultError(fault: Fault, resource: string, action: "read" | "write"): ApiError | undefined {
  if (fault.status === undefined) return undefined;
  const known = errorOfStatus(fault.status, resource, action);
  return new ApiError(fault.status, fault.body ?? known.body, fault.headers);
}

function requestFault(body: Body): Fault {
  const match = body.object("match");
  const status = body.number("status", 0);
  const raw = body.raw("body");
  const headers = body.raw("headers");
  if (body.has("status") && (status < 400 || status > 599)) body.refuse("status", "must be between 400 and 599", 0);
  const fault: Fault = {
    id: randomUUID(),
    method: match?.optionalString("method")?.toUpperCase() ?? undefined,
    path: regularExpression(body, "match.path", match?.string("path", "") ?? ""),
    skip: body.number("skip", 0),
    times: body.has("times") ? body.number("times", 1) : undefined,
    status: status === 0 ? undefined : status,
    body: isObject(raw) ? raw : undefined,
    headers: isObject(headers)
      ? Object.fromEntries(
          Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
        )
      : {},
    delayMs: body.number("delayMs", 0),
  };
  if (fault.status === undefined && fault.delayMs === 0) body.refuse("status", "or delayMs is required", 0);
  return fault;
}

function transitionFault(body: Body): TransitionFault {
  const asked = body.string("transition");
  const transition = transitions.find((name) => name === asked);
  if (transition === undefined) body.refuse("transition", `must be one of ${transitions.join(", ")}`, "");
  return {
    id: randomUUID(),
    transition: transition ?? "install",
    name: regularExpression(body, "name", body.string("name", "")),
    outcome: body.optionalString("outcome") ?? undefined,
    delayMs: body.number("delayMs", 0),
    times: body.has("times") ? body.number("times", 1) : undefined,
  };
}

function regularExpression(body: Body, name: string, text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch {
    return body.refuse(name, "must be a regular expression", "");
  }
}
