// SPDX-License-Identifier: Apache-2.0
/** Runs that are killed at any moment, in processes of their own; ENGINE_KILLS and ENGINE_SEED make the series longer or repeat it. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually } from "../../helpers/eventually";
import { refresh, stackExport, up } from "../../../lab/engine";
import type { EngineOptions, EngineResult } from "../../../lab/engine";
import { programCommand } from "../../../lab/hosts/layout";
import { seeded } from "../../helpers/e2e";

const root = resolve(__dirname, "../../..");
const kills = Number(process.env.ENGINE_KILLS ?? "4");
const seed = Number(process.env.ENGINE_SEED ?? "1");

/** The provider is part of the program: one file for each object, made slowly, or at once when a file `go` is there. */
const PROGRAM = `
  const pulumi = require("@pulumi/pulumi");
  const world = process.env.ENGINE_WORLD;
  const settings = require("./settings.json");
  const provider = {
    async create(inputs) {
      const fs = require("fs");
      const end = Date.now() + inputs.slow;
      while (Date.now() < end && !fs.existsSync(inputs.world + "/../go")) await new Promise((next) => setTimeout(next, 50));
      fs.writeFileSync(inputs.world + "/" + inputs.name, "");
      return { id: inputs.name, outs: inputs };
    },
    async delete(id, props) {
      require("fs").rmSync(props.world + "/" + id, { force: true });
    },
    async diff(id, olds, news) { return { changes: olds.name !== news.name, replaces: olds.name !== news.name ? ["name"] : [] }; },
  };
  class File extends pulumi.dynamic.Resource {
    constructor(name, opts) { super(provider, name, { name, world, slow: settings.slow }, opts); }
  }
  let last;
  for (const name of settings.names) last = new File(name, { dependsOn: last && settings.chained ? [last] : [] });
`;

/** What a run says when the object `a` is being made. */
const BEING_MADE = /pulumi-nodejs\S+ a creating/;

let folder: string;
let options: EngineOptions;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "engine-killed-"));
  children = [];
  mkdirSync(join(folder, "world"));
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    "name: killed\nmain: index.js\nruntime: {name: nodejs, options: {typescript: false}}\n",
  );
  writeFileSync(join(folder, "package.json"), '{"name":"killed","private":true}');
  writeFileSync(join(folder, "index.js"), PROGRAM);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  options = {
    projectDir: folder,
    stack: "test",
    backendDir: folder,
    passphrase: "test",
    env: { ENGINE_WORLD: join(folder, "world") },
  };
});

afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function ask(names: string[], slow: number, chained = false): void {
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ names, slow, chained }));
}

interface Started {
  child: ChildProcess;
  ended: Promise<number | null>;
  said: () => string;
}

function start(): Started {
  const [node = "", ...engine] = programCommand(join(root, "lab/engine/main.ts"));
  const child = spawn(node, [...engine, "up", "-s", "test", "-C", folder], {
    cwd: folder,
    env: { ...process.env, ...options.env, PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "test" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data.toString()));
  const ended = new Promise<number | null>((done) => child.once("close", (code) => done(code)));
  return { child, ended, said: () => text };
}

function files(): string[] {
  return readdirSync(join(folder, "world")).sort();
}

function succeeded(result: EngineResult): void {
  expect({ code: result.exitCode, errors: result.diagnostics }).toEqual({ code: 0, errors: [] });
}

test(
  `a run killed at any moment is repaired by the next (seed ${seed})`,
  async () => {
    const random = seeded(seed);
    const names = ["a", "b", "c", "d", "e"];
    for (let turn = 0; turn < kills; turn++) {
      const wanted = names.filter(() => random() < 0.6);
      ask(wanted, 200, random() < 0.5);
      const { child, ended } = start();
      // From before the program starts to after it has ended.
      await Promise.race([ended, new Promise((next) => setTimeout(next, 300 + random() * 4000))]);
      child.kill("SIGKILL");
      await ended;
      succeeded(await up(options));
      const { resources = [], pending_operations: pending } = await stackExport(options);
      const owned = resources.filter(({ type }) => type === "pulumi-nodejs:dynamic:Resource");
      expect(owned.map(({ id }) => id).sort()).toEqual([...wanted].sort());
      // What was being made when the run died is made again under its name, so nothing is left over but what is asked for.
      expect(files()).toEqual(expect.arrayContaining(wanted));
      expect((pending ?? []).filter(({ type }) => type !== "creating")).toEqual([]);
    }
  },
  60_000 + kills * 30_000,
);

test("the second run is told who holds the lock; one Ctrl-C is graceful", async () => {
  ask(["a", "b"], 60_000, true);
  const first = start();
  await eventually(() => BEING_MADE.test(first.said()));
  await expect(up(options)).rejects.toThrow(
    new RegExp(`locked by another run: .*\\(pid ${first.child.pid!}\\) since 20`),
  );
  first.child.kill("SIGINT");
  await eventually(() => first.said().includes("waiting for running operations to finish"));
  writeFileSync(join(folder, "go"), "");
  expect(await first.ended).toBe(1);
  expect(first.said()).toContain("update canceled");
  // What was being made was finished and kept, what came after it was not begun.
  expect(files()).toEqual(["a"]);
  const { resources = [], pending_operations: pending } = await stackExport(options);
  expect(resources.map(({ id }) => id)).toContain("a");
  expect(pending ?? []).toEqual([]);
}, 120_000);

test("the second Ctrl-C does not wait; what was running is told by the next run", async () => {
  ask(["a"], 20_000);
  const first = start();
  await eventually(() => BEING_MADE.test(first.said()));
  first.child.kill("SIGINT");
  await eventually(() => first.said().includes("waiting for running operations"));
  const asked = Date.now();
  first.child.kill("SIGINT");
  expect(await first.ended).toBe(130);
  expect(Date.now() - asked).toBeLessThan(5000);
  ask(["a"], 0);
  const events: string[] = [];
  succeeded(await up({ ...options, onEvent: (event) => events.push(JSON.stringify(event)) }));
  expect(events.join()).toContain("1 pending operations from previous deployment");
  expect(events.join()).toMatch(/::a, interrupted while creating/);
  expect(readFileSync(join(folder, ".pulumi/stacks/killed/test.json"), "utf8")).toContain('"id": "a"');
  // A creation stays noted, also after a refresh, until somebody says that it has been looked after.
  const pending = async (): Promise<string[]> =>
    ((await stackExport(options)).pending_operations ?? []).map(({ type }) => type);
  succeeded(await refresh(options));
  expect(await pending()).toEqual(["creating"]);
  succeeded(await refresh({ ...options, clearPendingCreates: true }));
  expect(await pending()).toEqual([]);
}, 120_000);
