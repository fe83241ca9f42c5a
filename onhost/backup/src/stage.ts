// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { encrypted, type Artefact } from "./manifest";
import { Measure, privateFile, through, type Program } from "./processes";
import type { Settings } from "./settings";

/**
 * A backup before it is one: encrypted files in a folder. Nothing is stored before every program of every pipeline has ended well,
 * so that half a dump is never taken for a whole one; and nothing readable ever lies on the disk.
 */
export class Stage {
  readonly folder: string;

  constructor(
    private readonly settings: Settings,
    kind: string,
  ) {
    // One place for each kind: restic compares a backup with the one before by its path.
    this.folder = join(settings.stateDirectory, "staging", kind);
    this.clear();
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  /** Keeps a text, or what the last of these programs says, compressed and encrypted. */
  async add(name: string, content: Program[] | string, tap?: (piece: Buffer) => void): Promise<Artefact> {
    const [programs, source] = typeof content === "string" ? [[], Readable.from([Buffer.from(content)])] : [content];
    const measure = new Measure();
    const compress = { words: ["zstd", "--quiet", "--stdout", "-3"] };
    const encrypt = { words: ["age", "--encrypt", "--recipients-file", this.settings.recipients] };
    const taps = [...programs.map((_, index) => (index === programs.length - 1 ? tap : undefined)), measure.tap];
    const none = (): void => undefined;
    await through(
      source,
      [...programs, compress, encrypt],
      privateFile(join(this.folder, encrypted(name))),
      taps.map((one) => one ?? none),
    );
    return { name, sha256: measure.digest(), bytes: measure.bytes };
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
