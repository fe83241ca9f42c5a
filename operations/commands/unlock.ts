// SPDX-License-Identifier: Apache-2.0
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";
import { unlock } from "../encryption/unlock";

/** `unlock`: opens the encrypted disks of hosts that were booted. */
export const unlockCommand: CommandFactory = (context) =>
  stackCommand(context, {
    name: "unlock",
    about: "open the encrypted disks of hosts that were booted, and start what waits for them",
    examples: ["unlock --stack prod", "unlock --stack prod host01"],
    exitStatus: "0 every disk is open, 1 one is not, 2 nothing was tried.",
  })
    .argument("[hosts...]", "names in the stack file; all where none is named")
    .option("--json", "print the results as JSON")
    .action(async (hosts: string[], flags: StackFlags & { json?: boolean }) => {
      const results = await unlock(await stackOf(context, flags), hosts, { directory: flags.cwd });
      const lines = results.map(({ host, verdict, keyFrom, reason }) =>
        verdict === "open" ? `${host}: open, by the key of the ${keyFrom}` : `${host}: not opened (${reason})`,
      );
      console.log(flags.json ? JSON.stringify(results, null, 2) : lines.join("\n"));
      context.finish(results.every(({ verdict }) => verdict === "open") ? 0 : 1);
    });
