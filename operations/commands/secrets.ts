// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";
import { listSecrets, secretsText } from "../secrets/list";
import { syncSecrets, syncText } from "../secrets/sync";

/** `secrets list`: every credential of the stack, who owns it, where it is used, how old it is. `secrets sync`: to their store. */
export const secretsCommand: CommandFactory = (context) =>
  new Command("secrets")
    .description("the credentials of the cloud; never their values")
    .addCommand(listCommand(context))
    .addCommand(syncCommand(context));

const listCommand: CommandFactory = (context) =>
  stackCommand(context, {
    name: "list",
    about: "every credential with owner, use, age and how it is rotated; never its value",
    examples: ["secrets list --stack prod", "secrets list --stack prod --json"],
    exitStatus: "0 every credential is in the inventory, 1 one is not, 2 the stack could not be read.",
  })
    .option("--json", "print the report as JSON")
    .action(async (flags: StackFlags & { json?: boolean }) => {
      const report = await listSecrets(await stackOf(context, flags));
      console.log(flags.json ? JSON.stringify(report, null, 2) : secretsText(report));
      context.finish(report.unknown.length > 0 ? 1 : 0);
    });

const syncCommand: CommandFactory = (context) =>
  stackCommand(context, {
    name: "sync",
    about: "brings credentials from the stack's state to its secret store, or looks whether a run has done so",
    examples: ["secrets sync --stack prod", "secrets sync --stack prod --json"],
    exitStatus: "0 the store has what the stack has, 1 it has not, 2 the stack or the store could not be read.",
  })
    .option("--json", "print the report as JSON")
    .action(async (flags: StackFlags & { json?: boolean }) => {
      const report = await syncSecrets(await stackOf(context, flags), { directory: flags.cwd });
      console.log(flags.json ? JSON.stringify(report, null, 2) : syncText(report));
      const isRight = report.secrets.every(({ verdict }) => verdict === "same" || verdict === "written");
      context.finish(isRight ? 0 : 1);
    });
