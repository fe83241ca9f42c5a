// SPDX-License-Identifier: Apache-2.0
// node bundle.mjs [FILE]: the backup program as one file for the distributions' Node, on standard output or in FILE. The same sources
// give the same text on every machine.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const file = process.argv[2];

const { outputFiles } = buildSync({
  absWorkingDir: join(folder, "../.."),
  entryPoints: ["onhost/backup/src/main.ts"],
  outfile: file ?? "backup.cjs",
  write: file !== undefined,
  bundle: true,
  platform: "node",
  target: "node18",
  format: "cjs",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
});
if (outputFiles) process.stdout.write(outputFiles[0].text);
