// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";
import { listSecrets, secretsText } from "../secrets/list";

/** `secrets list`: every credential of the stack, who owns it, where it is used, how old it is; never its value. */
export const secretsCommand: CommandFactory = (context) =>
  new Command("secrets").description("the credentials of the cloud").addCommand(
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
      }),
  );
