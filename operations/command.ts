// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import type { Stack, StackLocation } from "./stack";

/** What differs between the installed command and the lab's. */
export interface CliEnvironment {
  /** How the command is called, for the help. */
  name: string;
  openStack(location: StackLocation): Promise<Stack>;
  /** The stack that is meant where none is named. */
  defaultStack?: string;
  /** The file in which `audit verify` remembers what it saw of a stack. @default in the person's state directory */
  witnessFile?: (stack: string) => string;
}

/** 0: all is well; 1: there are findings; 2: the command could not do its work. */
export type ExitCode = 0 | 1 | 2;

/** The flags by which every command finds its stack. */
export interface StackFlags {
  stack?: string;
  cwd?: string;
}

/** What a command of the command line is made with. */
export interface CommandContext {
  environment: CliEnvironment;
  /** What the process ends with; 0 where nobody calls it. */
  finish(exitCode: ExitCode): void;
}

/** One day-two command; a file in `commands/` makes one. */
export type CommandFactory = (context: CommandContext) => Command;

/** How a command presents itself. */
export interface CommandHelp {
  name: string;
  about: string;
  /** Words after the program's name, one example each. */
  examples: string[];
  /** What each exit status means. */
  exitStatus: string;
}

/** A command that works on one stack: it has `--stack` and `--cwd`, and examples in its help. */
export function stackCommand({ environment }: CommandContext, help: CommandHelp): Command {
  const { name, about, examples, exitStatus } = help;
  const lines = examples.map((words) => `  ${environment.name} ${words}`);
  return new Command(name)
    .description(about)
    .option("-s, --stack <name>", "the stack", environment.defaultStack)
    .option("-C, --cwd <directory>", "directory of the program", ".")
    .addHelpText("after", `\nExamples:\n${lines.join("\n")}\n\nExit status: ${exitStatus}`);
}

/**
 * Opens the stack that the flags name.
 *
 * @throws Error when no stack is named or it cannot be opened.
 */
export async function stackOf({ environment }: CommandContext, flags: StackFlags): Promise<Stack> {
  if (flags.stack === undefined) throw new Error("--stack is required: name the stack that is meant");
  return environment.openStack({ name: flags.stack, directory: flags.cwd });
}
