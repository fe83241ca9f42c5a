// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import type { CliEnvironment, ExitCode } from "./command";
import { commands } from "./commands";

/**
 * Runs one day-two command.
 *
 * @param argv - the words after the command's name.
 * @returns 0 when all is well, 1 when there are findings, 2 when the command could not do its work.
 */
export async function runCli(argv: string[], environment: CliEnvironment): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const context = { environment, finish: (code: ExitCode) => void (exitCode = code) };
  const program = new Command(environment.name).description("Day-two commands for an OpenNebula cloud on Scaleway");
  commands.forEach((command) => program.addCommand(command(context)));
  [program, ...program.commands].forEach((command) => command.exitOverride().showHelpAfterError());
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
