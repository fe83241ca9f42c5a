// SPDX-License-Identifier: Apache-2.0
// Commands that pages and cures name: each must exist, with the flags and values that it is named with.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { AREAS, openStack, rotatable } from "../../../operations";
import { commands } from "../../../operations/commands";
import { checks } from "../../../operations/validate/checks";

const root = resolve(__dirname, "../../..");
const scripts = Object.keys(
  (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> }).scripts,
);
const context = { environment: { name: "opennebula-scaleway", openStack }, finish: () => undefined };
const tree = commands.map((command) => command(context));
const labCommands = [
  ...execFileSync("node", ["--import", "tsx", "lab/cli.ts", "--help"], { cwd: root, encoding: "utf8" })
    .split("Commands:")[1]!
    .matchAll(/^ {2}([a-z-]+)/gm),
].map(([, name]) => name!);

/** Values that only some words may take, by the end of the command line before them. */
const values: Record<string, readonly string[]> = {
  rotate: rotatable,
  "validate --only": [...AREAS, ...checks.map(({ id }) => id)],
  "audit list --kind": ["login", "sudo", "account", "kernel", "call", "unproven", "begin"],
};

/** What is wrong with a command line after the program's name; a word that is filled in later ends it. */
function mistakes(line: string): string[] {
  const words = line.split(/[\s,]+/);
  const ends = words.findIndex((word) => /[${}<>|.()\\'";[\]…]|^#/.test(word) && !/^[\w.-]+$/.test(word));
  const [name = "", ...more] = ends < 0 ? words : words.slice(0, ends);
  const top = tree.find((command) => command.name() === name);
  if (!top) return [`there is no command "${name}"`];
  let command: Command = top;
  let path = name;
  const found: string[] = [];
  for (const [index, word] of more.entries()) {
    const sub = command.commands.find((one) => one.name() === word);
    if (sub) {
      command = sub;
      path += ` ${word}`;
    } else if (word.startsWith("-")) {
      const isKnown = [...command.options, ...top.options].some((one) => one.long === word || one.short === word);
      if (!isKnown && word !== "--help") found.push(`"${path}" has no ${word}`);
    } else if (command.commands.length > 0) found.push(`"${path}" has no command "${word}"`);
    else {
      const before = more[index - 1]?.startsWith("-") ? `${path} ${more[index - 1]}` : path;
      const allowed = values[before];
      if (allowed && !allowed.includes(word)) found.push(`"${before}" takes no "${word}"`);
    }
  }
  return found;
}

/** Command lines of a text: after the program's name, and between backticks where they begin with a command. */
function named(text: string): string[] {
  const plain = text.replaceAll("\\`", "`");
  const names = tree.map((command) => command.name()).join("|");
  const called = [...plain.matchAll(/npx opennebula-scaleway ([a-z][^\n`"]*)/g)];
  // A template of TypeScript is no quotation: in one, backticks are escaped.
  const quoted = [...text.matchAll(new RegExp(`(\\\\?)\`((?:${names})(?: [^\`\\n]*)?)\``, "g"))]
    .filter(([, escape, line]) => escape !== "" || !line!.includes("${"))
    .map(([all, , line]) => [all, line!.replace(/\\$/, "")] as const);
  const inLab = [...plain.matchAll(/npm run (?:-s )?lab -- ([a-z][^\n`"]*)/g)].filter(
    ([, line]) => !labCommands.includes(/^[a-z-]+/.exec(line!)![0]),
  );
  return [...called, ...quoted, ...inLab].map(([, line]) => line.split(/ {3,}| #|\)/)[0]!.trim());
}

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(md|ts|py|json|ya?ml)$/.test(file) && !/^(tests|bench)\/|package-lock/.test(file))
  .filter((file) => existsSync(join(root, file)));

test("the commands that pages, cures and texts name exist, with those flags and values", () => {
  const wrong = files.flatMap((file) =>
    named(readFileSync(join(root, file), "utf8")).flatMap((line) =>
      mistakes(line).map((mistake) => `${file}: \`${line}\`: ${mistake}`),
    ),
  );
  expect(wrong).toEqual([]);
});

test("the scripts of npm that they name exist", () => {
  const wrong = files.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)]
      .filter(([, script]) => !scripts.includes(script!))
      .map(([line]) => `${file}: ${line}`),
  );
  expect(wrong).toEqual([]);
});

test.each([
  ["rotate certificate", '"rotate" takes no "certificate"'],
  ["audit prove --stack prod", '"audit" has no command "prove"'],
  ["validate --onyl tls", '"validate" has no --onyl'],
  ["mend", 'there is no command "mend"'],
])("%s would be found", (line, mistake) => {
  expect(mistakes(line)).toContain(mistake);
});
