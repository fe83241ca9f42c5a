// SPDX-License-Identifier: Apache-2.0
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";
import { forgetHost } from "../hosts/forget";

interface ForgetFlags extends StackFlags {
  json?: boolean;
  dryRun?: boolean;
}

/** `forget-host <host>`: lets the next `up` replace a machine that is lost. */
export const forgetHostCommand: CommandFactory = (context) =>
  stackCommand(context, {
    name: "forget-host",
    about: "take a machine that is lost out of the state, so that the next `pulumi up` makes another",
    examples: ["forget-host fe --dry-run --stack prod", "forget-host host01 --stack prod"],
    exitStatus: "0 forgotten, 2 refused, for example because the host answers.",
  })
    .argument("<host>", "its name in the stack file")
    .option("--dry-run", "say what would be forgotten; change nothing")
    .option("--json", "print the outcome as JSON")
    .action(async (host: string, flags: ForgetFlags) => {
      const found = await forgetHost(await stackOf(context, flags), host, { dryRun: flags.dryRun });
      const server =
        found.serverId === undefined ? "" : `; if Scaleway still has server ${found.serverId}, delete it there`;
      const said = `${flags.dryRun ? "would forget" : "forgot"} ${found.urns.length} resources of ${host}${server}`;
      process.stdout.write(`${flags.json ? JSON.stringify(found, null, 2) : said}\n`);
    });
