// SPDX-License-Identifier: Apache-2.0
// backup.cjs run KIND --settings FILE          takes a backup (by a timer); KIND check reads the repository
// backup.cjs failed KIND --settings FILE       says that a run failed (by its unit's OnFailure)
// backup.cjs list --settings FILE              the backups of every host with their seals, as JSON
// backup.cjs read SNAPSHOT FOLDER NAME --settings FILE    one encrypted file, on standard output
// backup.cjs restore --settings FILE [--isolated] [--path PATH]...      restores what arrives decrypted on standard input
// backup.cjs store MANIFEST MAC --settings FILE    stores what arrives encrypted on standard input (of the operator, who has sealed it)
// backup.cjs forget --settings FILE            drops the backups whose ids arrive on standard input
// backup.cjs list-vms --settings FILE          copies of VM backups as restic lists them, as JSON
// backup.cjs forget-vms --settings FILE        drops the copies of VM backups whose ids arrive on standard input
import { createWriteStream } from "node:fs";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { backUp } from "./backup";
import { Frames } from "./frames";
import { encrypted } from "./manifest";
import type { RestorePlan } from "./plan";
import { Repository } from "./repository";
import { restore } from "./restore";
import { saidBy, type Sealed } from "./seal";
import { kindOf, readSettings, type Settings } from "./settings";
import { Stage } from "./stage";
import { record } from "./status";

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const ids = async (): Promise<string[]> => (await text(process.stdin)).split(/\s+/).filter((id) => id !== "");

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      settings: { type: "string" },
      isolated: { type: "boolean", default: false },
      path: { type: "string", multiple: true },
    },
  });
  if (values.settings === undefined) throw new Error("--settings is missing");
  const settings = readSettings(values.settings);
  const [command, ...words] = positionals;
  switch (command) {
    case "run":
      return say(await backUp(settings, kindOf(words[0])));
    case "failed":
      return record(settings, kindOf(words[0]), { failed: true });
    case "list":
      return say(await new Repository(settings).snapshots());
    case "read":
      return read(settings, words);
    case "restore":
      return receive(settings, { isolated: values.isolated, paths: values.path });
    case "store":
      return store(settings, { manifest: words[0] ?? "", mac: words[1] ?? "" });
    case "forget":
      return new Repository(settings).forget(await ids());
    case "list-vms":
      return say(await Repository.ofVms(settings).list());
    case "forget-vms":
      return Repository.ofVms(settings).forget(await ids());
    default:
      throw new Error(`"${command ?? ""}" is no command; the first lines of this program list them`);
  }
}

async function read(settings: Settings, [id = "", folder = "", name = ""]: string[]): Promise<void> {
  await new Repository(settings).dump({ id, folder }, encrypted(name), process.stdout);
}

async function receive(settings: Settings, options: { isolated: boolean; paths?: string[] }): Promise<void> {
  const frames = new Frames(process.stdin as AsyncIterable<Buffer>);
  const plan = JSON.parse(await frames.text()) as RestorePlan;
  say(await restore(settings, plan, frames, options));
}

/** What the operator's machine has encrypted and sealed: this host only carries it. */
async function store(settings: Settings, seal: Sealed): Promise<void> {
  const manifest = saidBy(seal);
  const artefact = manifest?.artefacts[0];
  if (manifest === undefined || artefact === undefined || !/^[a-z]+$/.test(manifest.kind)) {
    throw new Error("what is to be stored has no manifest");
  }
  const repository = new Repository(settings);
  await repository.ensure();
  const stage = new Stage(settings, manifest.kind);
  try {
    const file = join(stage.folder, encrypted(basename(artefact.name)));
    await pipeline(process.stdin, createWriteStream(file, { mode: 0o600 }));
    say({ snapshot: await repository.store(stage.folder, manifest, seal) });
  } finally {
    stage.clear();
  }
}

main().catch((error: Error) => {
  process.stderr.write(`backup: ${error.message}\n`);
  process.exitCode = 1;
});
