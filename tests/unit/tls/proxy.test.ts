// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { request as httpsRequest } from "node:https";
import { createServer as createTcp, type AddressInfo } from "node:net";
import { spawn, type ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { eventually } from "../../helpers/eventually";
import { AcmeChallenge, CertificateSource, services } from "../../../catalogue";
import { nginxConf } from "../../../components/tls/nginx";
import { planTls } from "../../../components/tls/plan";
import { htpasswd, pageLocations, pages, PAGES_USER } from "../../../components/monitoring/pages";
import { planGrafana } from "../../../components/monitoring/grafana/plan";
import { renderGrafana } from "../../../components/monitoring/grafana/render";
import { renderTls, tlsValue } from "../../../components/tls/render";
import { tlsHost } from "../../../components/host/tls";
import { previewText, referencesOf } from "../../../components/host/text";
import { makeKey } from "../../../lab/plugins/tls/private-key";
import { selfSigned } from "../../../lab/plugins/tls/certificate";
import { judge } from "../../helpers/tools";

const plan = planTls({
  host: "fe",
  domain: "cloud.internal",
  managementAddress: "10.16.0.10",
  names: ["cloud.example"],
});

/** The page's login, and where people sit who may be asked for it. */
const PASSWORD = "k3".repeat(16);
const ADMIN = "127.0.9.3";

async function freePort(): Promise<number> {
  const probe = createTcp().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The rendered configuration in a real nginx, with ports and paths of this test in the place of the host's. */
class Proxy {
  readonly directory = mkdtempSync(join(tmpdir(), "proxy-"));
  https = 0;
  http = 0;
  private nginx: ChildProcess | undefined;
  private said = "";

  async start(fireedge: number): Promise<void> {
    // Workers of nginx run as another user.
    chmodSync(this.directory, 0o755);
    [this.https, this.http] = [await freePort(), await freePort()];
    const { texts } = await makeKey({ algorithm: "ECDSA", ecdsaCurve: "P256", rsaBits: 2048 });
    const terms = { allowedUses: ["digital_signature", "server_auth"], validityPeriodHours: 1 };
    const { certPem } = await selfSigned(texts.privateKeyPem, { dnsNames: ["cloud.example"] }, terms);
    this.write("fullchain.pem", certPem);
    this.write("key.pem", texts.privateKeyPem);
    mkdirSync(join(this.directory, "locations"));
    this.write("locations/page.conf", "location /page/ { return 200 'from a drop-in'; }\n");
    const grafana = renderGrafana(planGrafana({ pages: { networks: [`${ADMIN}/32`] } })!, {});
    this.write(
      "locations/grafana.conf",
      swapped(previewText(grafana.files![`${tlsHost.locations}/grafana.conf`]!.content), [
        [`127.0.0.1:${services.grafana.port}`, `127.0.0.1:${fireedge}`],
      ]),
    );
    this.write("locations/monitoring.htpasswd", htpasswd(PAGES_USER, PASSWORD));
    this.write(
      "locations/monitoring.conf",
      swapped(pageLocations({ networks: [`${ADMIN}/32`] }), [
        [tlsHost.locations, join(this.directory, "locations")],
        [`127.0.0.1:${services.prometheus.port}`, `127.0.0.1:${fireedge}`],
      ]),
    );
    const swaps: [string, string][] = [
      [`listen [::]:${services.https.port} ssl http2 default_server;`, ""],
      [`listen [::]:${services.http.port} default_server;`, ""],
      [`listen ${services.https.port} `, `listen 127.0.0.1:${this.https} `],
      [`listen ${services.http.port} `, `listen 127.0.0.1:${this.http} `],
      [`listen 10.16.0.10:${services.onedTls.port} `, `listen 127.0.0.1:${await freePort()} `],
      [`listen 10.16.0.10:${services.oneflowTls.port} `, `listen 127.0.0.1:${await freePort()} `],
      [`127.0.0.1:${services.fireedge.port}`, `127.0.0.1:${fireedge}`],
      [tlsHost.locations, join(this.directory, "locations")],
      [tlsHost.directory, this.directory],
      ["syslog:server=unix:/dev/log,nohostname,tag=opennebula_proxy_", `${this.directory}/access.`],
    ];
    const conf = swapped(nginxConf(plan), swaps);
    const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    this.write(
      "nginx.conf",
      [
        `pid ${this.directory}/pid;`,
        `error_log stderr warn;`,
        "events {}",
        // What Debian's nginx.conf says before it includes this file: older versions of TLS are allowed there.
        "http {",
        "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;",
        ...temp.map((one) => `${one}_temp_path ${this.directory}/${one};`),
        conf,
        "}",
      ].join("\n"),
    );
    const file = join(this.directory, "nginx.conf");
    expect(judge("/usr/sbin/nginx", ["-t", "-q", "-c", file])).toEqual({ status: 0, output: "" });
    this.nginx = spawn("/usr/sbin/nginx", ["-c", file, "-g", "daemon off;"], { stdio: ["ignore", "ignore", "pipe"] });
    this.nginx.stderr!.setEncoding("utf8").on("data", (chunk: string) => (this.said += chunk));
    const handshake = (): Promise<{ destroy(): void } | undefined> => this.handshake({}).catch(() => undefined);
    const socket = await eventually(handshake, { what: () => `nginx answers: ${this.said}`, every: 50 });
    socket.destroy();
  }

  async stop(): Promise<void> {
    if (this.nginx && this.nginx.exitCode === null) {
      this.nginx.kill("SIGTERM");
      await new Promise((resolve) => this.nginx!.once("exit", resolve));
    }
    rmSync(this.directory, { recursive: true });
  }

  handshake(options: ConnectionOptions): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      // Old versions are offered in earnest: OpenSSL's own floor would refuse them before the server can.
      const socket = connect(
        { host: "127.0.0.1", port: this.https, rejectUnauthorized: false, ciphers: "ALL:@SECLEVEL=0", ...options },
        () => resolve(socket),
      );
      socket.once("error", reject);
    });
  }

  get(
    path: string,
    headers: Record<string, string> = {},
    localAddress?: string,
  ): Promise<{ message: IncomingMessage; body: string }> {
    const options = { host: "127.0.0.1", port: this.https, path, headers, localAddress };
    return answer(httpsRequest({ ...options, rejectUnauthorized: false, agent: false }));
  }

  getPlain(path: string, headers: Record<string, string>): Promise<{ message: IncomingMessage; body: string }> {
    return answer(httpRequest({ host: "127.0.0.1", port: this.http, path, headers, agent: false }));
  }

  private write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }
}

function swapped(text: string, swaps: [string, string][]): string {
  return swaps.reduce((all, [from, to]) => {
    expect(all).toContain(from);
    return all.replaceAll(from, to);
  }, text);
}

function answer(request: ReturnType<typeof httpRequest>): Promise<{ message: IncomingMessage; body: string }> {
  return new Promise((resolve, reject) => {
    request.once("error", reject).once("response", (message) => {
      let body = "";
      message
        .setEncoding("utf8")
        .on("data", (chunk: string) => (body += chunk))
        .once("end", () => resolve({ message, body }));
    });
    request.end();
  });
}

describe("the TLS proxy in a real nginx", () => {
  const proxy = new Proxy();
  let fireedge: Server;

  beforeAll(async () => {
    fireedge = createServer((request, response) => {
      if (request.url === "/away") {
        response.writeHead(302, { location: `http://127.0.0.1:${services.fireedge.port}/fireedge/login` }).end();
        return;
      }
      response.end(JSON.stringify({ url: request.url, headers: request.headers }));
    });
    fireedge.on("upgrade", (request, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
      );
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => fireedge.listen(0, "127.0.0.1", resolve));
    await proxy.start((fireedge.address() as AddressInfo).port);
  }, 30_000);
  afterAll(async () => {
    await proxy.stop();
    await new Promise((resolve) => fireedge.close(resolve));
  });

  test.each(["TLSv1", "TLSv1.1"] as const)("refuses %s although the settings around it allow it", async (version) => {
    await expect(proxy.handshake({ minVersion: version, maxVersion: version })).rejects.toThrow(/alert|protocol/i);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("speaks %s", async (version) => {
    const socket = await proxy.handshake({ minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  test.each(["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "NULL-SHA256", "DHE-RSA-AES128-SHA"])(
    "refuses %s: no forward secrecy or no authenticated encryption",
    async (cipher) => {
      const options = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers: `${cipher}:@SECLEVEL=0` } as const;
      await expect(proxy.handshake(options)).rejects.toThrow(/alert|handshake/i);
    },
  );

  test("gives no session ticket", async () => {
    const socket = await proxy.handshake({ minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
    expect(socket.getTLSTicket()).toBeUndefined();
    socket.destroy();
  });

  test("sends plain HTTP to HTTPS of the same name, path and query, in one step", async () => {
    const { message } = await proxy.getPlain("/fireedge/x?y=1", { host: "cloud.example" });
    expect(message.statusCode).toBe(308);
    expect(message.headers.location).toBe("https://cloud.example/fireedge/x?y=1");
    const next = await proxy.get("/fireedge/x?y=1", { host: "cloud.example" });
    expect(next.message.statusCode).toBe(200);
  });

  test("says for a year that only HTTPS is meant, also where it refuses", async () => {
    for (const path of ["/fireedge/", "/"]) {
      const { message } = await proxy.get(path);
      expect(message.headers["strict-transport-security"]).toBe("max-age=31536000");
      expect(message.headers.server).toBe("nginx");
    }
  });

  test("the root leads to FireEdge, and FireEdge's own plain address becomes this server's", async () => {
    expect((await proxy.get("/")).message.headers.location).toBe("/fireedge/");
    expect((await proxy.get("/away")).message.headers.location).toBe("/fireedge/login");
  });

  test("tells FireEdge who asks, whatever the caller claims", async () => {
    const { body } = await proxy.get("/fireedge/", { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "http" });
    expect(JSON.parse(body)).toMatchObject({
      headers: { "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https", "x-real-ip": "127.0.0.1" },
    });
  });

  test("carries websockets both ways", async () => {
    const echoed = await new Promise<string>((resolve, reject) => {
      const request = httpsRequest({
        host: "127.0.0.1",
        port: proxy.https,
        path: "/fireedge/vnc",
        rejectUnauthorized: false,
        agent: false,
        headers: { connection: "Upgrade", upgrade: "websocket" },
      });
      request.once("error", reject).once("response", (message) => reject(new Error(`status ${message.statusCode}`)));
      request.once("upgrade", (_message, socket) => {
        socket.once("data", (chunk: Buffer) => {
          socket.destroy();
          resolve(chunk.toString());
        });
        socket.write("through the proxy");
      });
      request.end();
    });
    expect(echoed).toBe("through the proxy");
  });

  test("serves what another layer drops in", async () => {
    expect((await proxy.get("/page/")).body).toBe("from a drop-in");
  });

  describe("for the pages of monitoring", () => {
    const login = (password: string) => ({
      authorization: `Basic ${Buffer.from(`${PAGES_USER}:${password}`).toString("base64")}`,
    });
    const status = async (...asked: Parameters<Proxy["get"]>) => (await proxy.get(...asked)).message.statusCode;

    test.each([
      ["without a login", {}],
      ["with a wrong one", login(PASSWORD.slice(1))],
    ])("asks for a login %s, on every page without one of its own", async (_title, headers) => {
      for (const path of [pages.prometheus, pages.alertmanager]) expect(await status(path, headers, ADMIN)).toBe(401);
    });

    test("hands the request on under its path, without the login", async () => {
      const { message, body } = await proxy.get("/prometheus/graph?x=1", login(PASSWORD), ADMIN);
      expect(message.statusCode).toBe(200);
      const seen = JSON.parse(body) as { url: string; headers: Record<string, string> };
      expect(seen.url).toBe("/prometheus/graph?x=1");
      expect(Object.keys(seen.headers)).not.toContain("authorization");
    });

    test("leaves the login of Grafana to Grafana", async () => {
      const { message, body } = await proxy.get(`${pages.grafana}api/x`, { authorization: "Bearer t" }, ADMIN);
      expect(message.statusCode).toBe(200);
      expect(JSON.parse(body)).toMatchObject({ url: "/grafana/api/x", headers: { authorization: "Bearer t" } });
    });

    test("refuses whoever is not in the administrators' networks, with the login too", async () => {
      for (const path of Object.values(pages)) expect(await status(path, login(PASSWORD), "127.0.9.4")).toBe(403);
    });
  });
});

describe("the TLS layer with an ACME authority", () => {
  const acmePlan = (challenge?: AcmeChallenge) =>
    planTls({
      host: "fe",
      domain: "cloud.internal",
      managementAddress: "10.16.0.10",
      names: ["cloud.example"],
      mode: CertificateSource.Acme,
      projectId: "p",
      acme: { challenge, dnsZone: "example" },
    });

  test("shows its certificate under the public names alone, and the challenge's page on port 80 alone", () => {
    const servers = nginxConf(acmePlan()).split("server {").slice(1);
    const live = servers.filter((text) => text.includes(`${tlsHost.live}/fullchain.pem`));
    expect(live).toHaveLength(1);
    expect(live[0]).toContain("server_name cloud.example;");
    const pages = servers.filter((text) => text.includes("/.well-known/acme-challenge/"));
    expect(pages).toHaveLength(1);
    expect(pages[0]).toContain(`listen ${services.http.port} default_server`);
    expect(nginxConf(acmePlan(AcmeChallenge.Dns01))).not.toContain("acme-challenge");
  });

  test("keeps Scaleway's key for DNS-01 secret, and asks for none otherwise", () => {
    expect(referencesOf(renderTls(acmePlan())).map(({ ref }) => ref)).not.toContain("tls.dnsToken");
    const secret = Object.values(renderTls(acmePlan(AcmeChallenge.Dns01)).files ?? {}).filter((file) => file.secret);
    expect(secret.flatMap(({ content }) => referencesOf({ files: { f: { content } } }))).toContainEqual(
      expect.objectContaining({ ref: "tls.dnsToken", secret: true }),
    );
  });
});

describe("the TLS layer", () => {
  const state = renderTls(plan);

  test("keeps the key for root alone and calls it secret", () => {
    expect(state.files?.[tlsHost.key]).toMatchObject({ mode: "0600", secret: true });
    expect(state.directories?.[tlsHost.directory]).toEqual({ mode: "0700" });
    expect(referencesOf(state)).toEqual([tlsValue.certificate, tlsValue.key]);
  });

  test("reloads for a new certificate and never restarts for it", () => {
    const unit = state.sequence?.find((step) => "unit" in step && step.unit === tlsHost.unit);
    expect(unit).toMatchObject({ reload: true });
    expect((unit as { restartOn: string[] }).restartOn).toEqual(
      expect.arrayContaining([tlsHost.certificate, tlsHost.key]),
    );
  });

  test("names the certificate for every name and address that people and programs use", () => {
    expect(plan).toMatchObject({
      dnsNames: ["cloud.example", "fe.cloud.internal", "fe"],
      ipAddresses: ["10.16.0.10"],
      publicName: "cloud.example",
    });
  });

  test("shellcheck has nothing to say of the scripts", () => {
    const programs = Object.values(state.files ?? {}).flatMap(({ content }) =>
      typeof content === "string" && content.startsWith("#!/bin/bash") ? [content] : [],
    );
    expect(programs.length).toBeGreaterThan(0);
    for (const program of programs)
      expect(judge("shellcheck", ["--severity=style", "-"], program)).toEqual({ status: 0, output: "" });
  });
});
