// SPDX-License-Identifier: Apache-2.0
import type { Manifest } from "./manifest";

/** What a restore puts back on a host; of `vms` it only proves that the copies are what was sealed: OpenNebula puts them back. */
export type RestoreKind = "database" | "configuration" | "vms";

/** One encrypted file, in the order in which a restore takes them. */
export interface RestoreStep {
  /** Where it lies; more than one when somebody has stored the same manifest again. */
  places: { snapshot: string; folder: string }[];
  name: string;
  role: "dump" | "credentials" | "binlog" | "archive";
  sha256: string;
  bytes: number;
  /** Of the first binary log: where the dump ends in it. */
  startPosition?: number;
}

/** A restore before it begins; the operator's side makes it, of authentic backups alone. */
export interface RestorePlan {
  kind: RestoreKind;
  /** Of the host that was backed up. */
  host: string;
  snapshot: string;
  manifest: Manifest;
  steps: RestoreStep[];
  /** Seconds since 1970: what was written later is lost. */
  until: number;
  /** Why it ends there, when there are later logs that cannot be used. */
  gap?: string;
}
