// SPDX-License-Identifier: Apache-2.0
import { withCloud } from "../cloud";
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";
import { validate } from "../validate/validate";
import { terminalText } from "../validate/formats/terminal";

export const validateCommand: CommandFactory = (context) =>
  stackCommand(context, { name: "validate", about: "x", examples: [], exitStatus: "" })
    .option("--json")
    .option("--load")
    .action(async (flags: StackFlags & { json?: boolean; load?: boolean }) => {
      await withCloud(await stackOf(context, flags), async (cloud) => {
        const report = await validate({ cloud, impact: flags.load ? "load" : "read" });
        console.log(flags.json ? JSON.stringify(report, null, 2) : terminalText(report));
        context.finish(report.readiness === "NOT READY" ? 1 : 0);
      });
    });
