// SPDX-License-Identifier: Apache-2.0
import { Argument } from "commander";
import type { RestorePlan } from "../../onhost/backup/src/plan";
import { planOf, restoreBackup, type RestoreRequest } from "../backup/backup";
import { planVmRestore, restoreVm, type VmRestorePlan, type VmRestoreReport } from "../backup/vms";
import { restoreDocument, withDocument } from "../backup/documents";
import { DOCUMENTS, isDocument, type DocumentKind } from "../backup/plan";
import { withCloud } from "../cloud";
import { stackCommand, stackOf, type CommandContext, type CommandFactory, type StackFlags } from "../command";

interface RestoreFlags extends StackFlags {
  json?: boolean;
  dryRun?: boolean;
  from?: string;
  to?: string;
  snapshot?: string;
  path?: string[];
  image?: string;
  datastore?: string;
  inPlace?: boolean;
  file?: string;
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
      "restore state --file /dev/shm/state.json --stack prod",
      "restore vm web --dry-run --stack prod",
      "restore vm 12 --image 40 --in-place --stack prod",
    ],
    exitStatus: "0 restored, 2 could not.",
  })
    .addArgument(new Argument("<kind>", "what is restored").choices(["database", "configuration", "vm", ...DOCUMENTS]))
    .argument("[vm]", "of kind vm: its name or number")
    .option("--dry-run", "say what would be done; change nothing")
    .option("--from <host>", "whose backup; default: the front-end's")
    .option("--to <host>", "the host that gets it; default: the one that it is of")
    .option("--snapshot <id>", "default: the newest")
    .option("--path <path...>", "of the configuration: put these in place; without it everything is laid aside")
    .option("--image <id>", "of kind vm: the backup's image; default: the newest")
    .option("--datastore <name>", "of kind vm: where the images go that are made of the disks", "default")
    .option("--in-place", "of kind vm: put the disks back into the VM, which must be off, and make nothing")
    .option(
      "--file <path>",
      "of kind state or secrets: the new file on this machine; a state holds every secret in plain",
    )
    .option("--json", "print the outcome as JSON")
    .action(async (kind: RestoreRequest["kind"] | "vm" | DocumentKind, vm: string | undefined, flags: RestoreFlags) => {
      if (kind === "vm") return ofVm(context, vm, flags);
      if (isDocument(kind)) return ofDocument(context, kind, flags);
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

async function ofVm(context: CommandContext, vm: string | undefined, flags: RestoreFlags): Promise<void> {
  if (vm === undefined) throw new Error("restore vm: name the VM, or give its number");
  const image = flags.image === undefined ? undefined : Number(flags.image);
  if (image !== undefined && !Number.isInteger(image)) throw new Error("--image: the number of an image");
  const { datastore, inPlace } = flags;
  await withCloud(await stackOf(context, flags), async ({ oned }) => {
    const plan = await planVmRestore(oned, { vm, image, datastore, inPlace });
    const outcome = flags.dryRun ? plan : await restoreVm(oned, plan);
    print(flags.json ? JSON.stringify(outcome, null, 2) : vmText(plan, "seconds" in outcome ? outcome : undefined));
  });
}

async function ofDocument(
  context: CommandContext,
  kind: DocumentKind,
  { file, snapshot, dryRun, json, ...flags }: RestoreFlags,
): Promise<void> {
  if (file === undefined && !dryRun) throw new Error(`restore ${kind}: name the file that gets it by --file`);
  await withCloud(await stackOf(context, flags), async (cloud) => {
    const backup = await (file === undefined || dryRun
      ? withDocument(cloud, kind, snapshot, (_content, id) => Promise.resolve(id))
      : restoreDocument(cloud, kind, file, snapshot));
    const said = dryRun ? `would restore ${kind} from backup ${backup}` : `${kind} from backup ${backup} is in ${file}`;
    print(json ? JSON.stringify({ snapshot: backup, file }) : said);
  });
}

/** @param report - undefined of a dry run */
function vmText({ backup, datastore }: VmRestorePlan, report?: VmRestoreReport): string {
  const { image, vm, name, takenAt, megabytes } = backup;
  const what = `VM ${vm}${name === undefined ? "" : ` (${name})`} as of ${new Date(takenAt * 1000).toISOString()}`;
  const size = `image ${image}, ${megabytes} MiB`;
  const place = datastore
    ? `to new images in datastore ${datastore.name}`
    : "in place: what its disks hold now is lost";
  if (report === undefined) return `would restore ${what} from ${size}, ${place}`;
  const made =
    report.template === undefined ? "in place" : `template ${report.template}, images ${report.images.join(", ")}`;
  return `restored ${what} from ${size}: ${made} (${report.seconds.toFixed(1)} s)`;
}

function planText({ kind, host, snapshot, steps, until, gap, manifest }: RestorePlan, to: string): string {
  const bytes = manifest.artefacts.reduce((sum, artefact) => sum + artefact.bytes, 0);
  return [
    `would restore ${kind} of ${host} to ${to} from backup ${snapshot} (${(bytes / 1e6).toFixed(1)} MB)`,
    `as of ${new Date(until * 1000).toISOString()}: what was written later is lost`,
    ...(gap === undefined ? [] : [`attention: ${gap}`]),
    ...steps.map(({ role, name }) => `  ${role}: ${name}`),
  ].join("\n");
}
