// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OPERATOR, sealKey } from "../../components/backup/seal";
import type { Manifest } from "../../onhost/backup/src/manifest";
import { sealed } from "../../onhost/backup/src/seal";
import type { DeployedCloud } from "../cloud";
import { listSecrets } from "../secrets/list";
import { backupAccess } from "./access";
import { encrypt } from "./age";
import { openChannel } from "./channel";
import { withFiles } from "./files";
import { hostProgram } from "./host";
import { planDocument, type DocumentKind } from "./plan";
import { ASK_SECONDS, listBackups, readerOn, text } from "./remote";

/** What each kind holds. The state has every secret in plain; the inventory says whose they are, what they open and how they are replaced. */
const CONTENT: Record<DocumentKind, (cloud: DeployedCloud) => Promise<unknown>> = {
  state: ({ stack }) => stack.export(),
  secrets: ({ stack }) => listSecrets(stack),
};

/**
 * Stores the resources of the stack's state with their secrets, or the inventory of its secrets, encrypted on this machine to the
 * cloud's recipients: only age keeps them, so that they can be read when the stack's own secrets provider is gone too.
 *
 * @returns the backup's id.
 */
export async function storeDocument(cloud: DeployedCloud, kind: DocumentKind): Promise<string> {
  const { identity } = await backupAccess(cloud.stack);
  const recipients = await cloud.root(cloud.frontend.name, "cat /etc/opennebula-backup/recipients");
  const content = Buffer.from(JSON.stringify(await CONTENT[kind](cloud)));
  const now = Date.now();
  const manifest: Manifest = {
    version: 1,
    kind,
    ...OPERATOR,
    sequence: now,
    takenAt: now / 1000,
    artefacts: [{ name: kind, sha256: createHash("sha256").update(content).digest("hex"), bytes: content.length }],
  };
  const seal = sealed(manifest, sealKey(identity, OPERATOR));
  const channel = await openChannel(cloud.frontend.hop, hostProgram("store", seal.manifest, seal.mac), ASK_SECONDS);
  try {
    const answer = text(channel.stdout);
    await pipeline(encrypt(Readable.from([content]), recipients), channel.stdin);
    const said = await answer;
    await channel.ended;
    return (JSON.parse(said) as { snapshot: string }).snapshot;
  } finally {
    channel.close();
  }
}

/**
 * Opens a stored document, compared with what this machine had sealed.
 *
 * @param snapshot - undefined: the newest.
 * @throws Error when there is none, or it is not what was stored.
 */
export async function withDocument<T>(
  cloud: DeployedCloud,
  kind: DocumentKind,
  snapshot: string | undefined,
  work: (content: AsyncGenerator<Buffer>, backup: string) => Promise<T>,
): Promise<T> {
  const { identity } = await backupAccess(cloud.stack);
  const plan = planDocument(await listBackups(cloud), kind, snapshot);
  return withFiles(plan.steps, readerOn(cloud.frontend.hop), identity, (opened) =>
    work(opened(plan.steps[0]!), plan.snapshot),
  );
}

/**
 * Writes a stored document to a new file that only its owner can read: the state holds every secret of the stack in plain.
 *
 * @returns the backup's id.
 * @throws Error when the file is there.
 */
export function restoreDocument(
  cloud: DeployedCloud,
  kind: DocumentKind,
  file: string,
  snapshot?: string,
): Promise<string> {
  return withDocument(cloud, kind, snapshot, async (content, backup) => {
    await pipeline(content, createWriteStream(file, { flags: "wx", mode: 0o600 }));
    return backup;
  });
}
