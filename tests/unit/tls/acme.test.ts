// SPDX-License-Identifier: Apache-2.0
// The ACME client as hosts run it, against a real ACME server (pebble) on loopback. Names resolve through a DNS server of the test.
import { spawn, type ChildProcess } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually } from "../../helpers/eventually";
import { AcmeChallenge, CertificateSource } from "../../../catalogue";
import { acmeSettings } from "../../../components/tls/acme";
import { planTls, type AcmeArgs } from "../../../components/tls/plan";
import { noMachines, newCredentials, startEmulator, type Emulator } from "../../../lab/scaleway";
import { makeKey } from "../../../lab/plugins/tls/private-key";
import { selfSigned } from "../../../lab/plugins/tls/certificate";
import { NameServer } from "../../helpers/name-server";
import { judge } from "../../helpers/tools";

const PROGRAM = resolve(__dirname, "../../../onhost/acme/acme.py");
const NAMES = ["cloud.example.org", "one.cloud.example.org"];
const DAY = 86_400;

describe("certificates from a real ACME server", () => {
  const folder = mkdtempSync(join(tmpdir(), "acme-"));
  const names = new NameServer();
  const credentials = newCredentials();
  let emulator: Emulator;
  let pages: Server;
  let pebble: ChildProcess | undefined;
  let directory = "";
  let validity = 90 * DAY;
  let said = "";

  const port = (server: Server): number => (server.address() as AddressInfo).port;
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

  async function freePort(): Promise<number> {
    const probe = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => probe.once("listening", done));
    const free = port(probe);
    await new Promise((done) => probe.close(done));
    return free;
  }

  async function startPebble(): Promise<void> {
    const [acme, management, dns] = [
      directory === "" ? await freePort() : Number(new URL(directory).port),
      await freePort(),
      0,
    ];
    said = "";
    directory = `https://localhost:${acme}/dir`;
    write(
      "pebble.json",
      JSON.stringify({
        pebble: {
          listenAddress: `127.0.0.1:${acme}`,
          managementListenAddress: `127.0.0.1:${management}`,
          certificate: join(folder, "server.pem"),
          privateKey: join(folder, "server.key"),
          httpPort: port(pages),
          tlsPort: dns,
          certificateValidityPeriod: validity,
        },
      }),
    );
    const server = `127.0.0.1:${names.port}`;
    pebble = spawn("pebble", ["-config", join(folder, "pebble.json"), "-dnsserver", server], {
      env: { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_AUTHZREUSE: "0" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [pebble.stdout!, pebble.stderr!])
      stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const isThere = (): boolean => said.includes("ACME directory available");
    await eventually(isThere, { what: () => `pebble answers: ${said}`, seconds: 120, every: 50 });
  }

  async function stopPebble(): Promise<void> {
    if (pebble === undefined) return;
    const ended = new Promise((done) => pebble!.once("exit", done));
    pebble.kill("SIGKILL");
    await ended;
    pebble = undefined;
  }

  /** The settings of the layer, with this test's folders in the place of the host's. */
  function settings(acme: AcmeArgs = {}, more: object = {}): string {
    const plan = planTls({
      host: "fe",
      domain: "cloud.internal",
      managementAddress: "10.16.0.10",
      mode: CertificateSource.Acme,
      names: NAMES,
      acme: { directory, ...acme },
      projectId: credentials.projectId,
      scalewayApi: emulator.url,
    }).acme!;
    const rendered = acmeSettings(plan) as { dns?: object };
    write("token", `${credentials.secretKey}\n`);
    write(
      "settings.json",
      JSON.stringify({
        ...rendered,
        dns: rendered.dns && { ...rendered.dns, token: join(folder, "token"), waitSeconds: 0 },
        state: join(folder, "state"),
        live: join(folder, "tls/public"),
        webroot: join(folder, "web"),
        reload: ["/bin/sh", "-c", `echo reloaded >>${folder}/reloads`],
        ...more,
      }),
    );
    return join(folder, "settings.json");
  }

  /** Trusts pebble's own certificate the way that the unit does: the client sees it in the place of the system's. */
  function acme(command: string, path = settings()): Promise<{ status: number | null; output: string }> {
    const mount = `mount --bind ${folder}/server.pem /etc/ssl/certs/ca-certificates.crt && exec "$@"`;
    const root = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    const program = ["python3", "-I", "-B", PROGRAM, command, path];
    // Pages, names and the emulator live in this process, which must go on meanwhile.
    const child = spawn("unshare", [...root, "--mount", "sh", "-c", mount, "sh", ...program]);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((done) => child.once("close", (status) => done({ status, output })));
  }

  const shown = (): X509Certificate => new X509Certificate(readFileSync(join(folder, "tls/public/fullchain.pem")));
  const pair = (): boolean => {
    const key = judge("openssl", ["pkey", "-pubout", "-in", join(folder, "tls/public/key.pem")]).output;
    return key === shown().publicKey.export({ type: "spki", format: "pem" });
  };
  const reloads = (): number =>
    existsSync(join(folder, "reloads")) ? readFileSync(join(folder, "reloads"), "utf8").split("\n").length - 1 : 0;

  beforeAll(async () => {
    const { texts } = await makeKey({ algorithm: "ECDSA", ecdsaCurve: "P256", rsaBits: 2048 });
    const terms = {
      allowedUses: ["digital_signature", "server_auth", "cert_signing"],
      validityPeriodHours: 1,
      isCaCertificate: true,
    };
    const { certPem } = await selfSigned(texts.privateKeyPem, { dnsNames: ["localhost"] }, terms);
    write("server.pem", certPem);
    write("server.key", texts.privateKeyPem);
    mkdirSync(join(folder, "tls"));
    mkdirSync(join(folder, "web/.well-known/acme-challenge"), { recursive: true });
    pages = createServer((request, response) => {
      const file = join(folder, "web", request.url ?? "");
      if (existsSync(file)) response.end(readFileSync(file));
      else response.writeHead(404).end();
    });
    await new Promise<void>((done) => pages.listen(0, "127.0.0.1", done));
    await names.listen();
    emulator = await startEmulator({
      port: 0,
      host: "127.0.0.1",
      stateFile: join(folder, "scaleway/state.json"),
      machines: noMachines,
      credentials,
    });
    await startPebble();
  }, 240_000);

  afterAll(async () => {
    await stopPebble();
    await emulator.close();
    await new Promise((done) => pages.close(done));
    names.close();
    rmSync(folder, { recursive: true });
  });

  test("issues one for every name by HTTP-01, and leaves no page behind", async () => {
    expect(await acme("renew")).toEqual({ status: 0, output: "" });
    expect(shown().subjectAltName).toBe(NAMES.map((name) => `DNS:${name}`).join(", "));
    expect(pair()).toBe(true);
    expect(reloads()).toBe(1);
    expect(readdirSync(join(folder, "web/.well-known/acme-challenge"))).toEqual([]);
  }, 240_000);

  test("does nothing while more than a third of its life is left, and asks nobody", async () => {
    const before = shown().serialNumber;
    await stopPebble();
    expect(await acme("renew")).toEqual({ status: 0, output: "" });
    expect(shown().serialNumber).toBe(before);
    expect(reloads()).toBe(1);
    await startPebble();
  }, 240_000);

  test("an authority that is away, or refuses, leaves the certificate in use", async () => {
    const before = readlinkSync(join(folder, "tls/public"));
    const webroot = join(folder, "elsewhere");
    mkdirSync(join(webroot, ".well-known/acme-challenge"), { recursive: true });
    const { status, output } = await acme("new-key", settings({}, { webroot }));
    expect(status).toBe(1);
    expect(output).toContain(directory);
    expect(readlinkSync(join(folder, "tls/public"))).toBe(before);
    expect(pair()).toBe(true);
  }, 240_000);

  test("renews when a third of its life is left, with the same key, whatever account the authority has forgotten", async () => {
    const before = shown();
    await stopPebble();
    // Of a life of six seconds a third is soon left.
    validity = 6;
    await startPebble();
    expect(await acme("new-key")).toEqual({ status: 0, output: "" });
    const short = shown();
    expect(short.publicKey.equals(before.publicKey)).toBe(false);
    await new Promise((done) => setTimeout(done, Date.parse(short.validTo) - Date.now()));
    expect(await acme("renew")).toEqual({ status: 0, output: "" });
    expect(shown().serialNumber).not.toBe(short.serialNumber);
    expect(shown().publicKey.equals(short.publicKey)).toBe(true);
    expect(readdirSync(join(folder, "tls"))).toHaveLength(2);
  }, 240_000);

  test("a proxy that does not take the pair goes on with the one before", async () => {
    const before = readlinkSync(join(folder, "tls/public"));
    const { status, output } = await acme(
      "new-key",
      settings({}, { reload: ["/bin/sh", "-c", "echo no such directive; exit 1"] }),
    );
    expect(status).toBe(1);
    expect(output).toContain("no such directive");
    expect(readlinkSync(join(folder, "tls/public"))).toBe(before);
  }, 240_000);

  test("proves names by records at Scaleway (DNS-01), and takes the records away", async () => {
    const call = (method: string, path: string, body?: object): Promise<unknown> =>
      fetch(`${emulator.url}/domain/v2beta1/dns-zones${path}`, {
        method,
        headers: { "X-Auth-Token": credentials.secretKey },
        body: body && JSON.stringify(body),
      }).then((answer) => answer.json());
    await call("POST", "", { domain: "example.org", project_id: credentials.projectId });
    const asked: string[] = [];
    names.txt = async (name) => {
      asked.push(name);
      const { records } = (await call("GET", "/example.org/records")) as { records: { name: string; data: string }[] };
      return records.filter((one) => `${one.name}.example.org` === name).map(({ data }) => data.slice(1, -1));
    };
    const before = shown().serialNumber;
    const path = settings({ challenge: AcmeChallenge.Dns01, dnsZone: "example.org" });
    expect(await acme("new-key", path)).toEqual({ status: 0, output: "" });
    expect(shown().serialNumber).not.toBe(before);
    expect(new Set(asked)).toEqual(new Set(NAMES.map((name) => `_acme-challenge.${name}`)));
    expect(await call("GET", "/example.org/records")).toEqual({ records: [], total_count: 0 });
  }, 240_000);

  test("the account's key is replaced, and the old one is dead at the authority", async () => {
    const state = join(folder, "state");
    const account = readdirSync(state).find((name) => name !== "lock")!;
    const key = (): string => readFileSync(join(state, account, "private/key.pem"), "utf8");
    const before = key();
    expect(await acme("new-account-key")).toEqual({ status: 0, output: "" });
    expect(key()).not.toBe(before);
    expect(readdirSync(join(state, account, "private")).filter((name) => name.startsWith("key-"))).toEqual([]);
    expect(await acme("new-key")).toEqual({ status: 0, output: "" });
  }, 240_000);
});
