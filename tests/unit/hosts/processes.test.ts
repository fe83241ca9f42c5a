// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { eventually } from "../../helpers/eventually";
import { runningPid, startDetached, startTimeOf, stopProcess } from "../../../lab/hosts/processes";
import { CommandError, run, tryRun } from "../../../lab/hosts/run";

describe("long-lived processes", () => {
  let directory: string;
  const file = (name: string): string => path.join(directory, name);
  const start = (argv: string[]): number => startDetached(argv, { pidFile: file("pid"), logFile: file("log") });

  beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), "processes-"))));
  afterEach(async () => {
    await stopProcess(file("pid"), 0);
    rmSync(directory, { recursive: true });
  });

  it("start once", () => {
    const pid = start(["sleep", "60"]);
    expect(start(["sleep", "60"])).toBe(pid);
    expect(runningPid(file("pid"))).toBe(pid);
  });

  it("end, also those that do not want to", async () => {
    const pid = start(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]);
    await eventually(() => readFileSync(file("log"), "utf8").includes("ready"), { every: 10 });
    await stopProcess(file("pid"), 0.2);
    expect(startTimeOf(pid)).toBeUndefined();
    expect(existsSync(file("pid"))).toBe(false);
  });

  it("are not mistaken for another process that got their number", async () => {
    writeFileSync(file("pid"), JSON.stringify({ pid: process.pid, started: "another boot:1" }));
    expect(runningPid(file("pid"))).toBeUndefined();
    await stopProcess(file("pid"));
    expect(startTimeOf(process.pid)).toBeDefined();
  });

  it("get no variable of the caller's", async () => {
    process.env.CANARY = "canary";
    start(["sh", "-c", "env; echo end"]);
    delete process.env.CANARY;
    await eventually(() => readFileSync(file("log"), "utf8").includes("end"), { every: 10 });
    expect(readFileSync(file("log"), "utf8")).not.toContain("canary");
  });
});

describe("commands", () => {
  it("fail with their name, their status and their last lines", async () => {
    const failing = run(["sh", "-c", "echo out; echo first >&2; echo last >&2; exit 3"]);
    await expect(failing).rejects.toThrow(/exit status 3\nfirst\nlast$/);
    await expect(failing).rejects.toBeInstanceOf(CommandError);
  });

  it("take input and give both streams and lines", async () => {
    const lines: string[] = [];
    const result = await tryRun(["sh", "-c", "cat; echo more >&2; exit 4"], {
      input: "given\n",
      onLine: (line) => lines.push(line),
    });
    expect(result).toEqual({ code: 4, stdout: "given\n", stderr: "more\n" });
    expect(lines.sort()).toEqual(["given", "more"]);
  });

  it("are killed when they take too long", async () => {
    await expect(run(["sleep", "60"], { timeoutSeconds: 0.2 })).rejects.toThrow(/not finished after 0.2 s/);
  });

  it("say that they are not installed", async () => {
    await expect(run(["no-such-program"])).rejects.toThrow(/no-such-program: cannot be started/);
  });
});
