// SPDX-License-Identifier: Apache-2.0
import type { Kind } from "./settings";

/** One encrypted file of a backup. */
export interface Artefact {
  /** In the snapshot: `<name>.age`. */
  name: string;
  /** Of what age encrypted, compressed as it is. */
  sha256: string;
  bytes: number;
}

/** What lies beside the encrypted files of a backup, readable without the key. */
export interface Manifest {
  version: 1;
  kind: Kind;
  host: string;
  /** Seconds since 1970: what happened later is not in it. */
  takenAt: number;
  artefacts: Artefact[];
  /** Entries of the archive. */
  entries?: number;
  database?: {
    /** Of the server whose binary logs continue this dump; another server counts its logs anew. */
    origin: string;
    /** Undefined where the server writes no binary log. */
    position?: { file: string; offset: number };
    /** Of the dump without its comments. */
    content: string;
  };
  /** Binary logs of a server, in order. */
  binlog?: { origin: string; files: string[] };
}

export const MANIFEST = "manifest.json";
export const encrypted = (name: string): string => `${name}.age`;
