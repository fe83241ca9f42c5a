// SPDX-License-Identifier: Apache-2.0
import type { Command } from "commander";
import { checkRepository, proveBackups, pruneBackups, runBackups, type BackupOutcome } from "../backup/backup";
import { isAuthentic, type Backup } from "../backup/authentic";
import { vmBackups, type VmBackup } from "../backup/vms";
import { listBackups } from "../backup/remote";
import { storeDocument } from "../backup/documents";
import { DOCUMENTS } from "../backup/plan";
import { withCloud, type DeployedCloud } from "../cloud";
import { stackCommand, stackOf, type CommandContext, type CommandFactory, type StackFlags } from "../command";

interface BackupFlags extends StackFlags {
  json?: boolean;
  restore?: boolean;
}

const EXIT_STATUS = "0 done, 1 a backup failed or is not as it should be, 2 could not run.";
const print = (value: string): void => void process.stdout.write(`${value}\n`);

/** `backup run|list|verify|state|prune`. */
export const backupCommand: CommandFactory = (context) => {
  const command = stackCommand(context, {
    name: "backup",
    about: "take backups, list them, prove them, keep the stack's state with them",
    examples: [
      "backup run --stack prod",
      "backup run database --stack prod",
      "backup list --stack prod --json",
      "backup verify --restore --stack prod",
      "backup state --stack prod",
      "backup prune --stack prod",
    ],
    exitStatus: EXIT_STATUS,
  });
  const add = (name: string, about: string, examples: string[]): Command => {
    const one = stackCommand(context, { name, about, examples, exitStatus: EXIT_STATUS });
    one.option("--json", "print the outcome as JSON").exitOverride();
    command.addCommand(one);
    return one;
  };
  add("run", "take backups now", ["backup run --stack prod", "backup run database binlog --stack prod"])
    .argument("[kinds...]", "database, binlog, configuration, vms; default: all")
    .action((kinds: string[], flags: BackupFlags) =>
      outcomes(context, flags, (cloud) => runBackups(cloud, kinds.length > 0 ? kinds : undefined)),
    );
  add("list", "every backup that there is, and what is not authentic (exit status 1)", [
    "backup list --stack prod",
  ]).action(async (flags: BackupFlags) => {
    const [found, ofVms] = await withCloud(await stackOf(context, flags), (cloud) =>
      Promise.all([listBackups(cloud), cloud.config.backups?.vms ? vmBackups(cloud.oned) : []]),
    );
    const rows = [...found.map(row), ...ofVms.map(vmRow)];
    print(flags.json ? JSON.stringify([...found, ...ofVms], null, 2) : rows.join("\n"));
    context.finish(found.every(isAuthentic) ? 0 : 1);
  });
  add("verify", "read the repository; with --restore also restore everything aside and compare", [
    "backup verify --stack prod",
    "backup verify --restore --stack prod",
  ])
    .option("--restore", "restore the newest backup of each kind into a place of its own and compare the content")
    .action((flags: BackupFlags) =>
      outcomes(context, flags, async (cloud) => [
        await checkRepository(cloud),
        ...(flags.restore ? await proveBackups(cloud) : []),
      ]),
    );
  add("state", "store the stack's state and the inventory of its secrets, encrypted on this machine", [
    "backup state --stack prod",
  ]).action(async (flags: BackupFlags) => {
    const stored = await withCloud(await stackOf(context, flags), async (cloud) => {
      const done: { kind: string; snapshot: string }[] = [];
      for (const kind of DOCUMENTS) done.push({ kind, snapshot: await storeDocument(cloud, kind) });
      return done;
    });
    print(flags.json ? JSON.stringify(stored) : stored.map((one) => `${one.kind}: backup ${one.snapshot}`).join("\n"));
  });
  add("prune", "drop what is older than the stack file keeps", ["backup prune --stack prod"]).action(
    async (flags: BackupFlags) => {
      const dropped = await withCloud(await stackOf(context, flags), pruneBackups);
      print(flags.json ? JSON.stringify({ dropped }) : `dropped ${dropped} that were too old`);
    },
  );
  return command;
};

async function outcomes(
  context: CommandContext,
  flags: BackupFlags,
  work: (cloud: DeployedCloud) => Promise<BackupOutcome[]>,
): Promise<void> {
  const found = await withCloud(await stackOf(context, flags), work);
  if (found.length === 0) throw new Error("there is nothing of this kind to do");
  print(flags.json ? JSON.stringify(found, null, 2) : found.map(line).join("\n"));
  context.finish(found.every(({ ok }) => ok) ? 0 : 1);
}

/** The time is what the backup says of itself; of one that is not authentic, what the repository says. */
function row({ id, time, host, kind, manifest, refused }: Backup): string {
  const taken = manifest ? new Date(manifest.takenAt * 1000).toISOString() : time;
  const remark = refused === undefined ? "" : `  NOT AUTHENTIC: ${refused}`;
  return `${id}  ${taken.slice(0, 19)}Z  ${host}  ${kind}${remark}`;
}

function vmRow({ image, vm, name, takenAt, megabytes }: VmBackup): string {
  const taken = new Date(takenAt * 1000).toISOString().slice(0, 19);
  return `image ${image}  ${taken}Z  VM ${vm}${name === undefined ? ", which is gone" : ` ${name}`}  vms  ${megabytes} MiB`;
}

function line({ host, kind, ok, seconds, reason }: BackupOutcome): string {
  const outcome = ok ? "done" : `FAILED: ${reason ?? ""}`;
  return `${host} ${kind}: ${outcome} (${seconds.toFixed(1)} s)`;
}
