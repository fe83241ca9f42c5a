// SPDX-License-Identifier: Apache-2.0

/** An oned behind TLS: whom the client trusts, and by what name. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createSelfSignedCertificate, generatePrivateKey, identityForHost } from "sshpk";
import { OneClient, TransportFailure, type TlsSettings } from "../../../opennebula";

const NAME = "oned.example.org";
const ANSWER =
  "<methodResponse><params><param><value><array><data><value><boolean>1</boolean></value><value><string>7.0.0</string></value>" +
  "<value><i4>0</i4></value></data></array></value></param></params></methodResponse>";

let server: Server;
let ca: string;
let endpoint: string;
let asked: number;

beforeAll(async () => {
  const key = generatePrivateKey("ecdsa");
  ca = createSelfSignedCertificate(identityForHost(NAME), key).toString("pem");
  server = createServer({ key: key.toString("pkcs8"), cert: ca }, (question, reply) => {
    asked += 1;
    question.resume().on("end", () => reply.setHeader("Content-Type", "text/xml").end(ANSWER));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}/RPC2`;
});

beforeEach(() => {
  asked = 0;
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
});

const version = async (tls?: TlsSettings): Promise<string> =>
  new OneClient({ endpoint, username: "u", password: "p", attempts: 1, tls }).call("one.system.version", []);

it("speaks with a server whose certificate the given authority vouches for", async () => {
  expect(await version({ ca, serverName: NAME })).toBe("7.0.0");
});

it.each<[string, () => TlsSettings | undefined]>([
  ["of an unknown authority", () => undefined],
  ["for another name", () => ({ ca, serverName: "other.example.org" })],
  ["that does not name the address", () => ({ ca })],
])("refuses a certificate %s before anything is sent", async (_name, tls) => {
  await expect(version(tls())).rejects.toMatchObject({ failure: TransportFailure.Connect, maybeDone: false });
  expect(asked).toBe(0);
});
