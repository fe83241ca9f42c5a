// SPDX-License-Identifier: Apache-2.0
import type { Snapshot } from "../../onhost/backup/src/repository";
import type { SshHop } from "../../opennebula";
import type { DeployedCloud } from "../cloud";
import { backupAccess } from "./access";
import { judged, type Backup } from "./authentic";
import { openChannel } from "./channel";
import type { Reader } from "./files";
import { hostProgram } from "./host";

/** Until a backup or a restore must have ended. */
export const RUN_SECONDS = 6 * 3600;
export const ASK_SECONDS = 300;

/** Every backup that the repository holds, oldest first, and what of it is not authentic. */
export async function listBackups(cloud: DeployedCloud, host = cloud.frontend.name): Promise<Backup[]> {
  const { identity } = await backupAccess(cloud.stack);
  const snapshots = JSON.parse(await ask(cloud, host, ASK_SECONDS, "list")) as Snapshot[];
  const hostKeys = cloud.hosts.map(({ hop }) => hop.hostKey);
  return judged(snapshots, identity, hostKeys);
}

/** Reads files of the repository through a host. */
export function readerOn(hop: SshHop): Reader {
  return async function* (snapshot, folder, name) {
    const source = await openChannel(hop, hostProgram("read", snapshot, folder, name), RUN_SECONDS);
    try {
      yield* source.stdout;
      await source.ended;
    } finally {
      source.close();
    }
  };
}

/** What a command of a host's backup program says. @throws Error with its last words */
export async function ask(cloud: DeployedCloud, host: string, seconds: number, ...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cloud.run(host, hostProgram(...words), "", seconds);
  if (exitCode === 0) return stdout;
  throw new Error(`host ${host}: ${stderr.trim().split("\n").at(-1) ?? `exit status ${exitCode}`}`);
}

export async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}
