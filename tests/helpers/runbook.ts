// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../lab/hosts/layout";

const FOLDER = join(checkout, "docs/operations");

/** The pages for people who run a cloud. */
export function runbooks(): { name: string; markdown: string }[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => ({ name, markdown: readFileSync(join(FOLDER, name), "utf8") }));
}

/** A block of commands in a runbook. */
export interface CommandBlock {
  /** Line of the opening fence, from 1. */
  line: number;
  /** Behind `sh`: `lab`, or `not-run="reason"`. */
  info: string;
  commands: string[];
}

const SHELLS = /^(sh|bash|shell|console)\b\s*(.*)$/;

/** Every block of commands in a Markdown document. */
export function commandBlocks(markdown: string): CommandBlock[] {
  const blocks: CommandBlock[] = [];
  let open: CommandBlock | undefined;
  let fence = false;
  markdown.split("\n").forEach((text, index) => {
    const opening = /^\s*```(.*)$/.exec(text);
    if (opening && !fence) {
      fence = true;
      const shell = SHELLS.exec(opening[1]!.trim());
      if (shell) open = { line: index + 1, info: shell[2]!.trim(), commands: [] };
    } else if (opening) {
      fence = false;
      if (open) blocks.push(open);
      open = undefined;
    } else if (open && text.trim() !== "") open.commands.push(text.trim());
  });
  return blocks;
}

/** The words behind `npm run -s lab --` of every block that is for the lab, in order. */
export function labCommands(markdown: string): string[][] {
  const prefix = "npm run -s lab -- ";
  return commandBlocks(markdown)
    .filter(({ info }) => info === "lab")
    .flatMap(({ line, commands }) =>
      commands.map((command) => {
        if (!command.startsWith(prefix) || /["'$|;<>\\]/.test(command))
          throw new Error(
            `line ${line}: a block for the lab holds plain \`${prefix.trim()}\` commands, not: ${command}`,
          );
        return command.slice(prefix.length).split(" ");
      }),
    );
}

/** What is wrong with a runbook's blocks, in words; empty where nothing is. */
export function blockProblems(markdown: string): string[] {
  return commandBlocks(markdown)
    .filter(({ info }) => info !== "lab" && !/^not-run="[^"]{5,}"$/.test(info))
    .map(({ line }) => `line ${line}: commands are either \`sh lab\` or \`sh not-run="reason"\``);
}
