// SPDX-License-Identifier: Apache-2.0
import { createHmac, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Content, Manifest } from "./manifest";
import type { Settings } from "./settings";

/**
 * A manifest as it lies in the repository, with a code (HMAC-SHA256, RFC 2104) that only its host and the operator can make: every
 * host can write to the repository, so that nothing else there says who wrote it.
 */
export interface Sealed {
  /** The manifest's JSON in base64url: the bytes that the code is of, so that no two readers see them differently. */
  manifest: string;
  /** Hexadecimal. */
  mac: string;
}

/** What a code of this purpose begins with: the key makes no other codes, and this says so once more. */
const PURPOSE = "opennebula-scaleway backup manifest 1\n";

/** @param key - 32 bytes in hexadecimal. */
export function sealed(manifest: Manifest, key: string): Sealed {
  const text = Buffer.from(JSON.stringify(manifest)).toString("base64url");
  return { manifest: text, mac: macOf(text, key).toString("hex") };
}

/** Whether the code is of these bytes and this key. */
export function isSealedWith({ manifest, mac }: Sealed, key: string): boolean {
  const [own, found] = [macOf(manifest, key), Buffer.from(mac, "hex")];
  return own.length === found.length && timingSafeEqual(own, found);
}

/** What a manifest says, whoever has sealed it. @returns undefined when it is none. */
export function saidBy({ manifest }: Sealed): Manifest | undefined {
  try {
    const said = JSON.parse(Buffer.from(manifest, "base64url").toString("utf8")) as Partial<Manifest> | null;
    const words = [said?.kind, said?.host, said?.generation];
    const numbers = [said?.sequence, said?.takenAt];
    const isManifest =
      said?.version === 1 &&
      words.every((word) => typeof word === "string") &&
      numbers.every(Number.isFinite) &&
      Array.isArray(said.artefacts);
    return isManifest ? (said as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** The manifest of a backup of this host, in its name. */
export function ownManifest(settings: Settings, kind: string, content: Content): Manifest {
  const { host, seal } = settings;
  return { version: 1, kind, host, generation: seal.generation, sequence: nextSequence(settings), ...content };
}

/** The clock in milliseconds, or one more than last time: a lost file does not set it back. */
function nextSequence({ stateDirectory }: Settings): number {
  const file = join(stateDirectory, "sequence");
  const last = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  const next = Math.max(last + 1, Date.now());
  writeFileSync(`${file}.new`, String(next), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return next;
}

function macOf(text: string, key: string): Buffer {
  return createHmac("sha256", Buffer.from(key, "hex")).update(PURPOSE).update(text).digest();
}
