// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OPERATOR, sealKey } from "../../components/backup/seal";
import type { Manifest } from "../../onhost/backup/src/manifest";
import { sealed } from "../../onhost/backup/src/seal";
import type { DeployedCloud } from "../cloud";
import { backupAccess } from "./access";
import { encrypt } from "./age";
import { openChannel } from "./channel";
import { withFiles } from "./files";
import { hostProgram } from "./host";
import { planState, STATE } from "./plan";
import { ASK_SECONDS, listBackups, readerOn, text } from "./remote";

/**
 * Stores the resources of the stack's state with their secrets, encrypted on this machine to the cloud's recipients: only age keeps
 * them, so that they can be read when the stack's own secrets provider is gone too.
 *
 * @returns the backup's id.
 */
export async function storeState(cloud: DeployedCloud): Promise<string> {
  const { identity } = await backupAccess(cloud.stack);
  const recipients = await cloud.root(cloud.frontend.name, "cat /etc/opennebula-backup/recipients");
  const state = Buffer.from(JSON.stringify(await cloud.stack.export()));
  const now = Date.now();
  const manifest: Manifest = {
    version: 1,
    kind: "state",
    ...OPERATOR,
    sequence: now,
    takenAt: now / 1000,
    artefacts: [{ name: STATE, sha256: createHash("sha256").update(state).digest("hex"), bytes: state.length }],
  };
  const seal = sealed(manifest, sealKey(identity, OPERATOR));
  const channel = await openChannel(cloud.frontend.hop, hostProgram("store", seal.manifest, seal.mac), ASK_SECONDS);
  try {
    const answer = text(channel.stdout);
    await pipeline(encrypt(Readable.from([state]), recipients), channel.stdin);
    const said = await answer;
    await channel.ended;
    return (JSON.parse(said) as { snapshot: string }).snapshot;
  } finally {
    channel.close();
  }
}

/**
 * Opens a stored state, compared with what this machine had sealed.
 *
 * @param snapshot - undefined: the newest.
 * @throws Error when there is none, or it is not what was stored.
 */
export async function withState<T>(
  cloud: DeployedCloud,
  snapshot: string | undefined,
  work: (content: AsyncGenerator<Buffer>, backup: string) => Promise<T>,
): Promise<T> {
  const { identity } = await backupAccess(cloud.stack);
  const plan = planState(await listBackups(cloud), snapshot);
  return withFiles(plan.steps, readerOn(cloud.frontend.hop), identity, (opened) =>
    work(opened(plan.steps[0]!), plan.snapshot),
  );
}

/**
 * Writes a stored state to a new file that only its owner can read: it holds every secret of the stack in plain.
 *
 * @returns the backup's id.
 * @throws Error when the file is there.
 */
export function restoreState(cloud: DeployedCloud, file: string, snapshot?: string): Promise<string> {
  return withState(cloud, snapshot, async (content, backup) => {
    await pipeline(content, createWriteStream(file, { flags: "wx", mode: 0o600 }));
    return backup;
  });
}
