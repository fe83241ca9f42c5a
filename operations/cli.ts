// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { drift, exitCodeOf } from "./drift";
import { driftText } from "./drift-report";
import type { Stack, StackLocation } from "./stack";

/** What differs between the installed command and the lab's. */
export interface CliEnvironment {
  /** How the command is called, for the help. */
  name: string;
  openStack(location: StackLocation): Promise<Stack>;
  /** The stack that is meant where none is named. */
  defaultStack?: string;
}

interface DriftFlags {
  stack?: string;
  cwd?: string;
  fix?: boolean;
  json?: boolean;
}

/**
 * Runs one day-two command.
 *
 * @param argv - the words after the command's name.
 * @returns 0 when all is well, 1 when there are findings, 2 when the command could not do its work.
 */
export async function runCli(argv: string[], environment: CliEnvironment): Promise<number> {
  let exitCode = 0;
  const program = new Command(environment.name)
    .description("Day-two commands for an OpenNebula cloud on Scaleway")
    .exitOverride()
    .showHelpAfterError();
  program
    .command("drift")
    .description("compare every host with what the stack says, and repair it with --fix")
    .option("-s, --stack <name>", "the stack", environment.defaultStack)
    .option("-C, --cwd <directory>", "directory of the program", ".")
    .option("--fix", "apply again what differs")
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      `\nExamples:\n  ${environment.name} drift --stack prod\n  ${environment.name} drift --stack prod --fix --json\n\nExit status: 0 nothing differs or all repaired, 1 something differs, 2 a host could not be looked at.`,
    )
    .action(async (flags: DriftFlags) => {
      if (flags.stack === undefined) throw new Error("--stack is required: name the stack whose hosts are looked at");
      const stack = await environment.openStack({ name: flags.stack, directory: flags.cwd });
      const report = await drift({ stack, fix: flags.fix });
      console.log(flags.json ? JSON.stringify(report, null, 2) : driftText(report));
      exitCode = exitCodeOf(report);
    });
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === "commander.helpDisplayed" || code === "commander.help" || code === "commander.version") return 0;
    if (!code?.startsWith("commander.")) console.error(`${environment.name}: ${message}`);
    return 2;
  }
  return exitCode;
}
