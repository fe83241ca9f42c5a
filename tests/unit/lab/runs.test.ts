// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { DeploymentView } from "../../../lab/deployment-view";
import type { EngineEvent } from "../../../lab/engine";
import { labLayout, type LabLayout } from "../../../lab/hosts/layout";
import { lastUpdate, rememberUpdate } from "../../../lab/last-update";
import { lockLab } from "../../../lab/lock";
import { plainSteps } from "../../../lab/progress";
import { cleanEnvironment, credentials, engineOptions, prepareSettings, stackFile } from "../../../lab/settings";

describe("a lab's folder", () => {
  let root: string;
  let project: string;
  let layout: LabLayout;

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "lab-"));
    project = path.join(root, "project");
    mkdirSync(project);
    writeFileSync(path.join(project, "Pulumi.lab.yaml"), "config: {}\n");
    layout = labLayout("test", root);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("is made once, and what is secret is private", () => {
    expect(prepareSettings(layout, project)).toBeUndefined();
    const first = engineOptions(layout, project);
    prepareSettings(layout, project);
    expect(engineOptions(layout, project)).toEqual(first);
    expect(first.passphrase.length).toBeGreaterThan(20);
    for (const file of ["passphrase", "credentials.json"]) {
      expect(statSync(path.join(layout.directory, file)).mode & 0o077).toBe(0);
    }
    expect(statSync(layout.directory).mode & 0o077).toBe(0);
  });

  it("keeps its own stack file, and says when the project's has changed since", () => {
    prepareSettings(layout, project);
    writeFileSync(stackFile(layout), "config: {edited: true}\n");
    expect(prepareSettings(layout, project)).toBeUndefined();
    writeFileSync(path.join(project, "Pulumi.lab.yaml"), "config: {new: true}\n");
    expect(prepareSettings(layout, project)).toMatch(/has changed since this lab took its copy/);
    expect(readFileSync(stackFile(layout), "utf8")).toContain("edited");
  });

  it("points the providers to the emulator, and passes on nothing of the caller's clouds", () => {
    prepareSettings(layout, project);
    const canaries = { SCW_SECRET_KEY: "canary", PULUMI_ACCESS_TOKEN: "canary", SSH_AUTH_SOCK: "canary" };
    Object.assign(process.env, canaries);
    try {
      expect(JSON.stringify(cleanEnvironment(layout))).not.toContain("canary");
    } finally {
      Object.keys(canaries).forEach((key) => delete process.env[key]);
    }
    expect(engineOptions(layout, project).env).toMatchObject({
      SCW_API_URL: "http://127.0.0.1:8650",
      SCW_SECRET_KEY: credentials(layout).secretKey,
    });
  });

  it("remembers the last update", () => {
    prepareSettings(layout, project);
    expect(lastUpdate(layout)).toBeUndefined();
    rememberUpdate(layout, 5, {
      exitCode: 0,
      seconds: 2,
      summary: { same: 1, create: 2, update: 3, delete: 4, replace: 5 },
    });
    expect(lastUpdate(layout)).toEqual({
      startedAt: 5,
      seconds: 2,
      succeeded: true,
      same: 1,
      created: 2,
      updated: 8,
      deleted: 4,
    });
  });

  it("lets one run at a time change the lab", () => {
    const release = lockLab(layout);
    expect(() => lockLab(layout)).toThrow(`lab test is being worked on by process ${process.pid}`);
    release();
    lockLab(layout)();
    expect(existsSync(path.join(layout.runDirectory, "lock.pid"))).toBe(false);
  });

  it("does not wait for a run that was killed", () => {
    mkdirSync(layout.runDirectory, { recursive: true });
    writeFileSync(path.join(layout.runDirectory, "lock.pid"), JSON.stringify({ pid: process.pid, started: "gone:1" }));
    lockLab(layout)();
  });
});

describe("what a run says", () => {
  it("is one line for each step and note where there is no terminal", async () => {
    const lines: string[] = [];
    const steps = plainSteps((line) => lines.push(line.replace(/[\d.]+ s/, "T")));
    const failing = steps([
      {
        title: "first",
        run: async (note) => {
          note("half-way");
          return Promise.resolve("7 things");
        },
      },
      { title: "second", run: () => Promise.reject(new Error("broken")) },
      { title: "third", run: () => Promise.resolve() },
    ]);
    await expect(failing).rejects.toThrow("broken");
    expect(lines).toEqual(["> first", "  half-way", "  done in T: 7 things", "> second", "  FAILED after T"]);
  });

  it("names what changes and what went wrong, and only counts what stays", () => {
    const lines: string[] = [];
    const lasting: string[] = [];
    const view = new DeploymentView((line, keep) => {
      lines.push(line.replace(/[\d.]+ s/, "T"));
      if (keep) lasting.push(line);
    });
    const at = (op: "same" | "create", name: string) => {
      const type = "scaleway:elasticmetal/server:Server";
      return { op, type, urn: `urn:pulumi:lab::project::component$${type}::${name}` };
    };
    const events: EngineEvent[] = [
      { event: "resourcePre", ...at("same", "a") },
      { event: "resourceOutputs", ...at("same", "a") },
      { event: "resourcePre", ...at("create", "b") },
      { event: "resourceFailed", status: 0, steps: 1, ...at("create", "b") },
      { event: "diagnostic", severity: "error", urn: at("create", "b").urn, message: "out of stock\n\nmore\n" },
      { event: "diagnostic", severity: "debug", message: "noise" },
    ];
    events.forEach((event) => view.take(event));
    expect(lines).toEqual([
      "creating Server b ...",
      "creating Server b: FAILED in T (2 resources so far)",
      "error: Server b: out of stock",
      "error: Server b: more",
    ]);
    expect(lasting).toEqual(["error: Server b: out of stock", "error: Server b: more"]);
  });
});
