// SPDX-License-Identifier: Apache-2.0

/** What can go wrong between the client and oned, each against a server that does just that. */
import * as net from "node:net";
import {
  CallError,
  FaultError,
  InvalidValueError,
  OneClient,
  TransportError,
  TransportFailure,
} from "../../../opennebula";
import type { ClientSettings } from "../../../opennebula";

const CANARY = "canary-7c1e";

type Behaviour = (socket: net.Socket, request: string, count: number) => void;

let behave: Behaviour;
let requests: string[];
let open: Set<net.Socket>;
let server: net.Server;
let port: number;

beforeAll(async () => {
  open = new Set();
  server = net.createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    let text = "";
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    socket.on("data", (data) => {
      text += data.toString();
      if (!text.includes("</methodCall>")) return;
      requests.push(text);
      behave(socket, text, requests.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as net.AddressInfo).port;
});

beforeEach(() => {
  requests = [];
});

afterAll(async () => {
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const client = (settings: Partial<ClientSettings> = {}): OneClient =>
  new OneClient({ endpoint: `http://127.0.0.1:${port}/RPC2`, username: "oneadmin", password: CANARY, ...settings });

const http = (body: string, head = "200 OK", type = "text/xml"): string =>
  `HTTP/1.1 ${head}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;

const envelope = (...values: string[]): string =>
  http(
    `<?xml version="1.0"?>\r\n<methodResponse>\r\n<params>\r\n<param><value><array><data>\r\n` +
      values.map((value) => `<value>${value}</value>\r\n`).join("") +
      `</data></array></value></param>\r\n</params>\r\n</methodResponse>\r\n`,
  );

const success = (text: string): string => envelope("<boolean>1</boolean>", `<string>${text}</string>`, "<i4>0</i4>");

async function failureOf(work: Promise<unknown>): Promise<TransportError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportError);
  expect(String(error)).not.toContain(CANARY);
  return error as TransportError;
}

const version = (one: OneClient, options = {}): Promise<string> => one.call("one.system.version", [], options);

it.each<[string, TransportFailure, string, boolean, Behaviour]>([
  [
    "an HTML page",
    TransportFailure.HtmlPage,
    'HTTP 404, "Error 404: wrong path". Check the endpoint\'s port and path',
    false,
    (socket) =>
      socket.end(
        "HTTP/1.1 404 Not Found\r\nContent-type: text/html\r\n\r\n<HTML><TITLE>Error 404</TITLE><P>wrong path</HTML>",
      ),
  ],
  [
    "a proxy's page",
    TransportFailure.HtmlPage,
    "HTTP 502",
    true,
    (socket) => socket.end(http("<!DOCTYPE html><title>Bad Gateway</title>", "502 Bad Gateway", "text/html")),
  ],
  [
    "another status",
    TransportFailure.Http,
    "HTTP status 500 Oops",
    true,
    (socket) => socket.end(http("x", "500 Oops", "text/plain")),
  ],
  ["an empty answer", TransportFailure.Malformed, "the answer is empty", true, (socket) => socket.end(http(""))],
  ["text that is not XML", TransportFailure.Malformed, "not XML-RPC", true, (socket) => socket.end(http("hello"))],
  [
    "XML of another kind",
    TransportFailure.Malformed,
    "not XML-RPC",
    true,
    (socket) => socket.end(http("<A><B></B></A>")),
  ],
  [
    "cut XML",
    TransportFailure.Malformed,
    "not XML-RPC",
    true,
    (socket) => socket.end(http("<methodResponse><params>")),
  ],
  [
    "an envelope of another shape",
    TransportFailure.Malformed,
    "not oned's envelope",
    true,
    (socket) => socket.end(envelope("<i4>5</i4>", "<i4>5</i4>", "<i4>0</i4>")),
  ],
  [
    "an id where text was due",
    TransportFailure.Malformed,
    "an id instead of text",
    true,
    (socket) => socket.end(envelope("<boolean>1</boolean>", "<i4>5</i4>", "<i4>0</i4>")),
  ],
  [
    "something that is not HTTP",
    TransportFailure.Reset,
    "the connection broke",
    true,
    (socket) => socket.end("SSH-2.0-x\r\n\r\n"),
  ],
  [
    "a reset",
    TransportFailure.Reset,
    "the connection broke before oned answered",
    true,
    (socket) => socket.resetAndDestroy(),
  ],
  ["a close without a word", TransportFailure.Reset, "the connection broke before", true, (socket) => socket.end()],
  [
    "a truncated answer",
    TransportFailure.Truncated,
    "the connection broke after 200 bytes",
    true,
    (socket) => {
      const whole = success("x".repeat(2000));
      socket.end(whole.slice(0, whole.indexOf("\r\n\r\n") + 4 + 200));
    },
  ],
  [
    "an answer that is too big",
    TransportFailure.TooLarge,
    "larger than 10000 bytes",
    true,
    (socket) => socket.end(success("x".repeat(20_000))),
  ],
])("tells %s", async (...[, failure, message, maybeDone, behaviour]) => {
  behave = behaviour;
  const error = await failureOf(version(client({ attempts: 1, maxAnswerBytes: 10_000 })));
  expect(error).toMatchObject({ failure, maybeDone, method: "one.system.version" });
  expect(error.message).toContain(message);
});

it("gives up at the deadline, during the answer as well", async () => {
  behave = () => undefined;
  const silent = await failureOf(version(client(), { deadlineSeconds: 0.05 }));
  expect(silent).toMatchObject({ failure: TransportFailure.Timeout, maybeDone: true });
  behave = (socket) => socket.write(success("x".repeat(500)).slice(0, 300));
  expect(await failureOf(version(client(), { deadlineSeconds: 0.05 }))).toMatchObject({
    failure: TransportFailure.Timeout,
  });
});

it("gives up when the caller does", async () => {
  behave = () => undefined;
  const error = await failureOf(version(client(), { signal: AbortSignal.abort() }));
  expect(error).toMatchObject({ failure: TransportFailure.Aborted, maybeDone: false });
  const controller = new AbortController();
  const pending = failureOf(version(client(), { signal: controller.signal }));
  setTimeout(() => controller.abort(), 20);
  expect(await pending).toMatchObject({ failure: TransportFailure.Aborted, maybeDone: true });
});

it("tells that nothing listens, and that oned has certainly not seen the call", async () => {
  const free = net.createServer();
  await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
  const unused = (free.address() as net.AddressInfo).port;
  await new Promise((resolve) => free.close(resolve));
  const one = client({ endpoint: `http://127.0.0.1:${unused}/RPC2`, attempts: 2 });
  const error = await failureOf(one.call("one.host.delete", [3]));
  expect(error).toMatchObject({ failure: TransportFailure.Connect, maybeDone: false });
  expect(error.message).toContain(`cannot reach oned at 127.0.0.1:${unused}: connect ECONNREFUSED`);
});

it("asks again where that is safe, and never where it is not", async () => {
  behave = (socket, _request, count) => void (count === 1 ? socket.resetAndDestroy() : socket.end(success("7.0.0")));
  await expect(version(client())).resolves.toBe("7.0.0");
  expect(requests).toHaveLength(2);
  requests = [];
  behave = (socket) => void socket.resetAndDestroy();
  await failureOf(client().call("one.host.allocate", ["h", "kvm", "kvm", -1]));
  expect(requests).toHaveLength(1);
  requests = [];
  await failureOf(client({ attempts: 3 }).call("one.host.status", [1, 1], { repeatable: true }));
  expect(requests).toHaveLength(3);
});

it("decodes refusals and faults, without what a fault quotes of the call", async () => {
  behave = (socket) =>
    socket.end(
      envelope(
        "<boolean>0</boolean>",
        "<string>[one.host.info] Error getting host [7].</string>",
        "<i4>1024</i4>",
        "<i4>7</i4>",
        "<i8>-1</i8>",
      ),
    );
  const refusal = (await client()
    .call("one.host.info", [7])
    .catch((error: unknown) => error)) as CallError;
  expect(refusal).toBeInstanceOf(CallError);
  expect(refusal.message).toBe("one.host.info: Error getting host [7]. (NO_EXISTS 1024, object 7)");
  behave = (socket) =>
    socket.end(
      http(
        `<methodResponse><fault><value><struct><member><name>faultCode</name><value><i4>-503</i4></value></member><member>` +
          `<name>faultString</name><value><string>Call is not valid XML. Problem with token at 'oneadmin:${CANARY}'</string></value>` +
          `</member></struct></value></fault></methodResponse>`,
      ),
    );
  const fault = (await version(client()).catch((error: unknown) => error)) as FaultError;
  expect(fault).toBeInstanceOf(FaultError);
  expect(fault.code).toBe(-503);
  expect(fault.message).not.toContain(CANARY);
});

it("has at most ten calls at oned at once, each on its own connection, and serves the waiting ones in turn", async () => {
  let [now, most] = [0, 0];
  const sockets = new Set<net.Socket>();
  behave = (socket) => {
    sockets.add(socket);
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      socket.end(success("7.0.0"));
    }, 5);
  };
  const one = client();
  await Promise.all(Array.from({ length: 35 }, () => version(one)));
  expect({ calls: requests.length, connections: sockets.size, most }).toEqual({ calls: 35, connections: 35, most: 10 });
});

it("tells that its turn never came", async () => {
  behave = () => undefined;
  const one = client({ concurrency: 1 });
  const first = failureOf(version(one, { deadlineSeconds: 0.2 }));
  const error = await failureOf(version(one, { deadlineSeconds: 0.05 }));
  expect(error).toMatchObject({ failure: TransportFailure.Timeout, maybeDone: false });
  expect(error.message).toContain("not this one's turn");
  await first;
});

it("takes text of every kind out of the fast answer as out of the slow one", async () => {
  const texts = ["", "&lt;A&gt;&amp;amp;&#x0d;&quot;&apos;&lt;/A&gt;", "a\r\nb", "ü日本&#8364;&#x20AC;", "&unknown;"];
  const wanted = ["", "<A>&amp;\r\"'</A>", "a\nb", "ü日本€€", "&unknown;"];
  for (const [index, text] of texts.entries()) {
    behave = (socket) => void socket.end(success(text));
    expect(await version(client())).toBe(wanted[index]);
  }
});

it.each<[string, Partial<ClientSettings>, string]>([
  ["an endpoint that is no URL", { endpoint: "127.0.0.1:2633" }, "endpoint"],
  ["an endpoint with another scheme", { endpoint: "ftp://x/RPC2" }, "endpoint"],
  ["an endpoint with credentials", { endpoint: `http://a:${CANARY}@x/RPC2` }, "endpoint"],
  ["a user name with a colon", { username: "a:b" }, "username"],
  ["a password with a blank", { password: `${CANARY} x` }, "password"],
  ["no password", { password: "" }, "password"],
  ["more calls at once than oned serves", { concurrency: 11 }, "concurrency"],
  ["a host key that is none", { ssh: { host: "h", user: "u", privateKey: "x", hostKey: "nonsense" } }, "ssh.hostKey"],
  ["no host key", { ssh: { host: "h", user: "u", privateKey: "x", hostKey: "\n" } }, "ssh.hostKey"],
])("refuses %s before anything is sent", (_name, settings, field) => {
  let error: unknown;
  try {
    client(settings);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(InvalidValueError);
  expect(error).toMatchObject({ field });
  expect(String(error)).not.toContain(CANARY);
});

it.each<[string, unknown]>([
  ["U+0000", "a\u0000b"],
  ["U+1F600 (outside the Basic Multilingual Plane)", "😀"],
  ["U+D83D (half of a surrogate pair)", "\ud83d"],
  ["32-bit", 2 ** 31],
  ["32-bit", 1.5],
])("refuses a parameter that oned would refuse: %s", async (rule, value) => {
  const work = client().callAny("one.host.rename", [1, value as string]);
  await expect(work).rejects.toThrow(InvalidValueError);
  await expect(client().callAny("one.host.rename", [1, value as string])).rejects.toThrow(rule);
  expect(requests).toEqual([]);
});

it("escapes what XML needs and never breaks out of a string", async () => {
  behave = (socket) => void socket.end(envelope("<boolean>1</boolean>", "<i4>1</i4>", "<i4>0</i4>"));
  await client().call("one.host.rename", [1, `a]]>b]]><&"'`]);
  expect(requests[0]).toContain("<value><string>a]]&gt;b]]&gt;&lt;&amp;\"'</string></value>");
});
