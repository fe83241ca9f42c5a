// SPDX-License-Identifier: Apache-2.0
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";
import { drift, exitCodeOf } from "../drift";
import { driftText } from "../drift-report";

interface DriftFlags extends StackFlags {
  fix?: boolean;
  json?: boolean;
}

/** `drift`: what on the hosts is not as the stack says. */
export const driftCommand: CommandFactory = (context) =>
  stackCommand(context, {
    name: "drift",
    about: "compare every host with what the stack says, and repair it with --fix",
    examples: ["drift --stack prod", "drift --stack prod --fix --json"],
    exitStatus: "0 nothing differs or all repaired, 1 something differs, 2 a host could not be looked at.",
  })
    .option("--fix", "apply again what differs")
    .option("--json", "print the report as JSON")
    .action(async (flags: DriftFlags) => {
      const report = await drift({ stack: await stackOf(context, flags), fix: flags.fix });
      console.log(flags.json ? JSON.stringify(report, null, 2) : driftText(report));
      context.finish(exitCodeOf(report));
    });
