// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn, type ChildProcess } from "node:child_process";
import { eventually } from "../../helpers/eventually";
import { fileReader } from "../../../components/logs/files";
import { gate, GATE_STATE } from "../../../components/logs/gate";
import { planLogs, type HostLogsPlan, type LogsPlanArgs } from "../../../components/logs/plan";
import { renderLogs } from "../../../components/logs/render";
import { serviceAuthority, serviceCertificate } from "../../../components/host/x509";
import { previewText, referencesOf } from "../../../components/host/text";
import { judge } from "../../helpers/tools";

const args: LogsPlanArgs = {
  domain: "cloud.internal",
  frontend: "fe",
  hosts: { host02: "10.16.0.12", fe: "10.16.0.10", host01: "10.16.1.11" },
};
const planOf = (host: string, more: Partial<LogsPlanArgs> = {}): HostLogsPlan =>
  planLogs({ ...args, ...more }).find((plan) => plan.host === host)!;

const key = (): string => generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "logs-layer-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

describe("who sends to whom", () => {
  it("every host to the front-end, the front-end to the first other host by name", () => {
    const to = Object.fromEntries(planLogs(args).map(({ host, sendTo }) => [host, sendTo?.fqdn]));
    expect(to).toEqual({ fe: "host01.cloud.internal", host01: "fe.cloud.internal", host02: "fe.cloud.internal" });
    expect(planLogs(args).flatMap(({ host, collector }) => (collector ? [host] : []))).toEqual(["fe", "host01"]);
  });

  it("a host that comes changes nothing on the others", () => {
    const before = planLogs({ ...args, hosts: { fe: "10.16.0.10", host01: "10.16.1.11" } });
    expect(planLogs(args).filter(({ host }) => host !== "host02")).toEqual(before);
  });

  it("the only host sends nowhere and collects nothing", () => {
    const [only] = planLogs({ ...args, hosts: { fe: "10.16.0.10" } });
    expect([only!.sendTo, only!.collector]).toEqual([undefined, undefined]);
    const state = renderLogs(only!);
    expect(state.packages).not.toHaveProperty("systemd-journal-remote");
    expect(referencesOf(state).map(({ ref }) => ref)).toEqual(["logs.program"]);
  });

  it("each host has a loopback address of its own in its certificate", () => {
    expect(planLogs(args).map(({ source }) => source)).toEqual(["127.16.0.10", "127.16.1.11", "127.16.0.12"]);
  });
});

describe("a host's state", () => {
  it("holds the key in files of those who use it, and nowhere else", () => {
    const { files = {}, ...rest } = renderLogs(planOf("fe"));
    const holders = Object.entries(files).filter(([, file]) => referencesOf(file).some(({ secret }) => secret));
    expect(holders.map(([path, { owner, mode, secret }]) => [path, owner, mode, secret])).toEqual([
      ["/etc/opennebula-scaleway/logs/sender-key.pem", "systemd-journal-upload", "0400", true],
      ["/etc/opennebula-scaleway/logs/collector-key.pem", "root", "0400", true],
    ]);
    expect(referencesOf(rest)).toEqual([]);
  });

  it("keeps, waits and removes as the stack file says", () => {
    const state = renderLogs(planOf("fe", { bufferGib: 0.5, storeGib: 2, days: 7 }));
    const content = (path: string): string => previewText(state.files![path]!.content);
    expect(content("/etc/systemd/journald.conf.d/50-opennebula-scaleway.conf")).toMatch(
      /^Storage=persistent\nSystemMaxUse=536870912\nMaxRetentionSec=7day$/m,
    );
    expect(JSON.parse(content("/etc/opennebula-scaleway/logs/settings.json"))).toMatchObject({
      store: { maxBytes: 2 * 1024 ** 3, maxAgeSeconds: 7 * 86_400 },
    });
  });

  it("restarts neither the database nor anything of OpenNebula", () => {
    const units = renderLogs(planOf("fe")).sequence!.flatMap((step) => ("unit" in step ? [step.unit] : []));
    expect(units.filter((unit) => /mariadb|opennebula\b(?!-scaleway)/.test(unit))).toEqual([]);
  });
});

describe("the file reader", () => {
  it.each([true, false])("is a configuration that rsyslog takes (front-end: %s)", (isFrontend) => {
    const state = join(folder, "state");
    mkdirSync(state);
    const configuration = fileReader(isFrontend).replace(/workDirectory="[^"]+"/, `workDirectory="${state}"`);
    const verdict = judge("/usr/sbin/rsyslogd", ["-N1", "-f", put("files.conf", configuration)]);
    expect(verdict).toMatchObject({ status: 0 });
    expect(verdict.output).not.toMatch(/error|could not/i);
  });

  it("gives records their program, level and VM", async () => {
    const state = join(folder, "state");
    mkdirSync(state);
    const written = join(folder, "written");
    const configuration = fileReader(true)
      .replace(/workDirectory="[^"]+"/, `workDirectory="${state}"`)
      .replaceAll("/var/log/", `${folder}/log/`)
      .replaceAll('module(load="omjournal")', "")
      .replace(
        'template(name="record" type="subtree" subtree="$!record")',
        'template(name="record" type="string" string="%$!record%\\n")',
      )
      .replaceAll('type="omjournal"', `type="omfile" file="${written}"`);
    mkdirSync(join(folder, "log/one"), { recursive: true });
    mkdirSync(join(folder, "log/libvirt/qemu"), { recursive: true });
    writeFileSync(join(folder, "log/one/oned.log"), "Wed Nov 25 [Z0][VMM][E]: Error deploying VM 17\nplain\n");
    writeFileSync(join(folder, "log/one/17.log"), "Wed Nov 25 [Z0][VM][W]: New state\n");
    writeFileSync(join(folder, "log/libvirt/qemu/one-17.log"), "terminating on signal 15\n");
    const reader = spawn("/usr/sbin/rsyslogd", ["-n", "-iNONE", "-f", put("files.conf", configuration)]);
    try {
      const records = await eventually(() => {
        const lines = execFileSync("sh", ["-c", `cat "${written}" 2>/dev/null || true`], { encoding: "utf8" });
        const all = lines.trim().split("\n").filter(Boolean);
        return all.length >= 4 ? all.map((line) => JSON.parse(line) as Record<string, string>) : undefined;
      });
      const short = records.map((one) => [one.SYSLOG_IDENTIFIER, one.PRIORITY, one.OPENNEBULA_VM, one.MESSAGE]);
      expect(short.sort()).toEqual(
        [
          ["oned", "3", "17", "Wed Nov 25 [Z0][VMM][E]: Error deploying VM 17"],
          ["oned", "6", undefined, "plain"],
          ["oned-vm", "4", "17", "Wed Nov 25 [Z0][VM][W]: New state"],
          ["qemu", "6", "17", "terminating on signal 15"],
        ].sort(),
      );
    } finally {
      await ended(reader);
    }
  });
});

describe("certificates", () => {
  const authorityKey = key();
  const own = key();
  const make = (unit?: string): string =>
    serviceCertificate({ authorityKey, authority: "logs.test", key: own, name: "fe.cloud.internal", unit });

  it("are the same for the same keys, and good for both sides in OpenSSL's eyes", () => {
    expect(make()).toBe(make());
    const [ca, certificate] = [
      put("ca.pem", serviceAuthority(authorityKey, "logs.test")),
      put("c.pem", make("127.1.2.3")),
    ];
    for (const purpose of ["sslserver", "sslclient"])
      expect(
        judge("openssl", [
          "verify",
          "-CAfile",
          ca,
          "-purpose",
          purpose,
          "-verify_hostname",
          "fe.cloud.internal",
          certificate,
        ]),
      ).toMatchObject({ status: 0 });
    expect(new X509Certificate(make("127.1.2.3")).subject).toBe("CN=fe.cloud.internal\nOU=127.1.2.3");
  });

  it("another authority's does not pass", () => {
    const ca = put("ca.pem", serviceAuthority(key(), "logs.test"));
    expect(judge("openssl", ["verify", "-CAfile", ca, put("c.pem", make())]).status).not.toBe(0);
  });
});

describe("the gate", () => {
  const authorityKey = key();
  const certified = (name: string, unit?: string, by = authorityKey): { key: string; cert: string } => {
    const own = key();
    return { key: own, cert: serviceCertificate({ authorityKey: by, authority: "logs.test", key: own, name, unit }) };
  };

  it("lets in who has a certificate of the authority, from the address in it; nobody else", async () => {
    const seen: { from?: string; path?: string }[] = [];
    const store = createServer((incoming, answer) => {
      seen.push({ from: incoming.socket.remoteAddress, path: incoming.url });
      incoming.resume().on("end", () => answer.writeHead(202).end());
    });
    const storePort = await listen(store);
    store.unref();
    const port = await freePort();
    const server = certified("127.0.0.1");
    const ca = serviceAuthority(authorityKey, "logs.test");
    const state = join(folder, "state");
    mkdirSync(state, { mode: 0o755 });
    const configuration = gate({
      address: "127.0.0.1",
      port,
      storePort,
      ca: put("ca.pem", ca),
      certificate: put("certificate.pem", server.cert),
      key: put("key.pem", server.key),
    }).replaceAll(GATE_STATE, state);
    const path = put("gate.conf", configuration);
    expect(judge("/usr/sbin/nginx", ["-q", "-t", "-c", path])).toMatchObject({ status: 0 });
    const nginx = spawn("/usr/sbin/nginx", ["-e", "stderr", "-c", path, "-g", "daemon off;"]);
    const send = (with_: { key?: string; cert?: string }, url = "/upload"): Promise<number | string> =>
      new Promise((resolve) => {
        const outgoing = request(
          { host: "127.0.0.1", port, path: url, method: "POST", ca, ...with_, checkServerIdentity: () => undefined },
          (answer: IncomingMessage) => {
            answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
          },
        );
        outgoing.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end("record");
      });
    try {
      const good = certified("host01.cloud.internal", "127.16.0.11");
      const first = await eventually(async () => {
        const status = await send(good);
        return status === "ECONNREFUSED" ? undefined : status;
      });
      expect(first).toBe(202);
      expect(seen).toEqual([{ from: "127.16.0.11", path: "/upload" }]);
      expect(await send({})).toBe(400);
      expect(await send(certified("host01.cloud.internal", "127.16.0.11", key()))).toBe(400);
      expect(await send(certified("host01.cloud.internal"))).toBe(403);
      expect(await send(good, "/entries")).toBe(404);
      expect(seen).toHaveLength(1);
    } finally {
      await ended(nginx);
      store.close();
    }
  });
});

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
