// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));

/** Source modules in the order of their needs: each uses only those before it. */
const MODULES = [
  "base",
  "manifest",
  "files",
  "edit_oned",
  "edit_lines",
  "settings",
  "packages",
  "system",
  "units",
  "actions",
  "apply",
  "confirm",
  "bundle",
  "main",
];

const HEADER = `#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Made from onhost/converger/src: edit there.
"""Makes a host hold the state of a layer. Python 3.11 or newer, standard library only."""
`;

/**
 * Assembles the converger from its sources: one file, since a host gets it by one copy that cannot be half of one version and
 * half of another. The same sources always give the same text.
 *
 * @returns the text of `converger.py`, and the paths of everything that went into it.
 * @throws Error if a module imports something in a form that the assembly does not know.
 */
export function bundleConverger() {
  const imports = new Set();
  const bodies = [];
  const inputs = [fileURLToPath(import.meta.url)];
  const read = (...names) => {
    const file = join(folder, ...names);
    inputs.push(file);
    return readFileSync(file, "utf8");
  };
  for (const name of MODULES) {
    // Names of other modules are there already: all modules share one file.
    const body = read("src", `${name}.py`)
      .replace(/^# SPDX.*\n/, "")
      .replace(/^"""([^]*?)"""\n/, (_, text) => comment(name, text))
      .replace(/^from \.\w+ import (\([^)]*\)|.*)\n/gm, "")
      .replace(/^import (\S+)\n/gm, (_, module) => {
        imports.add(`import ${module}\n`);
        return "";
      });
    const left = /^(import|from) .*/m.exec(body);
    if (left) throw new Error(`onhost/converger/src/${name}.py: write \`${left[0]}\` as \`import module\``);
    bodies.push(body.replace(/\n{3,}/g, "\n\n\n").trimEnd());
    if (name === "edit_lines") bodies.push(schemaBody(read("bundle.schema.json")));
  }
  return { text: `${HEADER}${[...imports].sort().join("")}\n\n${bodies.join("\n\n\n")}\n`, inputs };
}

function comment(name, text) {
  const lines = text.trim().split("\n");
  return [`# ---- ${name} ----`, ...lines.map((line) => `# ${line}`.trimEnd()), ""].join("\n");
}

function schemaBody(schema) {
  return `BUNDLE_SCHEMA = json.loads(r"""\n${JSON.stringify(JSON.parse(schema))}\n""")`;
}
