// SPDX-License-Identifier: Apache-2.0

import type { Answer, CallContext, Methods } from "./call";
import { callLine, shown } from "./call-log";
import { Code, Failure } from "./failure";
import { noteCall, noteStates } from "./hooks";
import type { Log } from "./log";
import { absentMethods } from "./methods/absent";
import { presentMethods } from "./methods/index";
import { Params } from "./params";
import { authenticate } from "./session";
import { signatures } from "./signatures";
import type { Store } from "./store";
import type { Value } from "./xmlrpc";
import { array, boolean, decodeCall, encodeFault, encodeResponse, Fault, faultStruct, int, string } from "./xmlrpc";

/** The stand-in's name in messages, so that nobody takes it for the real daemon. */
export const STAND_IN = "stand-in for oned (opennebula-scaleway lab)";

export type Services = Omit<CallContext, "user" | "now" | "request">;

/** What the server needs of the world. */
export interface Outside {
  /** Seconds since the epoch. */
  clock: () => number;
  /** After a call that may have given the background something to do. */
  changed: () => void;
}

/** Runs calls one after the other: a call's changes are stored before the next call begins and before its answer. */
export class OnedServer {
  private readonly methods: Methods;
  private readonly known: Map<string, string[]>;
  private tail: Promise<unknown> = Promise.resolve();
  private requests = 0;

  constructor(
    private readonly services: Services,
    private readonly store: Store,
    private readonly log: Log,
    private readonly outside: Outside,
  ) {
    this.known = signatures(services.version);
    const present = presentMethods();
    this.methods = { ...absentMethods(services.version, present, STAND_IN), ...present };
  }

  /** The body of the answer to the body of a call. */
  async answer(body: Buffer, client: string): Promise<string> {
    try {
      const call = decodeCall(body);
      return encodeResponse(await this.invoke(call.method, call.params, client));
    } catch (error) {
      if (error instanceof Fault) return encodeFault(error);
      this.log.error("ReM", `Unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : ""}`);
      return encodeFault(new Fault(-500, "Unexpected error executing code for particular method"));
    }
  }

  /** Waits for its turn, so that changes of the monitor and of calls never mix. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.tail.then(work);
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  private async invoke(method: string, params: Value[], client: string): Promise<Value> {
    const builtIn = method.startsWith("system.") ? this.system(method, params, client) : undefined;
    if (builtIn !== undefined) return builtIn;
    if (!this.known.has(method)) throw new Fault(-506, `Method '${method}' not defined`);
    return this.exclusive(() => this.call(method, params, client));
  }

  private async call(method: string, params: Value[], client: string): Promise<Value> {
    const request = this.requests++ % 10000;
    const now = this.outside.clock();
    const user = authenticate(this.services.state, Params.session(params), now);
    const { id: uid = -1, name = "" } = user ?? {};
    const called = { request, method, uid, user: name, client, arguments: params.slice(1) };
    this.log.debug("ReM", callLine(this.services.config.get("LOG_CALL_FORMAT") ?? "", called));
    const result = (outcome: string): string => `Req:${request} UID:${uid} ${method} result ${outcome}`;
    try {
      if (user === undefined) {
        throw new Failure(Code.AUTHENTICATION, "User couldn't be authenticated, aborting call.");
      }
      const implementation = this.methods[method];
      if (implementation === undefined) throw new Fault(-506, `Method '${method}' not defined`);
      const answer = await implementation({ ...this.services, user, now, request }, new Params(params));
      const envelope = [boolean(true), valueOf(answer), int(0)];
      noteCall(this.services, { method, params, success: true, answer: envelope });
      await this.commit();
      this.outside.changed();
      this.log.debug("ReM", result(`SUCCESS, ${shown(envelope[1])}`));
      return array(envelope);
    } catch (error) {
      if (error instanceof Failure && error.kept) await this.commit();
      else this.services.state.rollback();
      if (!(error instanceof Failure)) throw error;
      this.log.info("ReM", result(`FAILURE [${method}] ${error.message}`));
      const message = string(`[${method}] ${error.message}`);
      const envelope: Value[] = [boolean(false), message, int(error.code), int(error.id), { type: "i8", value: -1n }];
      if (user !== undefined) await this.hookFailure(method, params, envelope);
      return array(envelope);
    }
  }

  /** Hooks hear of failed calls too; what cannot be stored for them does not change the answer. */
  private async hookFailure(method: string, params: Value[], answer: Value[]): Promise<void> {
    noteCall(this.services, { method, params, success: false, answer });
    await this.commit().catch(() => this.services.state.rollback());
    this.outside.changed();
  }

  /** Stores what changed; what cannot be stored did not happen. */
  async commit(): Promise<void> {
    noteStates(this.services);
    const changes = this.services.state.changes();
    if (changes.length === 0) return;
    try {
      await this.store.write(changes);
    } catch (error) {
      this.log.error(
        "DBM",
        `Cannot write to the ${this.store.description}: ${error instanceof Error ? error.message : ""}`,
      );
      throw new Failure(Code.INTERNAL, "Error writing to the database");
    }
    this.services.state.committedChanges(changes);
  }

  /** Methods of the RPC library itself: bare values, no session. */
  private system(method: string, params: Value[], client: string): Value | Promise<Value> | undefined {
    const name = (): string => new Params([string(""), ...params]).string(0);
    switch (method) {
      case "system.listMethods":
        return array([...this.known.keys()].map(string));
      case "system.methodExist":
        return boolean(this.known.has(name()));
      case "system.methodHelp":
        this.signature(name());
        return string(`${name()}, as in OpenNebula's documentation of its XML-RPC API`);
      case "system.methodSignature":
        return array([array(this.signature(name()).map(string))]);
      case "system.multicall":
        return this.multicall(params, client);
      case "system.shutdown":
        throw new Fault(0, "This server program is not capable of shutting down");
      case "system.capabilities":
        return {
          type: "struct",
          value: {
            facility: string("xmlrpc-c"),
            version_major: int(1),
            version_minor: int(33),
            version_point: int(14),
            protocol_version: int(2),
          },
        };
      case "system.getCapabilities": {
        const specUrl = string("http://xmlrpc-c.sourceforge.net/xmlrpc-c/introspection.html");
        const introspect: Value = { type: "struct", value: { specUrl, specVersion: int(1) } };
        return { type: "struct", value: { introspect } };
      }
      default:
        return undefined;
    }
  }

  private signature(method: string): string[] {
    const found = this.known.get(method);
    if (found === undefined) throw new Fault(-506, `Method '${method}' does not exist`);
    return found;
  }

  private async multicall(params: Value[], client: string): Promise<Value> {
    const [calls] = params;
    if (calls?.type !== "array") throw new Fault(-501, "Parameter that is supposed to be an array is not");
    const results: Value[] = [];
    for (const call of calls.value) {
      try {
        if (call.type !== "struct") throw new Fault(-501, "An element of the multicall parameter is not a struct");
        const { methodName, params: inner } = call.value;
        if (methodName?.type !== "string" || inner?.type !== "array") {
          throw new Fault(-501, "A multicall element needs 'methodName' (string) and 'params' (array)");
        }
        if (methodName.value === "system.multicall") throw new Fault(-501, "Recursive system.multicall forbidden");
        results.push(array([await this.invoke(methodName.value, inner.value, client)]));
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        results.push(faultStruct(error));
      }
    }
    return array(results);
  }
}

function valueOf(answer: Answer): Value {
  if (typeof answer === "number") return int(answer);
  return typeof answer === "string" ? string(answer) : answer;
}
