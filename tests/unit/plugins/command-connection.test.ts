// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from "node:crypto";
import { utils } from "ssh2";
import { eventually } from "../../helpers/eventually";
import type { PropertyMap } from "../../../provider/grpc/provider";
import type { ProviderClient } from "../../helpers/provider-client";
import { COMMAND, CommandFixture, connectTo, KEYS } from "./command-fixture";
import { startSshServer } from "../../helpers/ssh-server";

let fixture: CommandFixture;
let client: ProviderClient;

beforeAll(async () => {
  fixture = await CommandFixture.start();
  client = fixture.client;
});
afterEach(() => fixture.reset());
afterAll(() => client.close());

describe("the connection of remote.Command", () => {
  const run = (connection: PropertyMap, create = "echo ok") =>
    client.create(COMMAND, { connection, create, logging: "none" });

  it("refuses a host that shows another key, after all its attempts", async () => {
    const { port, seen } = await fixture.serve({ hostKeys: [KEYS.otherHost.private] });
    await expect(run(connectTo(port, { dialErrorLimit: 2 }))).rejects.toThrow(
      "after 2 failed attempts: ssh: handshake failed: ssh: host key mismatch",
    );
    expect(seen).toMatchObject({ connections: 3, logins: 0, commands: [] });
  });

  it("asks a host that has several keys for the pinned kind only", async () => {
    const { port } = await fixture.serve({ hostKeys: [KEYS.ecdsaHost.private, KEYS.host.private] });
    for (const key of [KEYS.host, KEYS.ecdsaHost]) {
      expect((await run(connectTo(port, { hostKey: key.public }))).properties["stdout"]).toBe("ok");
    }
    const { port: ecdsaOnly } = await fixture.serve({ hostKeys: [KEYS.ecdsaHost.private] });
    await expect(run(connectTo(ecdsaOnly))).rejects.toThrow(
      "no common algorithm for host key; client offered: [ssh-ed25519]",
    );
  });

  it("takes any host key where none is pinned", async () => {
    const { port } = await fixture.serve({ hostKeys: [KEYS.otherHost.private] });
    const { hostKey: _pinned, ...open } = connectTo(port);
    expect((await run(open)).properties["stdout"]).toBe("ok");
  });

  it("refuses unreadable keys before it connects, and does not quote them", async () => {
    const { port, seen } = await fixture.serve();
    await expect(run(connectTo(port, { hostKey: "ssh-ed25519 garbage" }))).rejects.toThrow(
      /^failed to parse host key: ssh: no key found$/,
    );
    await expect(run(connectTo(port, { privateKey: "garbage" }))).rejects.toThrow(/^ssh: no key found$/);
    expect(seen.connections).toBe(0);
  });

  it("says that a login was refused", async () => {
    const { port, seen } = await fixture.serve();
    await expect(run(connectTo(port, { privateKey: KEYS.stranger.private }))).rejects.toThrow(
      "after 0 failed attempts: ssh: handshake failed: ssh: unable to authenticate, " +
        "attempted methods [none publickey], no supported methods remain",
    );
    expect(seen.logins).toBe(0);
  });

  it("retries with growing pauses until the host answers", async () => {
    const { port, seen } = await fixture.serve({ dropFirst: 2 });
    const started = Date.now();
    expect((await run(connectTo(port, { dialErrorLimit: 3 }))).properties["stdout"]).toBe("ok");
    expect(Date.now() - started).toBeGreaterThanOrEqual(245);
    expect(seen.connections).toBe(3);
    expect(client.logs.map(({ message, ephemeral }) => [message, ephemeral])).toEqual([
      ["Dial 1/3 failed: retrying", true],
      ["Dial 2/3 failed: retrying", true],
    ]);
  });

  it("says so when nothing listens, and stops dialling when it is cancelled", async () => {
    const { port, close } = await startSshServer({ hostKeys: [KEYS.host.private] });
    await close();
    await expect(run(connectTo(port))).rejects.toThrow(
      `after 0 failed attempts: dial tcp 127.0.0.1:${port}: connect: connection refused`,
    );
    const own = (await CommandFixture.start()).client;
    const inputs = { connection: connectTo(port, { dialErrorLimit: -1 }), create: "true" };
    const dialling = expect(own.create(COMMAND, inputs)).rejects.toThrow("abort");
    await own.cancel();
    await dialling;
    await own.close();
  });

  it("logs in with a password, and with keys in PKCS #8 and SEC 1 form", async () => {
    const byPassword = await fixture.serve({ authorizedKey: undefined, password: "pw" });
    const { privateKey: _key, ...noKey } = connectTo(byPassword.port);
    expect((await run({ ...noKey, password: "pw" })).properties["stdout"]).toBe("ok");
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    for (const type of ["pkcs8", "sec1"] as const) {
      const pem = ec.export({ type, format: "pem" }).toString();
      const parsed = utils.parseKey(ec.export({ type: "sec1", format: "pem" }).toString());
      if (parsed instanceof Error) throw parsed;
      const line = `${parsed.type} ${parsed.getPublicSSH().toString("base64")}`;
      const { port } = await fixture.serve({ authorizedKey: line });
      expect((await run(connectTo(port, { privateKey: pem }))).properties["stdout"]).toBe("ok");
    }
  });

  it("goes through a proxy", async () => {
    const target = await fixture.serve();
    const proxy = await fixture.serve({ hostKeys: [KEYS.otherHost.private] });
    const connection = connectTo(target.port, { proxy: connectTo(proxy.port, { hostKey: KEYS.otherHost.public }) });
    expect((await run(connection)).properties["stdout"]).toBe("ok");
    expect([proxy.seen.logins, target.seen.logins]).toEqual([1, 1]);
    const wrong = connectTo(target.port, { proxy: connectTo(proxy.port) });
    await expect(run(wrong)).rejects.toThrow(
      "proxy: after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch",
    );
  });

  it("fails when the host goes away in the middle of a command", async () => {
    const server = await fixture.serve();
    const lost = expect(run(connectTo(server.port), "sleep 30")).rejects.toThrow(
      'wait: remote command exited without exit status or exit signal: running "sleep 30":',
    );
    await eventually(() => server.seen.commands.length > 0, { every: 5 });
    server.cut();
    await lost;
  });

  it("ends at the resource's custom timeout", async () => {
    const { port } = await fixture.serve();
    const call = { ...COMMAND, timeout: 0.2 };
    await expect(client.create(call, { connection: connectTo(port), create: "sleep 30" })).rejects.toThrow(
      "not done within the resource's custom timeout of 0.2 s",
    );
  });

  it("lets a running command finish when the engine cancels", async () => {
    const server = await fixture.serve();
    const own = (await CommandFixture.start()).client;
    const running = own.create(COMMAND, { connection: connectTo(server.port), create: "sleep 0.3; echo finished" });
    await eventually(() => server.seen.commands.length > 0, { every: 5 });
    await own.cancel();
    expect((await running).properties["stdout"]).toBe("finished");
    await own.close();
  });
});
