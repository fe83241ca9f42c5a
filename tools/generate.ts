// SPDX-License-Identifier: Apache-2.0
// Writes what is derived from a schema: `npm run generate`. With `--check` it writes nothing and fails when something is out of date.
import { readFileSync, writeFileSync, existsSync } from "node:fs";
import { resolve } from "node:path";
import { compileFromFile } from "json-schema-to-typescript";

const root = resolve(__dirname, "..");
const banner = "// Generated from stack.schema.json by `npm run generate`; do not edit.";

async function main(): Promise<void> {
  const path = resolve(root, "config/stack.gen.ts");
  const wanted = await compileFromFile(resolve(root, "config/stack.schema.json"), {
    bannerComment: banner,
    additionalProperties: false,
    format: true,
    ignoreMinAndMaxItems: true,
    style: { printWidth: 120 },
  });
  const current = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (current === wanted) return;
  if (process.argv.includes("--check")) throw new Error("config/stack.gen.ts is out of date: run `npm run generate`");
  writeFileSync(path, wanted);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
