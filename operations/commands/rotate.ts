// SPDX-License-Identifier: Apache-2.0
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";
import { rotatable, rotate, rotationKinds } from "../secrets/rotate";

/** `rotate`: another value for a credential, with proof that the old one is dead. */
export const rotateCommand: CommandFactory = (context) =>
  stackCommand(context, {
    name: "rotate",
    about: `replace credentials and prove the old ones dead: ${rotatable.join(", ")}`,
    examples: ["rotate --stack prod database-password", "rotate --stack prod --all"],
    exitStatus: "0 all rotated, 1 one was not, 2 nothing was tried.",
  })
    .argument("[names...]", "credentials, as `secrets list` names them")
    .option("--all", "every one that this command can rotate and this cloud has")
    .option("--json", "print the results as JSON")
    .action(async (names: string[], flags: StackFlags & { all?: boolean; json?: boolean }) => {
      if ((flags.all === true) === names.length > 0) throw new Error("name what to rotate, or say --all");
      const results = await rotate(await stackOf(context, flags), flags.all ? "all" : names, rotationKinds(flags.cwd));
      const lines = results.map(({ name, verdict, reason, seconds }) =>
        verdict === "absent"
          ? `${name}: this cloud has none`
          : `${name}: ${verdict}${reason === undefined ? ", the old value is dead" : ` (${reason})`}, ${seconds.toFixed(1)} s`,
      );
      console.log(flags.json ? JSON.stringify(results, null, 2) : lines.join("\n"));
      context.finish(results.some(({ verdict }) => verdict === "failed") ? 1 : 0);
    });
