// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLine, openCloud, RemoteFailure, SshSession, withCloud, type DeployedCloud } from "../../../operations";
import { cloudConfig, cloudOutputs, fakeStack, fakeSudo, keyPair } from "../../helpers/deployed-cloud";
import { startSshServer, type SshServer } from "../../helpers/ssh-server";

const CANARY = "canary-3c9e-never-shown";
const keys = { host: keyPair(), login: keyPair() };
const path = process.env["PATH"];
let folder: string;
let server: SshServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cloud-"));
  process.env["PATH"] = `${fakeSudo(folder)}:${path}`;
  server = await startSshServer({ hostKeys: [keys.host.privateKey], authorizedKey: keys.login.publicKey });
});
afterAll(async () => {
  process.env["PATH"] = path;
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function cloud(): Promise<DeployedCloud> {
  const opened = await openCloud(fakeStack({ config: cloudConfig(), outputs: cloudOutputs(keys, CANARY) }));
  opened.hosts.forEach(({ hop }) => (hop.port = server.port));
  return opened;
}

describe("a deployed cloud", () => {
  it("knows its hosts, their roles and addresses from stack file and outputs", async () => {
    const opened = await cloud();
    expect(opened.hosts).toMatchObject([
      { name: "fe", roles: ["frontend", "hypervisor"], publicAddress: "127.0.0.1", managementAddress: "10.16.0.10" },
      { name: "host01", roles: ["hypervisor"], managementAddress: "10.16.0.11" },
    ]);
    expect(opened.frontend.name).toBe("fe");
    expect(opened.config.domain).toBe("cloud.internal");
    expect(() => opened.host("nowhere")).toThrow(/no host "nowhere".*fe, host01/);
  });

  it("leaves out hosts that the file names and nobody deployed yet", async () => {
    const config = cloudConfig();
    (config.hosts as Record<string, unknown>).host02 = { roles: ["hypervisor"], managementAddress: "10.16.0.12" };
    const opened = await openCloud(fakeStack({ config, outputs: cloudOutputs(keys, CANARY) }));
    expect(opened.hosts.map(({ name }) => name)).toEqual(["fe", "host01"]);
  });

  it("runs commands side by side over one login a host, with input on standard input", async () => {
    const before = server.seen.logins;
    await withCloud(fakeStack({ config: cloudConfig(), outputs: cloudOutputs(keys, CANARY) }), async (opened) => {
      opened.hosts.forEach(({ hop }) => (hop.port = server.port));
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => opened.run("fe", commandLine(["sh", "-c", "cat"]), `${index}`)),
      );
      expect(answers.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 20 }, (_, index) => index));
    });
    expect(server.seen.logins - before).toBe(1);
  });

  it("root scripts stop at the first failure and say where; what is quoted stays one word", async () => {
    const opened = await cloud();
    expect(await opened.root("fe", `printf '%s|' "it's" '$HOME'; cat`, "in")).toBe("it's|$HOME|in");
    await expect(opened.root("fe", "false; echo reached")).rejects.toThrow(RemoteFailure);
    await expect(opened.root("fe", "echo broken >&2; exit 3")).rejects.toThrow("host fe: exit status 3: broken");
    opened.close();
  });

  it("ends a root script on the host itself when its time is over", async () => {
    const opened = await cloud();
    await expect(opened.root("fe", "sleep 60", "", 1)).rejects.toThrow("exit status 124");
    await expect(opened.run("fe", "sleep 60", "", 1)).rejects.toThrow("has not ended after 1 s");
    opened.close();
  });

  it("connects again after a host was away", async () => {
    const opened = await cloud();
    await opened.run("fe", "true");
    const running = opened.run("fe", "sleep 30");
    setTimeout(server.cut, 200);
    await expect(running).rejects.toThrow("connection ended before the command did");
    expect((await opened.run("fe", "echo again")).stdout).toBe("again\n");
    opened.close();
  });

  it("refuses another host key", async () => {
    const hop = { host: "127.0.0.1", port: server.port, user: "ops", privateKey: keys.login.privateKey };
    const session = new SshSession({ ...hop, hostKey: keyPair().publicKey });
    await expect(session.run("true")).rejects.toThrow("not the pinned one");
  });

  it("says what is missing in a stack that was not deployed, and shows no secret", async () => {
    await expect(openCloud(fakeStack({ config: cloudConfig(), outputs: {} }))).rejects.toThrow(
      /no output hosts, login.ssh, login.oned/,
    );
    const outputs = { ...cloudOutputs(keys, CANARY), hosts: {} };
    const failure = openCloud(fakeStack({ config: cloudConfig(), outputs }));
    await expect(failure).rejects.toThrow("its front-end is not deployed");
    await expect(failure).rejects.not.toThrow(CANARY);
  });
});
