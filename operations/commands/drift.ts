// SPDX-License-Identifier: Apache-2.0
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";
import { drift, exitCodeOf } from "../drift";
import { driftText } from "../drift-report";

interface DriftFlags extends StackFlags {
  fix?: boolean;
  json?: boolean;
  hostsOnly?: boolean;
}

/** `drift`: what on the hosts is not as the stack says. */
export const driftCommand: CommandFactory = (context) =>
  stackCommand(context, {
    name: "drift",
    about: "compare hosts, OpenNebula and Scaleway with what the stack says, and repair with --fix",
    examples: ["drift --stack prod", "drift --stack prod --fix --json"],
    exitStatus:
      "0 nothing differs or all repaired, 1 something differs, 2 something could not be looked at or repaired.",
  })
    .option("--fix", "apply again what differs")
    .option("--hosts-only", "ask no provider: only what the hosts themselves say")
    .option("--json", "print the report as JSON")
    .action(async (flags: DriftFlags) => {
      const report = await drift({ stack: await stackOf(context, flags), fix: flags.fix, hostsOnly: flags.hostsOnly });
      console.log(flags.json ? JSON.stringify(report, null, 2) : driftText(report));
      context.finish(exitCodeOf(report));
    });
