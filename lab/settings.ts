// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import type { EngineOptions } from "./engine";
import { checkout, ports } from "./hosts/layout";
import type { LabLayout } from "./hosts/layout";
import { newCredentials, type EmulatorCredentials } from "./scaleway";

/** Name of the stack that a lab deploys. */
export const stackName = "lab";

/** The lab's copy of Pulumi.lab.yaml: what it deploys, and what `add` and `remove` edit. */
export function stackFile(layout: LabLayout): string {
  return path.join(layout.directory, "Pulumi.lab.yaml");
}

/** Where the state of the lab's emulated account is. */
export function emulatorState(layout: LabLayout): string {
  return path.join(layout.directory, "scaleway.json");
}

function originHash(project: string): string {
  return createHash("sha256")
    .update(readFileSync(path.join(project, "Pulumi.lab.yaml")))
    .digest("hex");
}

/**
 * Makes the lab's folder: stack file, keys of the emulated account, passphrase. What exists is left alone.
 *
 * @param project - folder of the Pulumi project. @default the checkout
 * @returns a notice if the project's stack file has changed since the lab took its copy
 */
export function prepareSettings(layout: LabLayout, project: string = checkout): string | undefined {
  mkdirSync(layout.directory, { recursive: true });
  chmodSync(layout.directory, 0o700);
  const folders = [layout.hostsDirectory, layout.runDirectory, layout.logDirectory, layout.repositoryDirectory];
  for (const folder of [...folders, homeDirectory(layout), backendDirectory(layout)])
    mkdirSync(folder, { recursive: true });
  writeOnce(credentialsFile(layout), () => `${JSON.stringify(newCredentials(), undefined, 2)}\n`);
  writeOnce(passphraseFile(layout), () => randomBytes(24).toString("base64url"));
  const taken = path.join(layout.directory, "stack-origin");
  if (!existsSync(stackFile(layout))) {
    copyFileSync(path.join(project, "Pulumi.lab.yaml"), stackFile(layout));
    writeFileSync(taken, originHash(project));
  } else if (existsSync(taken) && readFileSync(taken, "utf8") !== originHash(project)) {
    return (
      "Pulumi.lab.yaml has changed since this lab took its copy; the lab goes on with " +
      `${path.relative(process.cwd(), stackFile(layout))} (delete that file to take the new one)`
    );
  }
  return undefined;
}

/** Writes a private file unless it is there, complete or not at all. */
function writeOnce(file: string, content: () => string): void {
  if (existsSync(file)) return;
  writeFileSync(`${file}.new`, content(), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function credentialsFile(layout: LabLayout): string {
  return path.join(layout.directory, "credentials.json");
}

function passphraseFile(layout: LabLayout): string {
  return path.join(layout.directory, "passphrase");
}

function backendDirectory(layout: LabLayout): string {
  return path.join(layout.directory, "state");
}

/** HOME of what runs for the lab, so that nobody's own SSH, Scaleway or Pulumi settings take part. */
function homeDirectory(layout: LabLayout): string {
  return path.join(layout.directory, "home");
}

/** Keys of the emulated account. */
export function credentials(layout: LabLayout): EmulatorCredentials {
  return JSON.parse(readFileSync(credentialsFile(layout), "utf8")) as EmulatorCredentials;
}

/** Options of the engine for the lab's stack; to be used inside the operator's namespace. */
export function engineOptions(layout: LabLayout, project: string = checkout): EngineOptions {
  const account = credentials(layout);
  return {
    projectDir: project,
    stack: stackName,
    configFile: stackFile(layout),
    backendDir: backendDirectory(layout),
    passphrase: readFileSync(passphraseFile(layout), "utf8"),
    env: {
      SCW_API_URL: `http://127.0.0.1:${ports.emulator}`,
      SCW_S3_ENDPOINT: `http://127.0.0.1:${ports.emulator}`,
      SCW_ACCESS_KEY: account.accessKey,
      SCW_SECRET_KEY: account.secretKey,
      SCW_DEFAULT_ORGANIZATION_ID: account.organizationId,
      // What the provider's own configuration reads.
      SCW_ORGANIZATION_ID: account.organizationId,
      SCW_DEFAULT_PROJECT_ID: account.projectId,
    },
  };
}

/**
 * Options of the engine for another program that is tried on the lab, beside the cloud's own: the same state, so that it finds the
 * cloud by a stack reference, and `opennebula-scaleway` is this checkout.
 *
 * @param folder - of the Pulumi project; its Pulumi.lab.yaml is copied once, if it has one.
 */
export function programOptions(layout: LabLayout, folder: string): EngineOptions {
  const options = engineOptions(layout);
  const own = path.join(folder, "Pulumi.lab.yaml");
  const configFile = path.join(layout.directory, "programs", `${path.basename(folder)}.yaml`);
  mkdirSync(path.dirname(configFile), { recursive: true });
  writeOnce(configFile, () => (existsSync(own) ? readFileSync(own, "utf8") : ""));
  return {
    ...options,
    projectDir: folder,
    configFile,
    pluginDirs: [path.join(checkout, "provider")],
    env: { ...options.env, TSX_TSCONFIG_PATH: path.join(checkout, "lab", "program.tsconfig.json") },
  };
}

/** The whole environment of what runs for the lab: nothing of the caller's account or clouds is passed on. */
export function cleanEnvironment(layout: LabLayout): Record<string, string> {
  const kept = ["PATH", "LANG", "TERM", "TMPDIR", "NO_COLOR", "FORCE_COLOR", "COLUMNS"];
  const own = Object.entries(process.env).flatMap(([key, value]) =>
    kept.includes(key) && value ? [[key, value]] : [],
  );
  return { ...(Object.fromEntries(own) as Record<string, string>), HOME: homeDirectory(layout) };
}
