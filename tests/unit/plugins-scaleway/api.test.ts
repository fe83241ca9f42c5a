// SPDX-License-Identifier: Apache-2.0
import { createServer } from "node:http";
import type { IncomingHttpHeaders, Server } from "node:http";
import type { AddressInfo } from "node:net";

import { Api } from "../../../lab/plugins/scaleway/api/client";
import { Clock, waitFor } from "../../../lab/plugins/scaleway/api/clock";
import { ApiError, isStatus } from "../../../lab/plugins/scaleway/api/errors";

interface Answer {
  status: number;
  body?: object;
  headers?: Record<string, string>;
}

/** Remembers how long it was asked to sleep, and does not. */
class QuickClock extends Clock {
  readonly pauses: number[] = [];
  constructor() {
    super(0);
  }
  override sleep(seconds: number): Promise<void> {
    this.pauses.push(seconds);
    return Promise.resolve();
  }
}

const SECRET = "11111111-1111-1111-1111-111111111111";
let server: Server;
let answers: Answer[] = [];
let asked: { method?: string; url?: string; body: string; headers: IncomingHttpHeaders }[] = [];
let clock: QuickClock;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      asked.push({ method: request.method, url: request.url, body, headers: request.headers });
      const answer = answers.shift() ?? { status: 200, body: {} };
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
      response.end(answer.body ? JSON.stringify(answer.body) : "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function connect(url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`): Api {
  asked = [];
  clock = new QuickClock();
  const project = "22222222-2222-2222-2222-222222222222";
  const credentials = { apiUrl: url, accessKey: "SCWXXXXXXXXXXXXXXXXX", secretKey: SECRET, projectId: project };
  return Api.connect({ ...credentials, organizationId: project, region: "fr-par", zone: "fr-par-1" }, clock);
}

describe("retries", () => {
  test("429 and 5xx after 2, 4 and 8 seconds, with the same body each time", async () => {
    answers = [{ status: 429 }, { status: 500 }, { status: 503 }, { status: 200, body: { id: "x" } }];
    await expect(connect().post("/things", { name: "a" })).resolves.toEqual({ id: "x" });
    expect(clock.pauses).toEqual([2, 4, 8]);
    expect(asked.map(({ body }) => body)).toEqual(Array.from({ length: 4 }, () => '{"name":"a"}'));
  });

  test("Retry-After decides where it is given", async () => {
    answers = [{ status: 429, headers: { "retry-after": "1" } }];
    await connect().get("/things");
    expect(clock.pauses).toEqual([1]);
  });

  test("the fourth failure is the error", async () => {
    answers = Array.from({ length: 4 }, () => ({ status: 500, body: { message: "internal error" } }));
    const error = await connect()
      .get("/things")
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(String(error)).toContain("scaleway-sdk-go: http error 500 Internal Server Error: internal error");
    expect(asked).toHaveLength(4);
  });

  test.each([400, 403, 404, 409, 412, 501])("%d is an answer", async (status) => {
    answers = [{ status, body: {} }];
    const error = await connect()
      .get("/things")
      .catch((thrown: unknown) => thrown);
    expect(isStatus(error, status)).toBe(true);
    expect(asked).toHaveLength(1);
  });

  test("a refused connection, which names the address", async () => {
    await expect(connect("http://127.0.0.1:1").get("/things")).rejects.toThrow(/GET http:\/\/127\.0\.0\.1:1\/things/);
    expect(clock.pauses).toEqual([2, 4, 8]);
  });
});

describe("calls", () => {
  test("carry the secret key in the header only", async () => {
    await connect().get("/things", { name: "a b", none: undefined });
    expect(asked[0]).toMatchObject({ method: "GET", url: "/things?name=a+b", body: "" });
    expect(asked[0]?.headers["x-auth-token"]).toBe(SECRET);
  });

  test("lists are read to their end", async () => {
    answers = [
      { status: 200, body: { things: [1, 2], total_count: 3 } },
      { status: 200, body: { things: [3], total_count: 3 } },
    ];
    await expect(connect().pages("/things", "things", {})).resolves.toEqual([1, 2, 3]);
    expect(asked.map(({ url }) => url)).toEqual(["/things?page=1", "/things?page=2"]);
  });

  test("end when the engine cancels, although the API does not answer", async () => {
    const stop = new AbortController();
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const api = connect(`http://127.0.0.1:${String((silent.address() as AddressInfo).port)}`).during(stop.signal);
    const call = api.get("/things");
    stop.abort();
    await expect(call).rejects.toThrow(/GET \/things: given up/);
    silent.closeAllConnections();
    silent.close();
  });
});

describe("waits", () => {
  test("poll first and sleep after", async () => {
    const quick = new QuickClock();
    let left = 2;
    const poll = (): Promise<number> => Promise.resolve(left--);
    const wait = { what: "it", intervalSeconds: 5, deadlineSeconds: 60, poll, done: (n: number) => n === 0 };
    await expect(waitFor(quick, wait)).resolves.toBe(0);
    expect(quick.pauses).toEqual([5, 5]);
  });

  test("have a deadline that names what was waited for", async () => {
    const wait = { what: "the installation", intervalSeconds: 5, deadlineSeconds: 0, poll: () => Promise.resolve(1) };
    await expect(waitFor(new QuickClock(), { ...wait, done: () => false })).rejects.toThrow(
      /the installation.*after 0 s/,
    );
  });

  test("end when the engine cancels", async () => {
    const wait = { what: "it", intervalSeconds: 3600, deadlineSeconds: 9999, poll: () => Promise.resolve(1) };
    const stop = AbortSignal.timeout(5);
    await expect(waitFor(new Clock(1), { ...wait, done: () => false }, stop)).rejects.toThrow(
      /waiting for it: given up/,
    );
  });

  test.each(["", "fast", "-1"])("SCW_LAB_POLL_SCALE=%p is refused", (scale) => {
    expect(() => Clock.fromEnvironment({ SCW_LAB_POLL_SCALE: scale })).toThrow(
      /SCW_LAB_POLL_SCALE: expected a number >= 0/,
    );
  });
});

describe("error texts", () => {
  test.each<[number, object, string]>([
    [
      400,
      { type: "invalid_arguments", details: [{ argument_name: "name", reason: "required" }] },
      "invalid argument(s): name is required",
    ],
    [
      403,
      { type: "permissions_denied", details: [{ action: "write", resource: "vpc" }] },
      "insufficient permissions: write vpc",
    ],
    [404, { type: "not_found", resource: "vpc", resource_id: "x" }, "resource vpc with ID x is not found"],
    [404, { message: "Not Found" }, "http error 404 Not Found: Not Found"],
    [
      409,
      { type: "transient_state", resource: "server", resource_id: "x", current_state: "busy" },
      "resource server with ID x is in a transient state: busy",
    ],
    [
      409,
      { type: "already_exists", resource: "ip", message: "resource already exists" },
      "http error 409 Conflict: resource ip: resource already exists",
    ],
    [
      412,
      { type: "precondition_failed", help_message: "server is protected" },
      "precondition failed: , server is protected",
    ],
    [
      403,
      { type: "quotas_exceeded", details: [{ resource: "R", current: 1, quota: 1 }] },
      "R has reached its quota (1/1)",
    ],
    [410, { type: "out_of_stock", resource: "offer" }, "resource offer is out of stock"],
    [401, { type: "denied_authentication", method: "api_key", reason: "not_found" }, "API key does not exist"],
  ])("%d %j", (status, body, words) => {
    expect(new ApiError(status, body as Record<string, unknown>).message).toContain(words);
  });
});
