// SPDX-License-Identifier: Apache-2.0
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Secret, UNKNOWN, type PropertyMap } from "../../../provider/grpc/provider";
import type { ProviderClient } from "../../helpers/provider-client";
import { COMMAND, CommandFixture, connectTo } from "./command-fixture";

let fixture: CommandFixture;
let client: ProviderClient;

beforeAll(async () => {
  fixture = await CommandFixture.start();
  client = fixture.client;
});
afterEach(() => fixture.reset());
afterAll(() => client.close());

describe("remote.Command", () => {
  it("runs create with stdin and gives both outputs, one trailing newline cut", async () => {
    const { port, seen } = await fixture.serve();
    const { id, state } = await fixture.create(COMMAND, {
      connection: connectTo(port),
      create: "cat; echo; echo err >&2",
      stdin: new Secret("line1\nline2"),
    });
    expect(id).toMatch(/^apply[0-9a-f]{8}$/);
    expect(state.outputs).toMatchObject({ stdout: "line1\nline2", stderr: "err", stdin: new Secret("line1\nline2") });
    expect(state.outputs["connection"]).toBeInstanceOf(Secret);
    expect(seen).toMatchObject({ connections: 1, logins: 1 });
  });

  it("cuts one newline only, and takes more input and output than a packet holds", async () => {
    const { port } = await fixture.serve();
    const text = "0123456789abcdef".repeat(24 * 1024);
    const big = await fixture.create(COMMAND, {
      connection: connectTo(port),
      create: "cat",
      stdin: text,
      logging: "none",
    });
    expect(big.state.outputs["stdout"]).toBe(text);
    const twice = await fixture.create(COMMAND, { connection: connectTo(port), create: "printf 'a\\n\\n'" });
    expect(twice.state.outputs["stdout"]).toBe("a\n");
  });

  it("does not wait for a command that leaves its input unread", async () => {
    const { port } = await fixture.serve();
    const { state } = await fixture.create(COMMAND, {
      connection: connectTo(port),
      create: "echo done",
      stdin: "x".repeat(1 << 20),
    });
    expect(state.outputs["stdout"]).toBe("done");
  });

  it("fills in the defaults, makes the connection secret, and reports all mistakes at once", async () => {
    const good = await client.check(COMMAND, { connection: { host: "h" }, create: "true" });
    expect(good).toEqual({
      inputs: {
        create: "true",
        connection: new Secret({ host: "h", port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 }),
      },
      failures: [],
    });
    const bad = await client.check(COMMAND, {
      connection: { port: 70000, proxy: { user: 1 } },
      create: 7,
      logging: "loud",
      colour: "red",
    });
    expect(bad.failures).toEqual([
      { property: "colour", reason: "there is no property colour" },
      { property: "connection.host", reason: "Missing required property 'connection.host'" },
      { property: "connection.port", reason: "'connection.port' must be a port from 1 to 65535" },
      { property: "connection.proxy.host", reason: "Missing required property 'connection.proxy.host'" },
      { property: "connection.proxy.user", reason: "'connection.proxy.user' must be a string, got a number" },
      { property: "create", reason: "'create' must be a string, got a number" },
      { property: "logging", reason: "'logging' must be one of stdout, stderr, stdoutAndStderr, none" },
    ]);
  });

  it("lets unknown values through check", async () => {
    const inputs: PropertyMap = {
      connection: new Secret({ host: UNKNOWN, hostKey: UNKNOWN }),
      create: UNKNOWN,
      triggers: [UNKNOWN],
    };
    expect((await client.check(COMMAND, inputs)).failures).toEqual([]);
    expect((await client.check(COMMAND, { connection: UNKNOWN, create: "x" })).failures).toEqual([]);
  });

  it("connects to nothing in a preview; the outputs are unknown", async () => {
    const { port, seen } = await fixture.serve();
    const inputs = { connection: connectTo(port), create: "true" };
    const created = await client.create({ ...COMMAND, preview: true }, inputs);
    expect(created.properties).toMatchObject({ create: "true", stdout: UNKNOWN, stderr: UNKNOWN });
    const state = { inputs, outputs: { ...inputs, stdout: "a", stderr: "" } };
    const updated = await client.update({ ...COMMAND, preview: true }, state, { ...inputs, stdin: "x" });
    expect(updated).toMatchObject({ stdout: UNKNOWN, stderr: UNKNOWN, stdin: "x" });
    expect(seen.connections).toBe(0);
  });

  it("quotes the command line and both streams of a failed run", async () => {
    const { port } = await fixture.serve();
    const inputs = { connection: connectTo(port), create: 'echo "out"; echo err >&2; exit 3' };
    const error = await client.create(COMMAND, inputs).catch((reason: Error) => reason.message);
    expect(error).toMatch(/^Process exited with status 3: running "echo \\"out\\"; echo err >&2; exit 3":\n/);
    expect(error).toContain("out\n");
    expect(error).toContain("err\n");
    await expect(client.create(COMMAND, { connection: connectTo(port), create: "kill -TERM $$" })).rejects.toThrow(
      'Process exited with status 143 from signal TERM: running "kill -TERM $$"',
    );
  });

  it("updates with update, else with create, and leaves the outputs when it has neither", async () => {
    const { port } = await fixture.serve();
    const connection = connectTo(port);
    const first = await fixture.create(COMMAND, { connection, create: "echo created", update: "echo updated" });
    const second = await fixture.update(COMMAND, first.state, {
      connection,
      create: "echo created",
      update: "echo updated",
      stdin: "x",
    });
    expect(second.outputs["stdout"]).toBe("updated");
    const third = await fixture.update(COMMAND, second, { connection, create: "echo created again" });
    expect(third.outputs["stdout"]).toBe("created again");
    const fourth = await fixture.update(COMMAND, third, { connection, delete: "true" });
    expect(fourth.outputs["stdout"]).toBe("created again");
  });

  it("deletes with the old state's connection, stdin and command, or with nothing", async () => {
    const { port, seen } = await fixture.serve();
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "command-")), "undone");
    const inputs = { connection: connectTo(port), delete: `cat > ${file}`, stdin: "bye" };
    const { state } = await fixture.create(COMMAND, inputs);
    expect(seen.logins).toBe(0);
    await client.delete(COMMAND, state);
    expect(fs.readFileSync(file, "utf8")).toBe("bye");
    fs.rmSync(path.dirname(file), { recursive: true });
    await client.delete(COMMAND, { inputs: {}, outputs: { connection: connectTo(port), create: "true" } });
    expect(seen.logins).toBe(1);
  });

  it("diffs: triggers replace, all else updates, secrecy is no difference", async () => {
    const inputs = {
      connection: new Secret({ host: "h", port: 22 }),
      create: "c",
      environment: { A: "1" },
      triggers: ["t1"],
    };
    const diff = (news: PropertyMap) => client.diff(COMMAND, { inputs, outputs: inputs }, { ...inputs, ...news });
    expect(await diff({ connection: { host: "h", port: 22 } })).toMatchObject({ changes: 1, diffsList: [] });
    expect(await diff({ environment: { A: "2" }, stdin: "x" })).toMatchObject({
      changes: 2,
      replacesList: [],
      diffsList: ["stdin", "environment"],
      detaileddiffMap: expect.arrayContaining([
        ["environment.A", { kind: 4, inputdiff: false }],
        ["stdin", { kind: 0, inputdiff: false }],
      ]) as unknown,
    });
    expect(await diff({ triggers: ["t2"] })).toMatchObject({
      changes: 2,
      replacesList: ["triggers"],
      detaileddiffMap: [["triggers[0]", { kind: 5, inputdiff: false }]],
    });
    expect(await diff({ create: UNKNOWN })).toMatchObject({ changes: 2, diffsList: ["create"] });
  });

  it("keeps the state as it is in a refresh", async () => {
    const state = { inputs: { create: "c" }, outputs: { create: "c", stdout: "s" } };
    expect(await client.read({ ...COMMAND, id: "apply1" }, state)).toEqual({
      id: "apply1",
      inputs: state.inputs,
      properties: state.outputs,
    });
  });
});

describe("its environment and log", () => {
  const inputs = (port: number, changes: PropertyMap): PropertyMap => ({ connection: connectTo(port), ...changes });

  it("sets variables that the server takes", async () => {
    const { port } = await fixture.serve({ acceptEnv: ["A", "B"] });
    const { state } = await fixture.create(
      COMMAND,
      inputs(port, { create: "echo $A-$B", environment: { A: "1", B: "x y" } }),
    );
    expect(state.outputs["stdout"]).toBe("1-x y");
  });

  it("runs nothing if the server refuses one", async () => {
    const { port, seen } = await fixture.serve({ acceptEnv: ["A"] });
    const wanted = inputs(port, { create: "echo $A-$B", environment: { A: "1", B: "2" } });
    await expect(fixture.create(COMMAND, wanted)).rejects.toThrow(
      'could not set environment variable "B": ssh: setenv failed',
    );
    expect(seen.commands).toEqual([]);
    expect(client.logs).toEqual([
      expect.objectContaining({ severity: "error", message: expect.stringContaining("AcceptEnv") as unknown }),
    ]);
  });

  it("warns on an update if the server refuses the previous output, unless that is switched off", async () => {
    const { port } = await fixture.serve();
    const first = await fixture.create(COMMAND, inputs(port, { create: "echo one", logging: "none" }));
    const second = await fixture.update(COMMAND, first.state, inputs(port, { create: "echo two", logging: "none" }));
    expect(second.outputs["stdout"]).toBe("two");
    expect(client.logs.map(({ severity }) => severity)).toEqual(["warning"]);
    client.logs.length = 0;
    await fixture.update(
      COMMAND,
      second,
      inputs(port, { create: "echo 3", logging: "none", addPreviousOutputInEnv: false }),
    );
    expect(client.logs).toEqual([]);
  });

  it("hands over the previous output", async () => {
    const { port } = await fixture.serve({ acceptEnv: ["PULUMI_COMMAND_STDOUT"] });
    const first = await fixture.create(COMMAND, inputs(port, { create: "echo one" }));
    const second = await fixture.update(
      COMMAND,
      first.state,
      inputs(port, { create: "echo after $PULUMI_COMMAND_STDOUT" }),
    );
    expect(second.outputs["stdout"]).toBe("after one");
  });

  it("logs the streams that logging names, line by line", async () => {
    const { port } = await fixture.serve();
    const command = "printf 'a\\nb'; echo c >&2";
    const lines = async (logging: PropertyMap) => {
      client.logs.length = 0;
      await fixture.create(COMMAND, inputs(port, { create: command, ...logging }));
      return client.logs.map(({ message }) => message).sort();
    };
    expect(await lines({})).toEqual(["a", "b", "c"]);
    expect(await lines({ logging: "stdout" })).toEqual(["a", "b"]);
    expect(await lines({ logging: "stderr" })).toEqual(["c"]);
    expect(await lines({ logging: "none" })).toEqual([]);
  });
});
