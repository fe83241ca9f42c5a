// SPDX-License-Identifier: Apache-2.0
/** Plugins that misbehave while they are at work: what the user is told, and what the state holds then. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stackExport, up } from "../../../lab/engine";
import type { EngineOptions, EngineResult } from "../../../lab/engine";
import { urnName } from "../../../lab/engine/urn";

const root = resolve(__dirname, "../../..");

const PROGRAM = `
  const pulumi = require("@pulumi/pulumi");
  class Thing extends pulumi.CustomResource {
    constructor(name, how, opts) { super("broken:index:Thing", name, { how }, opts); }
  }
  const first = new Thing("first", "well");
  const second = new Thing("second", process.env.ENGINE_HOW, { dependsOn: first });
  new Thing("third", "well", { dependsOn: second });
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

function options(how: string): EngineOptions {
  return {
    projectDir: folder,
    stack: "test",
    backendDir: folder,
    passphrase: "test",
    pluginDirs: [join(folder, "plugins")],
    env: { ENGINE_HOW: how },
  };
}

async function things(): Promise<string[]> {
  const { resources = [], pending_operations: pending = [] } = await stackExport(options(""), {});
  expect(pending).toEqual([]);
  return resources.filter(({ type }) => type === "broken:index:Thing").map(({ urn }) => urnName(urn));
}

function succeeded(result: EngineResult): void {
  expect({ code: result.exitCode, errors: result.diagnostics }).toEqual({ code: 0, errors: [] });
}

test("a plugin that dies while it creates is named with its end; what was made stays, the next run goes on", async () => {
  const result = await up(options("dies"));
  expect(result.exitCode).not.toBe(0);
  expect(JSON.stringify(result.diagnostics)).toMatch(/plugin broken ended with code 7 while it was asked/);
  expect(await things()).toEqual(["first"]);
  succeeded(await up(options("well")));
  expect(await things()).toEqual(["first", "second", "third"]);
}, 60_000);

test.each(["late", "prints"])(
  "an answer of a plugin that %s counts",
  async (how) => {
    succeeded(await up(options(how)));
    expect(await things()).toEqual(["first", "second", "third"]);
  },
  60_000,
);
