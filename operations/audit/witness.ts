// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Link } from "./chain";

/** Where a host's chain ended when somebody last looked from here. */
export interface SeenChain extends Link {
  /** When that was, ISO 8601. */
  seen: string;
  /** Digest of the record up to which somebody has looked at what is broken and agreed. */
  accepted?: string;
}

/** What is remembered of every host's chain, away from the hosts: whoever owns all of them cannot take back what is here. */
export type Witness = Record<string, SeenChain>;

/** The file of a stack's witness for one person: in `$XDG_STATE_HOME`, by default `~/.local/state`. */
export function witnessFile(stack: string): string {
  const state = process.env.XDG_STATE_HOME || join(homedir(), ".local/state");
  return join(state, "opennebula-scaleway/audit", `${stack.replace(/[^\w.-]/g, "_")}.json`);
}

/**
 * What is remembered; nothing where nobody has looked yet.
 *
 * @throws Error when the file holds something else.
 */
export async function readWitness(file: string): Promise<Witness> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  try {
    const witness = JSON.parse(text) as Witness;
    if (Object.values(witness).every(({ n, digest }) => Number.isInteger(n) && typeof digest === "string"))
      return witness;
  } catch {
    // Told below, as what parses and is something else.
  }
  throw new Error(`${file}: is no memory of audit chains; restore it, or move it away and lose what it could prove`);
}

/** Remembers, whole or not at all. */
export async function writeWitness(file: string, witness: Witness): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, `${JSON.stringify(witness, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
