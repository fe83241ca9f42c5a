// SPDX-License-Identifier: Apache-2.0
/** Plugins that misbehave while they are at work: what the user is told, and what the state holds then. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { refresh, stackExport, up } from "../../../lab/engine";
import type { EngineOptions, EngineResult } from "../../../lab/engine";
import { urnName } from "../../../lab/engine/urn";

const root = resolve(__dirname, "../../..");

/** Each of the named resources stands on the one before it. */
const PROGRAM = `
  const pulumi = require("@pulumi/pulumi");
  class Thing extends pulumi.CustomResource {
    constructor(name, opts) { super("broken:index:Thing", name, { value: process.env.ENGINE_VALUE }, opts); }
  }
  let last;
  for (const name of process.env.ENGINE_NAMES.split(" ")) last = new Thing(name, { dependsOn: last ? [last] : [] });
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "engine-broken-"));
  mkdirSync(join(folder, "plugins"));
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    "name: broken\nmain: index.js\nruntime: {name: nodejs, options: {typescript: false}}\n",
  );
  writeFileSync(join(folder, "package.json"), '{"name":"broken","private":true}');
  writeFileSync(join(folder, "index.js"), PROGRAM);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const plugin = join(folder, "plugins/pulumi-resource-broken");
  const source = join(__dirname, "support/broken-provider.ts");
  writeFileSync(plugin, `#!/bin/sh\nexec node "${root}/tools/bundled.cjs" "${source}" "$@"\n`);
  chmodSync(plugin, 0o755);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Asked {
  names?: string;
  value?: string;
  limits?: EngineOptions["limits"];
}

function options(broken: string, { names = "first second third", value = "1", limits }: Asked = {}): EngineOptions {
  return {
    projectDir: folder,
    stack: "test",
    backendDir: folder,
    passphrase: "test",
    pluginDirs: [join(folder, "plugins")],
    env: { ENGINE_BROKEN: broken, ENGINE_NAMES: names, ENGINE_VALUE: value },
    limits,
  };
}

/** The things in the state with their values. */
async function things(): Promise<Record<string, unknown>> {
  const { resources = [], pending_operations: pending = [] } = await stackExport(options(""), {});
  expect(pending).toEqual([]);
  const own = resources.filter(({ type }) => type === "broken:index:Thing");
  return Object.fromEntries(own.map(({ urn, outputs }) => [urnName(urn), outputs?.value]));
}

function succeeded(result: EngineResult): void {
  expect({ code: result.exitCode, errors: result.diagnostics }).toEqual({ code: 0, errors: [] });
}

const ALL = { first: "1", second: "1", third: "1" };

test("a plugin that dies while it creates is named with its end; what was made stays, the next run goes on", async () => {
  const result = await up(options("dies create"));
  expect(result.exitCode).not.toBe(0);
  expect(JSON.stringify(result.diagnostics)).toMatch(/plugin broken ended with code 7 while it was asked/);
  expect(await things()).toEqual({ first: "1" });
  succeeded(await up(options("")));
  expect(await things()).toEqual(ALL);
}, 60_000);

test.each(["late create", "prints create"])(
  "an answer counts of a plugin that is %s",
  async (broken) => {
    succeeded(await up(options(broken)));
    expect(await things()).toEqual(ALL);
  },
  60_000,
);

/** Long enough for whoever answers, short enough to wait for whoever does not. */
const SOON = 1_500;
const questions = { question: SOON, cancel: 100 };
const operations = { operation: SOON, cancel: 100 };

test("a plugin that never answers, or dies, fails the run in bounded time and leaves the state as it was", async () => {
  succeeded(await up(options("")));
  const silent = /plugin broken did not answer within 1.5 s/;
  const dead = /plugin broken ended with code 7 while it was asked/;
  const less = { names: "first third" };
  const cases: [string, Asked, RegExp][] = [
    ["hangs handshake", { limits: { handshake: SOON, cancel: 100 } }, silent],
    ["hangs configure", { limits: questions }, silent],
    ["hangs check", { limits: questions }, silent],
    ["hangs diff", { limits: questions }, silent],
    ["dies diff", {}, dead],
    ["hangs delete", { ...less, limits: operations }, silent],
    ["dies delete", less, dead],
  ];
  for (const [broken, asked, message] of cases) {
    const { exitCode, diagnostics } = await up(options(broken, asked));
    expect({ broken, exitCode, message: diagnostics.join("\n") }).toMatchObject({
      broken,
      exitCode: 1,
      message: expect.stringMatching(message) as string,
    });
    expect(await things()).toEqual(ALL);
  }
  const read = await refresh(options("hangs read", { limits: questions }));
  expect(read.diagnostics.join("\n")).toMatch(silent);
  // What depends on the one that fails keeps its old value.
  const update = await up(options("hangs update", { value: "2", limits: operations }));
  expect(update.diagnostics.join("\n")).toMatch(silent);
  expect(await things()).toEqual({ ...ALL, first: "2" });
  succeeded(await up(options("", { value: "2" })));
  expect(await things()).toEqual({ first: "2", second: "2", third: "2" });
}, 600_000);
