// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from "commander";
import { withCloud } from "../cloud";
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";
import { searchLogs } from "../logs/logs";
import { programs } from "../logs/query";
import { recordText, type LogRecord } from "../logs/records";

interface LogsFlags extends StackFlags {
  since?: string;
  until?: string;
  unit: string[];
  host: string[];
  vm?: number;
  grep?: string;
  follow?: boolean;
  lines?: number;
  from?: string;
  json?: boolean;
}

const collect = (value: string, all: string[]): string[] => [...all, value];

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("a whole number is wanted");
  return Number(text);
}

/** `logs`: the records of all hosts, from the place where they are collected. */
export const logsCommand: CommandFactory = (context) =>
  stackCommand(context, {
    name: "logs",
    about: "search the logs of all hosts, or follow them",
    examples: [
      "logs --stack prod --since 2h --unit oned --grep error",
      "logs --stack prod --vm 42 --since yesterday",
      "logs --stack prod --follow --host host01 --unit libvirt",
      "logs --stack prod --from host01 --host fe --unit audit --since 7d   (the front-end is gone)",
    ],
    exitStatus: "0 records were found, 1 none was, 2 the search could not be done.",
  })
    .option("--since <time>", "an age (30m, 2h, 7d) or a time as journalctl takes it (default: 1h, without --lines)")
    .option("--until <time>", "up to this time")
    .option("--unit <name>", `a program, repeatable: ${Object.keys(programs).join(", ")}, or any unit`, collect, [])
    .option("--host <name>", "records of this host, repeatable", collect, [])
    .option("--vm <number>", "records about this VM", whole)
    .option("--grep <pattern>", "records whose text matches (PCRE2)")
    .option("-f, --follow", "go on with what comes, until Ctrl-C")
    .option("-n, --lines <number>", "the last records only", whole)
    .option("--from <host>", "search what this host keeps (default: the front-end, which has everybody's)")
    .option("--json", "one JSON document a record")
    .action(async (flags: LogsFlags) => {
      const stop = new AbortController();
      const onInterrupt = (): void => stop.abort(new Error("interrupted"));
      process.once("SIGINT", onInterrupt);
      const show = (record: LogRecord): void => console.log(flags.json ? JSON.stringify(record) : recordText(record));
      const everything = flags.since !== undefined || flags.lines !== undefined || flags.follow;
      try {
        const found = await withCloud(await stackOf(context, flags), (cloud) =>
          searchLogs(cloud, {
            ...flags,
            since: everything ? flags.since : "1h",
            units: flags.unit,
            hosts: flags.host,
            store: flags.from ?? cloud.frontend.name,
            onRecord: show,
            signal: stop.signal,
          }),
        );
        context.finish(found > 0 ? 0 : 1);
      } catch (error) {
        // Following has no end but this one.
        if (!(flags.follow && stop.signal.aborted)) throw error;
      } finally {
        process.removeListener("SIGINT", onInterrupt);
      }
    });
