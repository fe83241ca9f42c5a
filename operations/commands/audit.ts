// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { listAudit } from "../audit/list";
import { eventText } from "../audit/records";
import { verdictText, verifyAudit } from "../audit/verify";
import { readWitness, witnessFile, writeWitness } from "../audit/witness";
import { withCloud } from "../cloud";
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";

interface ListFlags extends StackFlags {
  since: string;
  until?: string;
  host: string[];
  kind: string[];
  user: string[];
  from?: string;
  json?: boolean;
}

interface VerifyFlags extends StackFlags {
  accept: string[];
  witness?: string;
  json?: boolean;
}

const collect = (value: string, all: string[]): string[] => [...all, value];

/** `audit list|verify`: who did what, and whether the records of it are whole. */
export const auditCommand: CommandFactory = (context) =>
  new Command("audit")
    .description("who did what on the hosts and in OpenNebula, and whether those records are whole")
    .addCommand(
      stackCommand(context, {
        name: "list",
        about: "logins, sudo, changes of accounts, and every call of OpenNebula's API",
        examples: [
          "audit list --stack prod --since 24h --user alice",
          "audit list --stack prod --kind call --since 1h --json",
          "audit list --stack prod --from host01 --since 7d   (the front-end is gone)",
        ],
        exitStatus: "0 events were found, 1 none was, 2 the search could not be done.",
      })
        .option("--since <time>", "an age (30m, 2h, 7d) or a time as journalctl takes it", "1h")
        .option("--until <time>", "up to this time")
        .option("--host <name>", "events of this host, repeatable", collect, [])
        .option("--kind <kind>", "login, sudo, account, kernel, call, unproven or begin; repeatable", collect, [])
        .option("--user <name>", "of this user, repeatable", collect, [])
        .option("--from <host>", "search what this host keeps (default: the front-end, which has everybody's)")
        .option("--json", "one JSON document an event")
        .action(async (flags: ListFlags) => {
          const events = await withCloud(await stackOf(context, flags), (cloud) =>
            listAudit(cloud, {
              since: flags.since,
              until: flags.until,
              hosts: flags.host,
              kinds: flags.kind,
              users: flags.user,
              store: flags.from ?? cloud.frontend.name,
              signal: AbortSignal.timeout(600_000),
            }),
          );
          for (const event of events) console.log(flags.json ? JSON.stringify(event) : eventText(event));
          context.finish(events.length > 0 ? 0 : 1);
        }),
    )
    .addCommand(
      stackCommand(context, {
        name: "verify",
        about: "check every host's chain of records against its copy on another host and against what was seen before",
        examples: [
          "audit verify --stack prod",
          "audit verify --stack prod --accept host01   (host01 was installed anew)",
        ],
        exitStatus: "0 every chain is whole, 1 one is not, 2 a host could not be asked.",
      })
        .option("--accept <host>", "take this host's chain as it is from now on, repeatable", collect, [])
        .option("--witness <file>", "what was seen before (default: in the state directory of the person who asks)")
        .option("--json", "print the verdicts as JSON")
        .action(async (flags: VerifyFlags) => {
          const stack = await stackOf(context, flags);
          const file = flags.witness ?? (context.environment.witnessFile ?? witnessFile)(stack.name);
          const before = await readWitness(file);
          const { accept } = flags;
          const found = await withCloud(stack, (cloud) => verifyAudit(cloud, { witness: before, accept }));
          await writeWitness(file, found.witness);
          console.log(flags.json ? JSON.stringify(found.verdicts, null, 2) : verdictText(found.verdicts));
          const broken = found.verdicts.filter(({ host, problems }) => problems.length > 0 && !accept.includes(host));
          context.finish(broken.length > 0 ? 1 : 0);
        }),
    );
