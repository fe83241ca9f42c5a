// SPDX-License-Identifier: Apache-2.0
// Installs the npm packages of the lock file, once: a stamp in node_modules remembers for which lock file and Node it was done.
// Install scripts do not run: @pulumi/command's would call the Pulumi CLI, and nothing here needs any of the others.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const required = [20, 19, 4];
const actual = process.versions.node.split(".").map(Number);
const older = required.findIndex((part, index) => actual[index] !== part);
if (older >= 0 && actual[older] < required[older]) {
  console.error(
    `Node ${process.versions.node} is too old: this project needs ${required.join(".")} or later. Install a newer Node and run the command again.`,
  );
  process.exit(1);
}

const stamp = join(root, "node_modules", ".opennebula-scaleway");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .update(process.versions.modules)
  .digest("hex");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  console.log("Installing npm packages (once)");
  const result = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
  });
  if (result.status !== 0) {
    console.error("npm could not install the packages of package-lock.json; its own message is above.");
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}
