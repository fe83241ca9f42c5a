// SPDX-License-Identifier: Apache-2.0

/** One encrypted file of a backup. */
export interface Artefact {
  /** In the snapshot: `<name>.age`. */
  name: string;
  /** Of what age encrypted, compressed as it is. */
  sha256: string;
  bytes: number;
}

/** What a backup is, readable without the key that opens it. Sealed: see seal.ts. */
export interface Manifest {
  version: 1;
  kind: string;
  host: string;
  /** Which machine of that name: another one after the host was replaced. */
  generation: string;
  /** Grows from each backup of a host to its next, also when its clock is set back. */
  sequence: number;
  /** Seconds since 1970: what happened later is not in it. */
  takenAt: number;
  /** Of binary logs in their order: `<log>.zst`. */
  artefacts: Artefact[];
  database?: {
    /** Of the server whose binary logs continue this dump; another server counts its logs anew. */
    origin: string;
    /** Undefined where the server writes no binary log. */
    position?: { file: string; offset: number };
    /** Of the dump without its comments. */
    content: string;
  };
  /** Of the server that wrote the logs. */
  binlog?: { origin: string };
}

/** What a kind says of itself. */
export type Content = Pick<Manifest, "takenAt" | "artefacts" | "database" | "binlog">;

export const encrypted = (name: string): string => `${name}.age`;
