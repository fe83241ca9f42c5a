// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { issueToken, revokeTokens } from "../access/tokens";
import { withCloud } from "../cloud";
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";

interface TokenFlags extends StackFlags {
  expires: string;
  group?: string;
  json?: boolean;
}

const EXIT_STATUS = "0 done, 2 could not be done.";

/** `access token|revoke`: logins of programs that end by themselves. */
export const accessCommand: CommandFactory = (context) =>
  new Command("access")
    .description("logins of people's programs in OpenNebula")
    .addCommand(
      stackCommand(context, {
        name: "token",
        about: "make a token with which a user's programs log in, and print it",
        examples: [
          "access token --stack prod dora --expires 8h",
          "access token --stack prod ci --expires 30d --group developers",
        ],
        exitStatus: EXIT_STATUS,
      })
        .argument("<user>", "name of the user")
        .requiredOption("--expires <duration>", "how long it is good: 30m, 8h, 7d; at most 90 days")
        .option("--group <name>", "give the rights of this group of the user's (default: the primary one)")
        .option("--json", "print user, group, token and end as JSON")
        .action(async (user: string, flags: TokenFlags) => {
          const { expires: lasts, group, json } = flags;
          const issued = await withCloud(await stackOf(context, flags), (cloud) =>
            issueToken(cloud, { user, lasts, group }),
          );
          console.log(json ? JSON.stringify(issued, null, 2) : issued.token);
          if (!json) console.error(`good for ${user} with the rights of ${issued.group} until ${issued.expires}`);
        }),
    )
    .addCommand(
      stackCommand(context, {
        name: "revoke",
        about: "end every token of a user; the password stays",
        examples: ["access revoke --stack prod dora"],
        exitStatus: EXIT_STATUS,
      })
        .argument("<user>", "name of the user")
        .action(async (user: string, flags: StackFlags) => {
          await withCloud(await stackOf(context, flags), (cloud) => revokeTokens(cloud, user));
          console.log(`no token of ${user} is good any more`);
        }),
    );
