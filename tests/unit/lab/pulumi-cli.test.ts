// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import type { EngineEvent, EngineOptions } from "../../../lab/engine";
import { findCli } from "../../../lab/engines/cli-requirements";
import { pulumiCli } from "../../../lab/engines/pulumi-cli";

const URN = "urn:pulumi:lab::fake::fake:index:Thing::a";

/**
 * Stands in for the CLI: notes how it was called, and does what FAKE_PULUMI says. Its version is one that tells events through a
 * file, as every version can.
 */
const FAKE = `#!${process.execPath}
const fs = require("node:fs");
const args = process.argv.slice(2);
const { PATH, HTTPS_PROXY, PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, SCW_API_URL } = process.env;
const env = { PATH, HTTPS_PROXY, PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, SCW_API_URL };
fs.appendFileSync(__dirname + "/calls.jsonl", JSON.stringify({ args, env, cwd: process.cwd() }) + "\\n");
const flag = (name) => args[args.indexOf(name) + 1];
const tell = (event) => fs.appendFileSync(flag("--event-log"), JSON.stringify({ sequence: 1, timestamp: 1, ...event }) + "\\n");
const state = { inputs: { v: 1 }, outputs: { v: 1 }, id: "a-1", provider: "p" };
const step = { op: "create", urn: "${URN}", type: "fake:index:Thing", old: null, new: state, detailedDiff: null };
const summary = (result) => tell({ summaryEvent: { isPreview: args[0] === "preview", result, resourceChanges: { create: 1, same: 2 } } });
if (args[0] === "version") console.log("v3.200.0");
else if (args[0] === "stack" && args[1] === "output") console.log(JSON.stringify({ name: "x", key: args.includes("--show-secrets") ? "hush" : "[secret]" }));
else if (args[0] === "stack" && args[1] === "history") console.log("[]");
else if (args[0] === "stack" && args[1] === "export") console.log(JSON.stringify({ version: 3, deployment: { resources: [] } }));
else if (args.includes("--event-log")) {
  tell({ preludeEvent: { config: { "fake:a": "1" } } });
  tell({ resourcePreEvent: { metadata: step } });
  if (process.env.FAKE_PULUMI === "waits") {
    process.on("SIGINT", () => { tell({ diagnosticEvent: { severity: "error", message: "update canceled\\n" } }); process.exit(1); });
    setInterval(() => undefined, 1000);
  } else if (process.env.FAKE_PULUMI === "fails") {
    tell({ diagnosticEvent: { severity: "info", message: "half-way", ephemeral: true } });
    tell({ diagnosticEvent: { severity: "error", urn: "${URN}", message: "<{%fg 1%}>no room<{%reset%}>\\n" } });
    tell({ resOpFailedEvent: { metadata: step, status: 0, steps: 1 } });
    summary("failed");
    process.exit(1);
  } else if (process.env.FAKE_PULUMI === "breaks") {
    console.error("error: the stack is locked by somebody");
    process.exit(255);
  } else {
    tell({ resOutputsEvent: { metadata: step } });
    summary("succeeded");
  }
}
`;

interface Call {
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

describe("the lab on the Pulumi CLI", () => {
  let folder: string;
  let bin: string;
  let options: EngineOptions;
  let events: EngineEvent[];
  const { PATH } = process.env;

  function program(file: string, text: string): void {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "pulumi-cli-"));
    bin = path.join(folder, "bin");
    program(path.join(bin, "pulumi"), FAKE);
    const project = path.join(folder, "project");
    mkdirSync(project);
    writeFileSync(path.join(project, "Pulumi.yaml"), "name: fake\nruntime: nodejs\n");
    writeFileSync(path.join(project, "Pulumi.lab.yaml"), "config: {}\n");
    writeFileSync(path.join(folder, "stack.yaml"), "config: {fake:a: 1}\n");
    events = [];
    options = {
      projectDir: project,
      stack: "lab",
      configFile: path.join(folder, "stack.yaml"),
      backendDir: path.join(folder, "state"),
      passphrase: "a passphrase",
      pluginDirs: [path.join(folder, "plugins")],
      env: { SCW_API_URL: "http://127.0.0.1:1", SCW_S3_ENDPOINT: "http://127.0.0.1:1" },
      onEvent: (event) => void events.push(event),
    };
    process.env.PATH = `${bin}:${PATH}`;
  });
  afterEach(() => {
    process.env.PATH = PATH;
    delete process.env.FAKE_PULUMI;
    rmSync(folder, { recursive: true });
  });

  const calls = (): Call[] =>
    readFileSync(path.join(bin, "calls.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Call);
  const callOf = (command: string): Call => calls().find(({ args }) => args[0] === command)!;

  it("runs the command on the lab's own stack file and state, with the emulator's addresses", async () => {
    const result = await pulumiCli.operate("up", { ...options, parallel: 3, targets: ["one"], replace: ["two"] });
    expect(result).toMatchObject({ exitCode: 0, summary: { create: 1, same: 2 }, diagnostics: [] });
    const { args, env, cwd } = callOf("up");
    expect(cwd).toBe(options.projectDir);
    const line = args.join(" ");
    expect(line).toMatch(/^up --yes --skip-preview /);
    for (const part of ["--parallel 3", "--target one", "--replace two", `--config-file ${options.configFile}`])
      expect(line).toContain(part);
    expect(line).toContain("--stack organization/fake/lab");
    expect(env).toMatchObject({
      PULUMI_BACKEND_URL: `file://${options.backendDir}`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase",
      SCW_API_URL: "http://127.0.0.1:1",
    });
    expect(env.HTTPS_PROXY).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(env.PATH).toMatch(new RegExp(`^${path.join(folder, "plugins")}:`));
    expect(JSON.stringify(calls().map((call) => call.args))).not.toContain("a passphrase");
  });

  it("makes the stack where the CLI finds it, and leaves the project's own stack file alone", async () => {
    await pulumiCli.operate("preview", options);
    expect(existsSync(path.join(options.backendDir, ".pulumi/stacks/fake/lab.json"))).toBe(true);
    expect(readFileSync(options.configFile!, "utf8")).toMatch(/encryptionsalt: v1:/);
    expect(readFileSync(path.join(options.projectDir, "Pulumi.lab.yaml"), "utf8")).toBe("config: {}\n");
    expect(calls().some(({ args }) => args.includes("init"))).toBe(false);
  });

  it("tells events as the embedded engine does", async () => {
    await pulumiCli.operate("up", options);
    expect(events).toEqual([
      { event: "prelude", config: { "fake:a": "1" } },
      ...(["resourcePre", "resourceOutputs"] as const).map((event) => ({
        event,
        op: "create",
        urn: URN,
        type: "fake:index:Thing",
        new: { id: "a-1", inputs: { v: 1 }, outputs: { v: 1 }, provider: "p" },
      })),
      { event: "summary", isPreview: false, result: "succeeded", resourceChanges: { create: 1, same: 2 } },
    ]);
  });

  it("returns a failed run with its reasons", async () => {
    process.env.FAKE_PULUMI = "fails";
    const result = await pulumiCli.operate("up", options);
    expect(result).toMatchObject({ exitCode: 1, diagnostics: ["no room"] });
    expect(events.map(({ event }) => event)).toEqual([
      "prelude",
      "resourcePre",
      "diagnostic",
      "resourceFailed",
      "summary",
    ]);
  });

  it("throws what the CLI said when it never came to a run", async () => {
    process.env.FAKE_PULUMI = "breaks";
    await expect(pulumiCli.operate("up", options)).rejects.toThrow(/locked by somebody/);
  });

  it("asks the CLI to end in order", async () => {
    process.env.FAKE_PULUMI = "waits";
    const stop = new AbortController();
    const onEvent = (event: EngineEvent): void => {
      if (event.event === "resourcePre") stop.abort();
    };
    const result = await pulumiCli.operate("up", { ...options, onEvent, signal: stop.signal });
    expect(result).toMatchObject({ exitCode: 1, diagnostics: ["update canceled"] });
  });

  it.each([
    ["refresh", {}, /^refresh --skip-preview --yes /],
    ["refresh", { previewOnly: true }, /^refresh .*--preview-only/],
    ["destroy", {}, /^destroy --yes --skip-preview /],
    ["preview", {}, /^preview /],
  ] as const)("%s %j", async (command, more, line) => {
    await pulumiCli.operate(command, { ...options, ...more });
    expect(callOf(command).args.join(" ")).toMatch(line);
  });

  it("reads outputs and state through the CLI", async () => {
    expect(await pulumiCli.outputs(options, { showSecrets: false })).toEqual({ name: "x", key: "[secret]" });
    expect(await pulumiCli.outputs(options, { showSecrets: true })).toEqual({ name: "x", key: "hush" });
    expect(await pulumiCli.export(options, { showSecrets: false })).toEqual({ resources: [] });
  });

  describe("what must be installed", () => {
    const names = ["scaleway", "command", "random", "tls"];

    it("is named as a whole, with the way to install it", () => {
      const find = (): unknown => findCli({ PATH: folder, HOME: folder });
      for (const name of ["pulumi", "pulumi-language-nodejs", ...names.map((one) => `pulumi-resource-${one}`)])
        expect(find).toThrow(`- ${name}: `);
      expect(find).toThrow(/https:\/\/www\.pulumi\.com\/docs\/install/);
      expect(find).toThrow(/pulumi plugin install resource scaleway \d\S* --server github:\/\/\S+$/m);
      expect(find).toThrow(/nothing was run/);
    });

    it("is found on PATH, and where the CLI puts plugins", () => {
      program(path.join(bin, "pulumi-language-nodejs"), "");
      const message = ((): string => {
        try {
          findCli({ PATH: bin, HOME: folder });
          return "";
        } catch (error) {
          return (error as Error).message;
        }
      })();
      const version = /resource scaleway (\S+)/.exec(message)?.[1];
      const installed = path.join(folder, ".pulumi", "plugins", `resource-scaleway-v${version}`);
      program(path.join(installed, "pulumi-resource-scaleway"), "");
      for (const name of names.slice(1)) program(path.join(bin, `pulumi-resource-${name}`), "");
      expect(findCli({ PATH: bin, HOME: folder })).toEqual({ pluginFolders: [installed] });
    });
  });
});
