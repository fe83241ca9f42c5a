// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Body } from "./body";
import type { Control } from "./control";
import { isSigned, type ObjectStorage } from "../object-storage";
import { ApiError, forbidden, invalidArguments, notImplemented } from "./errors";
import { faultError } from "./faults";
import { isObject } from "./json";
import type { Authenticator, Principal } from "./permissions";
import type { RequestLog } from "./requests";
import { actionOf, type Answer, type RouteMatch, type Router } from "./router";
import type { World } from "./world";

/** Said in every answer, so that nobody mistakes the emulator for the real API. */
export const standInHeader = "X-Stand-In";
export const standInText = "opennebula-scaleway lab: emulator of the Scaleway API";

const largestBody = 1024 * 1024;
const zonePattern = /^(fr-par|nl-ams|pl-waw|it-mil)-[0-9]{1,2}$/;
const regionPattern = /^(fr-par|nl-ams|pl-waw|it-mil)$/;

export interface ApiParts {
  world: World;
  router: Router;
  authenticator: Authenticator;
  control: Control;
  log: RequestLog;
  objectStorage: ObjectStorage;
}

/** The HTTP side: reads a request, lets the clock catch up, authenticates, routes, saves what changed, answers JSON. */
export function createApiServer(parts: ApiParts): Server {
  return createServer((incoming, outgoing) => {
    if (isSigned(incoming)) void parts.objectStorage.answer(incoming, outgoing);
    else void answerTo(parts, incoming, outgoing);
  });
}

async function answerTo(parts: ApiParts, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const started = process.hrtime.bigint();
  const url = new URL(incoming.url ?? "/", "http://localhost");
  const method = incoming.method ?? "GET";
  const isControl = url.pathname.startsWith("/_lab/");
  let answer: { status: number; text: string | undefined };
  let headers: Record<string, string> = {};
  try {
    const body = await readBody(incoming);
    await parts.world.scheduler.settle();
    const request = { method, path: url.pathname, query: url.searchParams, body, incoming };
    // As text at once: the rows in it may pass into their next state while the store saves.
    answer = toText(isControl ? await control(parts, request) : await api(parts, request));
  } catch (error) {
    const known = error instanceof ApiError ? error : internalError(error);
    answer = toText(known);
    headers = known.headers;
  }
  try {
    await parts.world.store.flush();
  } catch (error) {
    answer = toText(internalError(error));
  }
  if (!isControl) {
    const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
    parts.log.add({ method, path: url.pathname, query: url.search.slice(1), status: answer.status, milliseconds });
  }
  send(outgoing, answer, headers);
}

interface Incoming {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Body;
  incoming: IncomingMessage;
}

async function control({ control: calls }: ApiParts, request: Incoming): Promise<Answer> {
  if (!isLoopback(request.incoming.socket.remoteAddress ?? "")) throw forbidden("lab control", "write");
  return calls.answer(request);
}

async function api(parts: ApiParts, request: Incoming): Promise<Answer> {
  const match = parts.router.find(request.method, request.path);
  const action = actionOf(request.method);
  const fault = parts.world.faults.request(request.method, request.path);
  if (fault !== undefined) {
    if (fault.delayMs > 0) await sleep(fault.delayMs);
    const error = faultError(fault, match?.route.resource ?? "resource", action);
    if (error !== undefined) throw error;
  }
  const token = request.incoming.headers["x-auth-token"];
  const principal = parts.authenticator.principal(typeof token === "string" ? token : undefined);
  if (match === undefined) throw notImplemented(request.method, request.path);
  return handle(match, request, principal);
}

async function handle({ route, params }: RouteMatch, request: Incoming, principal: Principal): Promise<Answer> {
  checkPlace(params);
  const action = actionOf(request.method);
  if (!principal.can(route.product, action)) throw forbidden(route.resource, action);
  const { method, path, query, body, incoming } = request;
  const remoteAddress = (incoming.socket.remoteAddress ?? "").replace("::ffff:", "");
  return route.handle({ method, path, params, query, body, principal, remoteAddress });
}

function checkPlace({ zone, region }: Record<string, string>): void {
  if (zone !== undefined && !zonePattern.test(zone)) {
    throw invalidArguments({ argument: "zone", help: "is no zone of Scaleway, e.g. fr-par-1" });
  }
  if (region !== undefined && !regionPattern.test(region)) {
    throw invalidArguments({ argument: "region", help: "is no region of Scaleway, e.g. fr-par" });
  }
}

async function readBody(incoming: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw new ApiError(413, { message: "request body is too large" });
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text.trim() === "") return new Body({});
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidArguments({ argument: "body", help: "must be JSON" });
  }
  if (!isObject(value)) throw invalidArguments({ argument: "body", help: "must be a JSON object" });
  return new Body(value);
}

function internalError(error: unknown): ApiError {
  return new ApiError(500, { message: `internal error: ${(error as Error).message}`, type: "internal" });
}

function toText({ status, body }: Answer): { status: number; text: string | undefined } {
  return { status, text: body === undefined ? undefined : JSON.stringify(body) };
}

function send(
  outgoing: ServerResponse,
  answer: { status: number; text: string | undefined },
  headers: Record<string, string>,
): void {
  outgoing.setHeader(standInHeader, standInText);
  outgoing.setHeader("X-Request-Id", randomUUID());
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
  outgoing.statusCode = answer.status;
  if (answer.text !== undefined) outgoing.setHeader("Content-Type", "application/json");
  outgoing.end(answer.text);
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
