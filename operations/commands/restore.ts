// SPDX-License-Identifier: Apache-2.0
import { Argument } from "commander";
import type { RestorePlan } from "../../onhost/backup/src/plan";
import { planOf, restoreBackup, type RestoreRequest } from "../backup/backup";
import { withCloud } from "../cloud";
import { stackCommand, stackOf, type CommandFactory, type StackFlags } from "../command";

interface RestoreFlags extends StackFlags {
  json?: boolean;
  dryRun?: boolean;
  from?: string;
  to?: string;
  snapshot?: string;
  path?: string[];
}

const print = (value: string): void => void process.stdout.write(`${value}\n`);

/** `restore <kind>`: puts a backup back. */
export const restoreCommand: CommandFactory = (context) =>
  stackCommand(context, {
    name: "restore",
    about: "put a backup back; the key that opens it stays on this machine",
    examples: [
      "restore database --dry-run --stack prod",
      "restore database --stack prod",
      "restore configuration --from host01 --path /etc/network --stack prod",
      "restore database --snapshot 4f2a91c0 --stack prod",
    ],
    exitStatus: "0 restored, 2 could not.",
  })
    .addArgument(new Argument("<kind>", "what is restored").choices(["database", "configuration"]))
    .option("--dry-run", "say what would be done; change nothing")
    .option("--from <host>", "whose backup; default: the front-end's")
    .option("--to <host>", "the host that gets it; default: the one that it is of")
    .option("--snapshot <id>", "default: the newest")
    .option("--path <path...>", "of the configuration: put these in place; without it everything is laid aside")
    .option("--json", "print the outcome as JSON")
    .action(async (kind: RestoreRequest["kind"], flags: RestoreFlags) => {
      const { from, to, snapshot, path: paths } = flags;
      const request = { kind, from, to, snapshot, paths };
      await withCloud(await stackOf(context, flags), async (cloud) => {
        if (flags.dryRun) {
          const plan = await planOf(cloud, request);
          return print(flags.json ? JSON.stringify(plan, null, 2) : planText(plan, to ?? plan.host));
        }
        const report = await restoreBackup(cloud, request);
        const { snapshot: id, place, items, binlogs, seconds } = report;
        const logs = binlogs === 0 ? "" : ` and ${binlogs} binary logs`;
        const said = `backup ${id}${logs} restored to ${place}: ${items} items in ${seconds.toFixed(1)} s`;
        print(flags.json ? JSON.stringify(report, null, 2) : said);
      });
    });

function planText({ kind, host, snapshot, steps, until, gap, manifest }: RestorePlan, to: string): string {
  const bytes = manifest.artefacts.reduce((sum, artefact) => sum + artefact.bytes, 0);
  return [
    `would restore ${kind} of ${host} to ${to} from backup ${snapshot} (${(bytes / 1e6).toFixed(1)} MB)`,
    `as of ${new Date(until * 1000).toISOString()}: what was written later is lost`,
    ...(gap === undefined ? [] : [`attention: ${gap}`]),
    ...steps.map(({ role, name }) => `  ${role}: ${name}`),
  ].join("\n");
}
