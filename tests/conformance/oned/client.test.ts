// SPDX-License-Identifier: Apache-2.0

/**
 * Every recorded exchange with a real oned goes through the client: a server answers with the recorded bytes. A well-formed,
 * well-typed call is built anew by the client and must mean the same as the recorded one; a deliberately broken one is sent as it
 * is, and only the decoding of the answer is judged.
 */
import * as net from "node:net";
import {
  CallError,
  FaultError,
  METHODS,
  OneClient,
  TransportError,
  TransportFailure,
  type MethodName,
  type RpcParameter,
} from "../../../opennebula";
import { decodeCall, decodeValue, type RpcValue } from "../../../opennebula/rpc/decode";
import { loadRecordings, parseCall, type Recording, type Typed } from "./recordings";

/** Faults that say that the call itself was no good. */
const BROKEN = new Set([-500, -501, -503]);

let server: net.Server;
let answer: Buffer;
let received: Buffer;

beforeAll(async () => {
  server = net.createServer((socket) => {
    let request = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      request = Buffer.concat([request, data]);
      const end = request.indexOf("\r\n\r\n");
      const length = /content-length: (\d+)/i.exec(request.subarray(0, Math.max(end, 0)).toString())?.[1];
      if (end < 0 || length === undefined || request.length < end + 4 + Number(length)) return;
      received = request;
      if (answer.length === 0) socket.resetAndDestroy();
      else socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
});

const files = loadRecordings();
const all = files.flatMap(([, recordings]) => recordings);
const rebuilt = all.filter((recording) => rebuildable(recording) !== undefined).length;

describe(`${all.length} recorded exchanges, ${rebuilt} of them built anew`, () => {
  it("has recordings, and nearly all are built anew", () => {
    expect(all.length).toBeGreaterThan(0);
    expect(rebuilt / all.length).toBeGreaterThan(0.9);
  });

  describe.each(files)("%s", (_file, recordings) => {
    it.each(recordings.map((recording) => [recording.name, recording] as const))("%s", async (_name, recording) => {
      answer = recording.answer;
      const plan = rebuildable(recording);
      const outcome = await settle(plan === undefined ? sendAsIs(recording) : plan());
      if (plan !== undefined) {
        const [head, body] = split(received);
        expect(head).toMatch(/^POST \/RPC2 HTTP\/1\.1\r\n/);
        expect(head).toMatch(new RegExp(`\r\nContent-Length: ${body.length}(\r\n|$)`));
        expect(head).toMatch(/\r\nConnection: close(\r\n|$)/);
        expect(head).not.toMatch(/transfer-encoding/i);
        expect(parseCall(body)).toEqual(recording.call);
      }
      expectOutcome(outcome, recording);
    });
  });
});

/** The call as the client would make it; undefined where it is broken on purpose. */
function rebuildable({ call, fault }: Recording): (() => Promise<RpcValue>) | undefined {
  if (call === undefined || (fault !== undefined && BROKEN.has(fault.code))) return undefined;
  const params = call.params.map(plain);
  if (call.method.startsWith("system.")) return () => client().callServer(call.method, params);
  const [session, ...rest] = params;
  if (typeof session !== "string") return undefined;
  const at = session.indexOf(":");
  const [username, password] = [session.slice(0, at), session.slice(at + 1)];
  // Sessions that the client refuses to make.
  if (at < 1 || password === "" || /\s/.test(session)) return undefined;
  if (!OneClient.knows(call.method)) return () => client(username, password).callAny(call.method, rest);
  const method: MethodName = call.method;
  const form = call.params.slice(1).map(letter).join("") || "-";
  return async () => {
    expect(METHODS[method].split(">")[0]?.split(" ")).toContain(form);
    return client(username, password).call(method, rest as never);
  };
}

function client(username = "oneadmin", password = "unused"): OneClient {
  const { port } = server.address() as net.AddressInfo;
  return new OneClient({ endpoint: `http://127.0.0.1:${port}/RPC2`, username, password, attempts: 1 });
}

async function sendAsIs({ method, body, result }: Recording): Promise<RpcValue> {
  const text = await client().post(method, body);
  return method.startsWith("system.") && result?.type !== "array"
    ? decodeValue(method, text)
    : decodeCall(method, text);
}

async function settle(work: Promise<RpcValue>): Promise<{ value: RpcValue } | { error: unknown }> {
  return work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

function expectOutcome(outcome: { value: RpcValue } | { error: unknown }, recording: Recording): void {
  const { result, fault, status, method, answer: bytes } = recording;
  if (fault !== undefined) {
    expect(outcome).toEqual({ error: expect.any(FaultError) as FaultError });
    const error = (outcome as { error: FaultError }).error;
    expect(error.code).toBe(fault.code);
    // What a fault quotes of the call is left out, for it may hold the session.
    expect(error.reason.replace("a place of the call that is not shown", "")).toBe(
      fault.text.replace(/(?<=token at )'[^]*/, ""),
    );
  } else if (result === undefined) {
    // The answer to OPTIONS is a 200 without any body.
    const answered = status === 200 ? TransportFailure.Malformed : TransportFailure.HtmlPage;
    const failure = status === undefined ? TransportFailure.Reset : answered;
    expect(outcome).toEqual({ error: expect.any(TransportError) as TransportError });
    const error = (outcome as { error: TransportError }).error;
    expect(error.failure).toBe(failure);
    if (status !== undefined)
      expect(error.message).toContain(status === 200 ? "the answer is empty" : `HTTP ${status}`);
    expect(bytes.length === 0).toBe(status === undefined);
  } else expectResult(outcome, { result, method });
}

function expectResult(
  outcome: { value: RpcValue } | { error: unknown },
  wanted: { result: Typed; method: string },
): void {
  const value = decoded(wanted.result);
  if (wanted.method.startsWith("system.")) {
    expect(outcome).toEqual({ value });
    return;
  }
  const [ok, content, code, objectId] = value as [boolean, string | number, number, number];
  if (ok) {
    expect(outcome).toEqual({ value: content });
    return;
  }
  expect(outcome).toEqual({ error: expect.any(CallError) as CallError });
  const error = (outcome as { error: CallError }).error;
  expect([error.code, error.objectId]).toEqual([code, objectId]);
  expect(String(content).endsWith(error.reason)).toBe(true);
  expect(error.reason.length).toBeGreaterThan(0);
}

/** What the client must give for a typed value: 64-bit integers as text. */
function decoded({ type, value }: Typed): RpcValue {
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== "object") return type === "i8" ? String(value) : value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, decoded(member)]));
}

function plain({ type, value }: Typed): RpcParameter {
  if (type === "i8") return BigInt(value as string);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

function letter({ type }: Typed): string {
  return { string: "s", i4: "i", boolean: "b", i8: "l", array: "a" }[type] ?? "?";
}

function split(request: Buffer): [head: string, body: Buffer] {
  const end = request.indexOf("\r\n\r\n");
  return [request.subarray(0, end).toString(), request.subarray(end + 4)];
}
