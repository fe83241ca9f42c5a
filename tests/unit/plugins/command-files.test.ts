// SPDX-License-Identifier: Apache-2.0
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { AssetValue } from "../../../provider/grpc/provider";
import type { ProviderClient, ResourceCall } from "../../helpers/provider-client";
import { CommandFixture, connectTo } from "./command-fixture";

const COPY: ResourceCall = { type: "command:remote:CopyToRemote", name: "copy" };
const LOCAL: ResourceCall = { type: "command:local:Command", name: "here" };

let fixture: CommandFixture;
let client: ProviderClient;

beforeAll(async () => {
  fixture = await CommandFixture.start();
  client = fixture.client;
});
afterEach(() => fixture.reset());
afterAll(() => client.close());

describe("remote.CopyToRemote", () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "copy-"));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));
  const local = (name: string, content: string | Buffer) => {
    const file = path.join(directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    return file;
  };
  const asset = (file: string, hash: string) => new AssetValue("asset", { path: file }, hash);

  it("copies a file, makes its parent directories and gives it no mode of its own", async () => {
    const { port, seen } = await fixture.serve();
    const content = Buffer.from(Array.from({ length: 100_001 }, (_, index) => index % 251));
    const remotePath = path.join(directory, "a/b/c.bin");
    const { id, state } = await fixture.create(COPY, {
      connection: connectTo(port),
      source: asset(local("f", content), "h1"),
      remotePath,
    });
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    expect(fs.readFileSync(remotePath).equals(content)).toBe(true);
    expect(fs.statSync(remotePath).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(seen.logins).toBe(1);
    await client.delete(COPY, state);
    expect(seen.logins).toBe(1);
    expect(fs.existsSync(remotePath)).toBe(true);
  });

  it("copies texts, empty files and directories", async () => {
    const { port } = await fixture.serve();
    const connection = connectTo(port);
    const to = (name: string) => path.join(directory, "remote", name);
    const text = new AssetValue("asset", { text: "tëxt" }, "h");
    await fixture.create(COPY, { connection, source: text, remotePath: to("text") });
    await fixture.create(COPY, { connection, source: asset(local("empty", ""), "h"), remotePath: to("empty") });
    local("tree/x/y", "deep");
    const tree = new AssetValue("archive", { path: path.join(directory, "tree") }, "h");
    await fixture.create(COPY, { connection, source: tree, remotePath: to("inside") });
    const slash = new AssetValue("archive", { path: `${path.join(directory, "tree")}/` }, "h");
    await fixture.create(COPY, { connection, source: slash, remotePath: to("flat") });
    expect(fs.readFileSync(to("text"), "utf8")).toBe("tëxt");
    expect(fs.readFileSync(to("empty"), "utf8")).toBe("");
    expect(fs.readFileSync(to("inside/tree/x/y"), "utf8")).toBe("deep");
    expect(fs.readFileSync(to("flat/x/y"), "utf8")).toBe("deep");
    await expect(fixture.create(COPY, { connection, source: text, remotePath: to("flat") })).rejects.toThrow(
      "is a directory",
    );
  });

  it("copies again when hash or path change, not for a new connection", async () => {
    const { port, seen } = await fixture.serve();
    const remotePath = path.join(directory, "there");
    const inputs = { connection: connectTo(port), source: asset(local("f", "1"), "h1"), remotePath };
    const first = await fixture.create(COPY, inputs);
    const second = await fixture.update(COPY, first.state, {
      ...inputs,
      connection: connectTo(port, { perDialTimeout: 9 }),
    });
    expect(seen.logins).toBe(1);
    const third = await fixture.update(COPY, second, { ...inputs, source: asset(local("f", "2"), "h2") });
    expect(fs.readFileSync(remotePath, "utf8")).toBe("2");
    await fixture.update(COPY, third, { ...third.inputs, remotePath: `${remotePath}2` });
    expect(fs.readFileSync(`${remotePath}2`, "utf8")).toBe("2");
    expect(seen.logins).toBe(3);
    const moved = { ...inputs, source: asset("/elsewhere", "h1") };
    expect(await client.diff(COPY, { inputs, outputs: inputs }, moved)).toMatchObject({ changes: 1 });
    expect(await client.diff(COPY, { inputs, outputs: inputs }, { ...inputs, triggers: [1] })).toMatchObject({
      replacesList: ["triggers"],
    });
  });

  it("refuses sources that it cannot send", async () => {
    const connection = { host: "h" };
    const source = new AssetValue("asset", { uri: "https://example.com/x" }, "h");
    const map = new AssetValue("archive", { assets: {} }, "h");
    expect((await client.check(COPY, { connection, source, remotePath: "/x" })).failures).toHaveLength(1);
    expect((await client.check(COPY, { connection, source: map, remotePath: "/x" })).failures).toHaveLength(1);
    expect((await client.check(COPY, { connection, source: "text", remotePath: "/x" })).failures).toEqual([
      { property: "source", reason: "'source' must be an asset, got a string" },
    ]);
  });
});

describe("local.Command and local.run", () => {
  it("runs here, with stdin, environment, directory and interpreter", async () => {
    const { id, state } = await fixture.create(LOCAL, {
      create: "echo $V $(pwd) $(cat)",
      environment: { V: "1" },
      dir: "/",
      stdin: "in",
    });
    expect(id).toMatch(/^here[0-9a-f]{8}$/);
    expect(state.outputs).toMatchObject({ stdout: "1 / in", stderr: "" });
    const node = await fixture.create(LOCAL, { create: "console.log(6 * 7)", interpreter: [process.execPath, "-e"] });
    expect(node.state.outputs["stdout"]).toBe("42");
    const next = await fixture.update(LOCAL, state, { create: "echo was $PULUMI_COMMAND_STDOUT" });
    expect(next.outputs["stdout"]).toBe("was 1 / in");
  });

  it("fails with status, command line and output", async () => {
    await expect(client.create(LOCAL, { create: "exit 7" })).rejects.toMatchObject({
      message: 'exit status 7: running "exit 7":\n',
    });
    await expect(client.create(LOCAL, { create: "true", interpreter: ["/nonexistent"] })).rejects.toThrow(
      "fork/exec /nonexistent: no such file or directory",
    );
    await expect(client.create(LOCAL, { create: "kill -9 $$" })).rejects.toThrow("signal: killed: running");
  });

  it("runs a function, and refuses what it does not know", async () => {
    expect(await client.invoke("command:local:run", { command: "echo hi" })).toEqual({
      result: { command: "echo hi", stdout: "hi", stderr: "" },
      failures: [],
    });
    expect((await client.invoke("command:local:run", {})).failures).toHaveLength(1);
    await expect(client.invoke("command:local:walk", {})).rejects.toThrow("no function command:local:walk");
    await expect(client.check({ type: "command:remote:CopyFile" }, {})).rejects.toThrow(
      "has no command:remote:CopyFile",
    );
  });
});
