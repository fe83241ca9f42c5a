// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../helpers/eventually";
import { PluginProcess, findExecutable } from "../../../lab/engine/plugin-process";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "engine-plugin-"));
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function script(name: string, body: string): string {
  const file = join(dir, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

function start(body: string, lines: string[] = []): Promise<PluginProcess> {
  const command = { label: "plugin x", file: script("x", body), args: ["127.0.0.1:1"], cwd: dir, env: process.env };
  return PluginProcess.start(command, (line, stream) => lines.push(`${stream}: ${line}`));
}

test("a plugin that prints its port is started, its other lines are passed on, and it can be stopped", async () => {
  const lines: string[] = [];
  const plugin = await start("echo 4711; echo hello; echo oops >&2; exec sleep 60", lines);
  expect(plugin.address).toBe("127.0.0.1:4711");
  await plugin.stop();
  expect(plugin.hasEnded).toBe(true);
  expect(await plugin.whenEnded).toMatch(/SIGTERM/);
  expect(lines.sort()).toEqual(["stderr: oops", "stdout: hello"]);
});

test.each([
  [
    "garbage instead of a port",
    "echo Starting...; sleep 60",
    /plugin x must print its port first, but printed: Starting/,
  ],
  ["an end before the port", "exit 3", /plugin x ended with code 3 before it printed its port/],
])("%s is a clear error", async (_, body, message) => {
  await expect(start(body)).rejects.toThrow(message);
});

test("a command that cannot be run is a clear error", async () => {
  const command = { label: "plugin y", file: join(dir, "missing"), args: [], cwd: dir, env: process.env };
  await expect(PluginProcess.start(command, () => undefined)).rejects.toThrow(
    /plugin y could not be started: .*ENOENT/,
  );
});

test("a plugin that does not listen to SIGTERM is ended all the same", async () => {
  const plugin = await start("trap '' TERM; echo 4711; while :; do sleep 0.1; done");
  await plugin.stop();
  expect(await plugin.whenEnded).toMatch(/SIGKILL/);
});

test("the first folder's executable wins, and what cannot be executed does not count", () => {
  writeFileSync(join(dir, "plain"), "");
  const file = script("tool", "exit 0");
  expect(findExecutable("tool", ["/nowhere", dir])).toBe(file);
  expect(findExecutable("plain", [dir])).toBeUndefined();
});

test("a plugin of a killed engine may finish what it is doing", async () => {
  const done = join(dir, "done");
  const plugin = script("slow", `echo 4711; sleep 2; echo finished > ${done}; exec sleep 60`);
  const engine = `
    const { PluginProcess } = require(${JSON.stringify(join(__dirname, "../../../lab/engine/plugin-process.ts"))});
    const command = { label: "p", file: ${JSON.stringify(plugin)}, args: [], cwd: ${JSON.stringify(dir)}, env: process.env };
    PluginProcess.start(command, () => undefined).then(() => process.kill(process.pid, "SIGKILL"));
  `;
  const child = spawn(process.execPath, ["--import", "tsx", "-e", engine], { stdio: "inherit" });
  await new Promise((ended) => child.once("exit", ended));
  await eventually(() => existsSync(done), { what: "the plugin ends with its engine", seconds: 20 });
  expect(readFileSync(done, "utf8")).toBe("finished\n");
}, 60_000);
