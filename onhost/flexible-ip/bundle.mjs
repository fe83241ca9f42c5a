// SPDX-License-Identifier: Apache-2.0
// node bundle.mjs [FILE]: the driver as one file for the distributions' Node, on standard output or in FILE. The same sources
// give the same text on every machine.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const file = process.argv[2];

const { outputFiles } = buildSync({
  absWorkingDir: join(folder, "../.."),
  entryPoints: ["onhost/flexible-ip/src/main.ts"],
  outfile: file ?? "flexible-ip.cjs",
  write: file !== undefined,
  bundle: true,
  platform: "node",
  target: "node18",
  format: "cjs",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  // The driver talks to oned on loopback; the client's way through SSH would be two thirds of the file.
  alias: { ssh2: "./onhost/flexible-ip/no-ssh.cjs" },
  logLevel: "warning",
});
if (outputFiles) process.stdout.write(outputFiles[0].text);
