// SPDX-License-Identifier: Apache-2.0
/** Programs that start as bundles are never stale. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(__dirname, "../../..");
const run = promisify(execFile);
let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "bundled-"));
  mkdirSync(join(checkout, "tools"));
  mkdirSync(join(checkout, "node_modules"));
  mkdirSync(join(checkout, "program"));
  cpSync(join(root, "tools/bundled.cjs"), join(checkout, "tools/bundled.cjs"));
  for (const name of ["esbuild", "@esbuild"])
    symlinkSync(join(root, "node_modules", name), join(checkout, "node_modules", name));
  source(
    "main.ts",
    'import { word } from "./word";\nconsole.log(word, __dirname.endsWith("program"), process.argv[2]);',
  );
  source("word.ts", 'export const word: string = "one";');
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

function source(name: string, content: string): void {
  writeFileSync(join(checkout, "program", name), content);
}

async function said(): Promise<string> {
  const { stdout } = await run(process.execPath, [
    join(checkout, "tools/bundled.cjs"),
    join(checkout, "program/main.ts"),
    "arg",
  ]);
  return stdout.trim();
}

test("a program runs from its bundle, knows its place and its arguments", async () => {
  expect(await said()).toBe("one true arg");
  expect(await said()).toBe("one true arg");
});

test("an edit of anything that went into it, of the same length and at once, counts", async () => {
  expect(await said()).toBe("one true arg");
  source("word.ts", 'export const word: string = "two";');
  expect(await said()).toBe("two true arg");
});

test("a file that an import finds from now on counts", async () => {
  rmSync(join(checkout, "program/word.ts"));
  mkdirSync(join(checkout, "program/word"));
  source("word/index.ts", 'export const word: string = "folder";');
  expect(await said()).toBe("folder true arg");
  source("word.ts", 'export const word: string = "file";');
  expect(await said()).toBe("file true arg");
});

test("many that start at once make no half bundle", async () => {
  const all = await Promise.all(Array.from({ length: 6 }, said));
  expect(new Set(all)).toEqual(new Set(["one true arg"]));
  const left = readdirSync(join(checkout, "node_modules/.cache/opennebula-scaleway/programs"));
  expect(left.filter((name) => !/\.(cjs|json)$/.test(name))).toEqual([]);
});

test("what does not compile is a clear error", async () => {
  source("word.ts", "export const word = ;");
  await expect(said()).rejects.toThrow(/word\.ts:1:\d+: ERROR/);
});

test("a checkout that was copied together with its bundles runs its own sources", async () => {
  expect(await said()).toBe("one true arg");
  const original = checkout;
  checkout = mkdtempSync(join(tmpdir(), "bundled-copy-"));
  try {
    cpSync(original, checkout, { recursive: true, verbatimSymlinks: true });
    source("word.ts", 'export const word: string = "copied";');
    expect(await said()).toBe("copied true arg");
  } finally {
    rmSync(original, { recursive: true, force: true });
  }
});
