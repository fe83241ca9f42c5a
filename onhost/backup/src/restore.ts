// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { ContentHash } from "./content";
import { client, dumpProgram, query, type Server } from "./database";
import type { Frames } from "./frames";
import type { RestorePlan, RestoreStep } from "./plan";
import { Measure, run, through, type Program } from "./processes";
import { withScratchServer, withScratchFolder } from "./scratch";
import type { Settings } from "./settings";
import { record } from "./status";
import { proveCopies, type VmCopy } from "./vms";

export interface RestoreOptions {
  /** Into a place of its own, which is compared with the backup and removed. */
  isolated: boolean;
  /** Of the configuration: put these in place; others are laid aside. */
  paths?: string[];
}

/** What a restore came to. */
export interface RestoreReport {
  kind: string;
  snapshot: string;
  isolated: boolean;
  /** Where what was restored is. */
  place: string;
  /** Tables of a database, entries of an archive, VMs with a copy. */
  items: number;
  binlogs: number;
  seconds: number;
}

const DISCARD = (): Writable => new Writable({ write: (_piece, _encoding, done) => done() });
/** A database may hold whatever its users wrote: the client must not run commands that stand in it. */
const NO_SHELL = ["--sandbox"];
const UNPACK: Program = { words: ["zstd", "--quiet", "--decompress", "--stdout"] };

/**
 * Restores what arrives decrypted on a stream, in the order of the plan.
 *
 * @throws Error when what arrives is not what was backed up, or the restored content differs from it.
 */
export async function restore(
  settings: Settings,
  plan: RestorePlan,
  frames: Frames,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const started = Date.now();
  const done = { database, configuration, vms: copiesOfVms }[plan.kind];
  const { place, items } = await done(settings, plan, frames, options);
  const seconds = (Date.now() - started) / 1000;
  record(settings, plan.kind, {
    restoreDuration: seconds,
    ...(options.isolated && { verified: Math.floor(Date.now() / 1000) }),
  });
  const binlogs = plan.steps.filter(({ role }) => role === "binlog").length;
  return { kind: plan.kind, snapshot: plan.snapshot, isolated: options.isolated, place, items, binlogs, seconds };
}

interface Restored {
  place: string;
  items: number;
}

async function database(
  settings: Settings,
  plan: RestorePlan,
  frames: Frames,
  { isolated }: RestoreOptions,
): Promise<Restored> {
  const target = settings.database;
  if (target === undefined) throw new Error(`host ${settings.host} has no database`);
  if (isolated) {
    return withScratchServer(settings, (server) => feedDatabase({ plan, frames, server, name: target.name, isolated }));
  }
  for (const unit of [...target.units].reverse()) await run({ words: ["systemctl", "stop", unit] });
  const { name, credentials } = target;
  const restored = await feedDatabase({ plan, frames, server: {}, name, isolated, credentials });
  for (const unit of target.units) await run({ words: ["systemctl", "start", unit] });
  return restored;
}

interface Feeding {
  plan: RestorePlan;
  frames: Frames;
  server: Server;
  name: string;
  isolated: boolean;
  /** The one folder that comes out of the archive of credentials. @default none, which only a test or an isolated restore can do with */
  credentials?: string;
}

/** Fills an empty database from the stream. What was there is dropped only when the dump has begun to arrive. */
export async function feedDatabase({ plan, frames, server, name, isolated, credentials }: Feeding): Promise<Restored> {
  await query(
    `DROP DATABASE IF EXISTS \`${name}\`; CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;`,
    server,
  );
  for (const step of plan.steps) {
    switch (step.role) {
      case "dump":
        await fed(step, frames.next(), [
          UNPACK,
          client(["mariadb", ...NO_SHELL, "--default-character-set=utf8mb4", name], server),
        ]);
        await compare(plan, server, name);
        break;
      case "binlog": {
        const start = step.startPosition === undefined ? [] : [`--start-position=${step.startPosition}`];
        // Logs of the test's own server are of no use, and the live one's must not hold these changes twice.
        const read = { words: ["mariadb-binlog", `--database=${name}`, "--disable-log-bin", ...start, "-"] };
        await fed(step, frames.next(), [UNPACK, read, client(["mariadb", ...NO_SHELL, "--binary-mode"], server)]);
        break;
      }
      case "credentials": {
        const extract = isolated
          ? ["tar", "--list", "--file=-"]
          : [
              "tar",
              "--extract",
              "--preserve-permissions",
              "--numeric-owner",
              "--directory=/",
              "--file=-",
              member(credentials),
            ];
        await fed(step, frames.next(), [UNPACK, { words: extract }]);
        break;
      }
      default:
        throw new Error(`a database has no part "${step.role}"`);
    }
  }
  const sql = `SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${name}'`;
  return {
    place: isolated ? "a server of its own" : `database ${name}`,
    items: Number((await query(sql, server))[0]?.[0]),
  };
}

/** Dumps what was loaded and compares it with what was dumped. */
async function compare({ manifest }: RestorePlan, server: Server, name: string): Promise<void> {
  const content = new ContentHash();
  await through(undefined, [dumpProgram(name, server)], DISCARD(), [content.tap]);
  if (content.digest() !== manifest.database?.content) {
    throw new Error(`the restored database differs from the one that was backed up at ${iso(manifest.takenAt)}`);
  }
}

async function configuration(
  settings: Settings,
  plan: RestorePlan,
  frames: Frames,
  options: RestoreOptions,
): Promise<Restored> {
  const step = plan.steps[0];
  if (step === undefined) throw new Error(`backup ${plan.snapshot} holds no archive`);
  const extract = async (folder: string, paths: string[] = []): Promise<Restored> => {
    let entries = 0;
    const words = [
      "tar",
      "--extract",
      "--verbose",
      "--preserve-permissions",
      "--numeric-owner",
      `--directory=${folder}`,
    ];
    const members = paths.map((path) => path.replace(/^\/+/, ""));
    const count = (piece: Buffer): void => {
      for (const byte of piece) if (byte === 10) entries++;
    };
    await fed(step, frames.next(), [UNPACK, { words: [...words, "--file=-", ...members] }], [undefined, count]);
    if (entries === 0) throw new Error(`backup ${plan.snapshot} holds nothing of ${paths.join(", ") || "all"}`);
    return { place: folder, items: entries };
  };
  if (options.isolated) return withScratchFolder(settings, (folder) => extract(folder));
  if (options.paths !== undefined && options.paths.length > 0) return extract("/", options.paths);
  const aside = join(settings.stateDirectory, "restored", plan.snapshot);
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  return extract(aside);
}

/** What lies in the bucket is held against what was sealed. */
async function copiesOfVms(
  settings: Settings,
  plan: RestorePlan,
  frames: Frames,
  { isolated }: RestoreOptions,
): Promise<Restored> {
  const step = plan.steps[0];
  if (step === undefined) throw new Error(`backup ${plan.snapshot} names no copies`);
  if (!isolated) throw new Error("OpenNebula puts VMs back: `restore vm`");
  const pieces: Buffer[] = [];
  await fed(step, frames.next(), [UNPACK], [(piece) => void pieces.push(piece)]);
  const copies = JSON.parse(Buffer.concat(pieces).toString("utf8")) as VmCopy[];
  return { place: "nowhere: read and compared", items: await proveCopies(settings, copies) };
}

/** Sends a file of the stream through programs and checks that it is the one that was backed up. */
async function fed(
  step: RestoreStep,
  file: Readable,
  programs: Program[],
  taps: (((piece: Buffer) => void) | undefined)[] = [],
): Promise<void> {
  const measure = new Measure();
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of file as AsyncIterable<Buffer>) {
      measure.tap(piece);
      yield piece;
    }
  };
  const none = (): void => undefined;
  await through(
    Readable.from(counted(), { objectMode: false }),
    programs,
    DISCARD(),
    taps.map((tap) => tap ?? none),
  );
  if (measure.digest() !== step.sha256) {
    throw new Error(`${step.name} of backup ${step.places[0]!.snapshot} is not what was backed up`);
  }
}

/** A path as the archive has it. */
function member(path: string | undefined): string {
  if (path === undefined) throw new Error("this restore names no place for credentials");
  return path.replace(/^\/+/, "");
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
