// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

/** What a host backs up. `check` reads the repository instead of writing to it. */
export const KINDS = ["database", "binlog", "configuration", "vms", "check"] as const;
export type Kind = (typeof KINDS)[number];

/** The settings file of a host; readable by root alone. */
export interface Settings {
  host: string;
  repository: {
    /** As restic spells it: `s3:https://.../bucket/hosts`, or a directory. */
    url: string;
    region: string;
    accessKey: string;
    secretKey: string;
    /** Opens the repository's outer encryption, which keeps nothing secret: see docs/adr/0009. */
    password: string;
  };
  /** Proves that a backup is this host's own: see seal.ts. */
  seal: {
    /** 32 bytes in hexadecimal. */
    key: string;
    generation: string;
  };
  /** File with age recipients, one a line: the keys that can read a backup. Their private halves are on no host. */
  recipients: string;
  /** Folders of the kind `configuration`. */
  paths: string[];
  /** Only where oned's database is. */
  database?: {
    name: string;
    /** Files without which a restored database is of no use: passwords of OpenNebula's own services. */
    credentials: string;
    /** Units that must not run while the database is replaced, in the order in which they start. */
    units: string[];
  };
  /** Only where OpenNebula's backups of VMs are. */
  vms?: VmSettings;
  /** Seconds; published beside what was reached. */
  objectives: { recoveryPoint: number; recoveryTime: number };
  /** Staged backups, status, what was shipped. */
  stateDirectory: string;
  cacheDirectory: string;
  /** Where a test of a restore has its own server and files. */
  scratchDirectory: string;
  /** Where the textfile collector reads. */
  metricsDirectory: string;
}

export interface VmSettings {
  /** Folder of the datastores. */
  datastores: string;
  /** Where they are copied to, as restic spells it. */
  repository: string;
  /** Of the repositories in the datastores: OpenNebula gives it to every hypervisor. */
  password: string;
  /** Of the copies; no other host has it. */
  copyPassword: string;
}

export function readSettings(file: string): Settings {
  return JSON.parse(readFileSync(file, "utf8")) as Settings;
}

/** @throws Error that lists the kinds. */
export function kindOf(word: string | undefined): Kind {
  const kind = KINDS.find((one) => one === word);
  if (kind === undefined) throw new Error(`kind "${word ?? ""}": one of ${KINDS.join(", ")}`);
  return kind;
}
