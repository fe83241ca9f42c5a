// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const ONHOST = resolve(__dirname, "../../onhost");
const CACHE = resolve(ONHOST, "../node_modules/.cache/opennebula-scaleway/onhost");

/** A program as it was put together, and from what. */
interface Made {
  text: string;
  /** Paths of everything that went into it. */
  inputs: string[];
  /** Of those as they were then. */
  fingerprint: string;
}

/** A program of `onhost/` that is one file already. */
export function plainProgram(...path: string[]): string {
  return readFileSync(resolve(ONHOST, ...path), "utf8");
}

/** The text of every file of a folder of `onhost/`, by name. */
export function plainFiles(...folder: string[]): Record<string, string> {
  const names = readdirSync(resolve(ONHOST, ...folder)).sort();
  return Object.fromEntries(names.map((name) => [name, plainProgram(...folder, name)]));
}

/**
 * A program of `onhost/` as one file. The npm package has it ready made; in a checkout it is put together from its sources whenever
 * one of them has changed, so that it is never older than they are.
 *
 * @param program - its folder.
 * @param file - its name.
 */
export function bundledProgram(program: string, file: string): string {
  const built = resolve(ONHOST, program, file);
  if (existsSync(built)) return readFileSync(built, "utf8");
  const kept = join(CACHE, `${program}.json`);
  return textIfCurrent(kept) ?? make(program, kept);
}

/**
 * The converger as a file, because it is copied as one: that keeps its hash alone in the state, not its text for each host.
 *
 * @returns its path; in somebody else's checkout that of a copy which ends with this process.
 */
export function convergerFile(): string {
  const built = resolve(ONHOST, "converger/converger.py");
  if (existsSync(built)) return built;
  const text = bundledProgram("converger", "converger.py");
  const kept = join(CACHE, "converger.py");
  if (existsSync(kept) && readFileSync(kept, "utf8") === text) return kept;
  if (writeWhole(kept, text)) return kept;
  const folder = mkdtempSync(join(tmpdir(), "opennebula-scaleway-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const copy = join(folder, "converger.py");
  writeFileSync(copy, text);
  return copy;
}

function textIfCurrent(kept: string): string | undefined {
  try {
    const { text, inputs, fingerprint } = JSON.parse(readFileSync(kept, "utf8")) as Made;
    return fingerprintOf(inputs) === fingerprint ? text : undefined;
  } catch {
    // Never made, or a source is no more.
    return undefined;
  }
}

function make(program: string, kept: string): string {
  const started = Date.now();
  const argv = [resolve(ONHOST, "bundle.mjs"), program, "--inputs"];
  const options = { encoding: "utf8", timeout: 60_000, maxBuffer: 64 * 1024 * 1024 } as const;
  const { text, inputs } = JSON.parse(execFileSync(process.execPath, argv, options)) as Pick<Made, "text" | "inputs">;
  // A source that somebody saved meanwhile may or may not be in it.
  if (inputs.every((input) => statSync(input).mtimeMs < started))
    writeWhole(kept, JSON.stringify({ text, inputs, fingerprint: fingerprintOf(inputs) } satisfies Made));
  return text;
}

/** Writes a file all at once. @returns false where nobody may write: then what it keeps is made each time. */
function writeWhole(file: string, text: string): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}`;
    writeFileSync(temporary, text);
    renameSync(temporary, file);
    return true;
  } catch {
    return false;
  }
}

/** Contents, and the names beside them: what an import finds depends on both (`x.ts` wins over `x/index.ts`). */
function fingerprintOf(inputs: string[]): string {
  const hash = createHash("sha256");
  for (const input of inputs) hash.update(`${input}\n`).update(readFileSync(input));
  for (const folder of new Set(inputs.map((input) => dirname(input))))
    hash.update(readdirSync(folder).sort().join("\n"));
  return hash.digest("hex");
}
