// SPDX-License-Identifier: Apache-2.0

import { spawn } from "node:child_process";
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Executable files of a script's folder of hooks, by name. */
export function hooksOf(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch {
    return [];
  }
  return names
    .map((name) => join(directory, name))
    .filter((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

/** Runs each hook with the script's own arguments and input; the first that fails ends it. */
export async function runHooks(directory: string, args: string[], input: string): Promise<void> {
  for (const file of hooksOf(directory)) {
    const { code, errors } = await run(file, args, input);
    if (code !== 0) throw new Error(`Error running ${file}: ${errors.trim()}`);
  }
}

function run(file: string, args: string[], input: string): Promise<{ code: number | null; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ["pipe", "inherit", "pipe"] });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.once("error", (error) => reject(new Error(`Error running ${file}: ${error.message}`)));
    child.once("close", (code) => resolve({ code, errors }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
