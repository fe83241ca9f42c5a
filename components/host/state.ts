// SPDX-License-Identifier: Apache-2.0
import type { Text } from "./text";

/**
 * What one layer wants of one host. Plain data: rendered by a layer's `render.ts`, merged by `merge.ts`, carried to the host
 * by `converge.ts` and applied there by the converger (`onhost/converger`), in this order:
 * repositories, groups, users, packages, kernel modules, sysctls, directories, files, settings, blocks, then `sequence`.
 * Packages never start their services by themselves (policy-rc.d): only `sequence` starts anything.
 */
export interface HostState {
  /** apt repositories by name: `/etc/apt/sources.list.d/<name>.sources` with `Signed-By`. */
  repositories?: Record<string, AptRepository>;
  /** apt settings by name: `/etc/apt/apt.conf.d/<name>`, written before any other use of apt. */
  aptSettings?: Record<string, Text>;
  /** Debian packages by name; the value is a version constraint for apt (`"*"` = any, `"7.0.*"` = pinned by prefix). */
  packages?: Record<string, string>;
  groups?: Record<string, Group>;
  users?: Record<string, User>;
  kernelModules?: string[];
  sysctls?: Record<string, string>;
  /** By absolute path. */
  directories?: Record<string, Directory>;
  /** Whole files that this layer owns, by absolute path. */
  files?: Record<string, FileEntry>;
  /** Files that a package owns and of which this layer sets some keys, by absolute path. */
  settings?: Record<string, Settings>;
  /** A marked block in a file that others own too (e.g. `/etc/hosts`), by absolute path. */
  blocks?: Record<string, Block>;
  /** Units and guarded actions, in the order in which they must hold. */
  sequence?: Step[];
  /** Present on layers that can lock the operator out: applied with automatic rollback unless confirmed. */
  commitConfirm?: CommitConfirm;
}

export interface AptRepository {
  uri: string;
  suites: string[];
  components: string[];
  /** Armoured public key, or the address it is fetched from at the first apply. */
  key: { armored: string } | { url: string; fingerprint?: string };
}

export interface Group {
  gid?: number;
  system?: boolean;
}

export interface User {
  uid?: number;
  /** Primary group; default: a group of the same name. */
  group?: string;
  /** Supplementary groups, added to those the user is in. */
  groups?: string[];
  home?: string;
  shell?: string;
  system?: boolean;
}

export interface Directory {
  /** @default "root" */
  owner?: string;
  /** @default "root" */
  group?: string;
  /** Octal text. @default "0755" */
  mode?: string;
}

export interface FileEntry {
  content: Text;
  /** @default "root" */
  owner?: string;
  /** @default "root" */
  group?: string;
  /** Octal text. @default "0644" */
  mode?: string;
  /** The content is never shown in reports, diffs or errors. */
  secret?: boolean;
  /** Command that judges the new content before it takes its place; `{}` is the temporary file. Runs without a shell. */
  validate?: string[];
}

/** Syntax of a file that is edited by key. */
export enum SettingsSyntax {
  /** oned.conf: `KEY = value`, vectors `KEY = [ A = "1", B = "2" ]`; paths `["DB", "BACKEND"]`. */
  Oned = "oned",
  /** YAML edited line by line, nested mappings only; keys as written, e.g. `[":server", ":bind"]`. */
  Yaml = "yaml",
  /** INI: `[section, key]`; `["", key]` before the first section. */
  Ini = "ini",
  /** `KEY=value` shell-like files such as /etc/default/x and `Key value` files such as sshd_config are not covered: own a drop-in instead. */
  Shell = "shell",
}

export interface Settings {
  syntax: SettingsSyntax;
  /** Values are written as given: quoting is the render's affair (`"\"mysql\""`). */
  set: { path: string[]; value: Text }[];
  secret?: boolean;
}

export interface Block {
  content: Text;
  /** The name in the markers; default: the layer's. */
  marker?: string;
}

export type Step = UnitStep | ActionStep;

/** A systemd unit and how it must stand when this step is reached. */
export interface UnitStep {
  /** Full name, e.g. `mariadb.service`. */
  unit: string;
  /** @default "active" */
  state?: "active" | "inactive" | "any";
  /** @default "enabled" where `state` is `active`, else "any" */
  enabled?: "enabled" | "disabled" | "masked" | "any";
  /**
   * Paths of files, settings and blocks of this layer, names of packages (`package:mariadb-server`) and of actions (`action:x`)
   * whose change restarts the unit. Nothing else ever restarts it.
   */
  restartOn?: string[];
  /** Use `reload` where the unit can, for the same changes. @default false */
  reload?: boolean;
  /** Ready only when this answers: `tcp:127.0.0.1:3306`, `http://127.0.0.1:2616/`, `file:/path`. */
  ready?: string;
  /** Seconds until the unit must be active and ready. @default 90 */
  timeoutSeconds?: number;
}

/** Something that no declarative entry expresses. */
export interface ActionStep {
  /** Stable name, shown in reports. */
  action: string;
  /** Read-only shell text; exit status 0 means that `run` is needed. Also what `--check` asks. */
  needed: string;
  /** Shell text run by `bash -euo pipefail`; afterwards `needed` must say no, or the layer fails. */
  run: string;
  /** Shell text that takes the effect back when the layer is undone or the action leaves the state; remembered on the host. */
  undo?: string;
  /** Environment of both, for values that must not stand in the text. */
  environment?: Record<string, Text>;
  /** @default "root" */
  user?: string;
  /** @default 120 */
  timeoutSeconds?: number;
  /** Changes of these (same words as {@link UnitStep.restartOn}) make the action needed too. */
  rerunOn?: string[];
}

/**
 * Protection against locking the operator out. `apply` saves what the layer's files were, applies, runs `activate` and arms a
 * rollback; a *new* connection must confirm before the deadline, else files are put back and `restore` runs. The rollback
 * survives a reboot.
 */
export interface CommitConfirm {
  /** Seconds until the rollback; the clock starts after `activate`. */
  deadlineSeconds: number;
  /** Shell text that puts the new files into effect. */
  activate: string;
  /** Shell text that puts the old files into effect again. */
  restore: string;
  /** Like {@link UnitStep.restartOn}: `activate` runs only if one of these changed. */
  activateOn: string[];
}

/** The one JSON document that the converger prints. */
export interface ConvergeAnswer {
  ok: boolean;
  host: string;
  layer: string;
  /** Of the state that was applied: sha256 hex of the bundle; what `confirm` must present. */
  hash: string;
  changed: Change[];
  /** Units restarted or reloaded. */
  restarted: string[];
  /** Units that systemd does not start here because a condition of theirs is not met (e.g. no clock to set in a container). */
  conditionUnmet: string[];
  /** Versions of the packages that the state names. */
  versions: Record<string, string>;
  /** Values that actions publish by writing `$CONVERGER_FACTS/<name>`. */
  facts: Record<string, string>;
  seconds: number;
  error?: { step: string; message: string; lastLines: string[] };
}

export interface Change {
  /** `file`, `setting`, `block`, `package`, `unit`, `action`, `sysctl`, `repository`, ... */
  kind: string;
  /** Path or name. */
  id: string;
  /** `created`, `updated`, `removed`, `restarted`, `ran`, ...; with `--check` what would be done. */
  what: string;
  /** For people; never holds a secret. */
  detail?: string;
}
