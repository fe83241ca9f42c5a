// SPDX-License-Identifier: Apache-2.0
import * as fs from "fs";
import * as path from "path";

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
] as const;

/** The file that is copied to every host, made by {@link bundleConverger}. */
export const CONVERGER_FILE = path.join(__dirname, "converger.py");

const HEADER = `#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Generated from onhost/converger/src by \`npm run generate\`: edit there.
"""Makes a host hold the state of a layer. Python 3.11 or newer, standard library only."""
`;

/**
 * Assembles the converger from its sources: one file, since a host gets it by one copy that cannot be half of one version and
 * half of another. The same sources always give the same text.
 *
 * @returns the text of `converger.py`.
 * @throws Error if a module imports something in a form that the assembly does not know.
 */
export function bundleConverger(): string {
  const imports = new Set<string>();
  const bodies: string[] = [];
  for (const name of MODULES) {
    const source = fs.readFileSync(path.join(__dirname, "src", `${name}.py`), "utf8");
    // Names of other modules are there already: all modules share one file.
    const body = source
      .replace(/^# SPDX.*\n/, "")
      .replace(/^"""([^]*?)"""\n/, (_, text: string) => comment(name, text))
      .replace(/^from \.\w+ import (\([^)]*\)|.*)\n/gm, "")
      .replace(/^import (\S+)\n/gm, (_, module: string) => {
        imports.add(`import ${module}\n`);
        return "";
      });
    const left = /^(import|from) .*/m.exec(body);
    if (left) throw new Error(`onhost/converger/src/${name}.py: write \`${left[0]}\` as \`import module\``);
    bodies.push(body.replace(/\n{3,}/g, "\n\n\n").trimEnd());
    if (name === "edit_lines") bodies.push(schemaBody());
  }
  return `${HEADER}${[...imports].sort().join("")}\n\n${bodies.join("\n\n\n")}\n`;
}

function comment(name: string, text: string): string {
  const lines = text.trim().split("\n");
  return [`# ---- ${name} ----`, ...lines.map((line) => `# ${line}`.trimEnd()), ""].join("\n");
}

function schemaBody(): string {
  const schema: unknown = JSON.parse(fs.readFileSync(path.join(__dirname, "bundle.schema.json"), "utf8"));
  return `BUNDLE_SCHEMA = json.loads(r"""\n${JSON.stringify(schema)}\n""")`;
}
