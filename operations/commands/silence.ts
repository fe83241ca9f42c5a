// SPDX-License-Identifier: Apache-2.0
import { userInfo } from "node:os";
import type { Command } from "commander";
import { withCloud } from "../cloud";
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";
import { addSilence, expireSilences, listSilences, silenceText } from "../silence/silence";

interface AddFlags extends StackFlags {
  for: string;
  comment: string;
  author: string;
}

interface ListFlags extends StackFlags {
  all?: boolean;
  json?: boolean;
}

const EXIT_STATUS = "0 done, 2 could not be done.";

/** `silence add|list|expire`: alerts of which people need not be told for a while. */
export const silenceCommand: CommandFactory = (context) => {
  const command = stackCommand(context, {
    name: "silence",
    about: "keep alerts from people for a while",
    examples: [
      'silence add --stack prod alertname=HostCpuHigh host=host01 --for 2h --comment "migration"',
      "silence list --stack prod",
      "silence expire --stack prod 0d3e5b0c-5d0e-4b5b-8f5e-0a8d1b6c3f1a",
    ],
    exitStatus: EXIT_STATUS,
  });
  const sub = (name: string, about: string, examples: string[]): Command => {
    const one = stackCommand(context, { name, about, examples, exitStatus: EXIT_STATUS }).exitOverride();
    command.addCommand(one);
    return one;
  };
  sub("add", "make a silence and print its id", [
    'silence add --stack prod host=host01 --for 30m --comment "new memory"',
    'silence add --stack prod alertname=~"Host.*" --for 1d --comment "load test"',
  ])
    .argument("<matchers...>", "label=value, label!=value, label=~pattern or label!~pattern; all must hold")
    .requiredOption("--for <duration>", "how long: 30m, 2h, 1d")
    .requiredOption("--comment <text>", "why")
    .option("--author <name>", "who", userInfo().username)
    .action(async (matchers: string[], flags: AddFlags) => {
      const { for: duration, author, comment } = flags;
      const request = { matchers, duration, author, comment };
      console.log(await withCloud(await stackOf(context, flags), (cloud) => addSilence(cloud, request)));
    });
  sub("list", "silences that hold or will", ["silence list --stack prod", "silence list --stack prod --all --json"])
    .option("--all", "also those that are over")
    .option("--json", "print them as JSON")
    .action(async (flags: ListFlags) => {
      const found = await withCloud(await stackOf(context, flags), (cloud) => listSilences(cloud, flags.all));
      console.log(flags.json ? JSON.stringify(found, null, 2) : found.map(silenceText).join("\n"));
    });
  sub("expire", "end silences now", ["silence expire --stack prod 0d3e5b0c-5d0e-4b5b-8f5e-0a8d1b6c3f1a"])
    .argument("<ids...>")
    .action(async (ids: string[], flags: StackFlags) => {
      await withCloud(await stackOf(context, flags), (cloud) => expireSilences(cloud, ids));
    });
  return command;
};
