// SPDX-License-Identifier: Apache-2.0
/** What must be installed on this machine before the lab's program can run on the Pulumi CLI. */
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

import { checkout } from "../hosts/layout";

/** A provider's plugin, as its SDK asks for it. */
interface PluginNeed {
  name: string;
  version: string;
  /** Where the CLI finds it, unless that is Pulumi's own place. */
  server?: string;
}

/** Plugins of the SDKs that a project depends on. */
function neededPlugins(project: string): PluginNeed[] {
  const read = <T>(file: string): T => JSON.parse(readFileSync(file, "utf8")) as T;
  interface Package {
    version: string;
    pulumi?: { resource?: boolean; name?: string; version?: string; server?: string };
    peerDependencies?: Record<string, string>;
    dependencies?: Record<string, string>;
  }
  const own = read<Package>(path.join(project, "package.json"));
  const names = Object.keys({ ...own.dependencies, ...own.peerDependencies });
  return names.flatMap((name): PluginNeed[] => {
    const file = path.join(project, "node_modules", name, "package.json");
    const { version, pulumi } = existsSync(file) ? read<Package>(file) : { version: "", pulumi: undefined };
    if (pulumi?.resource !== true || pulumi.name === undefined) return [];
    return [{ name: pulumi.name, version: pulumi.version ?? version, server: pulumi.server }];
  });
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The folder of PATH, or one of those given, that holds a program. */
function folderOf(program: string, folders: readonly string[]): string | undefined {
  return folders.find((folder) => isProgram(path.join(folder, program)));
}

/** Where a run of the Pulumi CLI finds its plugins. */
export interface CliInstallation {
  /** Folders beside those of PATH: plugins that `pulumi plugin install` has put away. */
  pluginFolders: string[];
}

/**
 * Looks for the CLI, its language host and the plugins of the project's SDKs: on PATH, and where `pulumi plugin install` puts them.
 *
 * @param environment - the environment of the person, not the lab's
 * @param project - folder with package.json and node_modules. @default the checkout
 * @throws Error that names all that is missing and how it is installed
 */
export function findCli(environment: NodeJS.ProcessEnv = process.env, project: string = checkout): CliInstallation {
  const onPath = (environment.PATH ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const home = environment.PULUMI_HOME ?? path.join(environment.HOME ?? homedir(), ".pulumi");
  const missing: string[] = [];
  for (const program of ["pulumi", "pulumi-language-nodejs"]) {
    if (folderOf(program, onPath) === undefined)
      missing.push(`${program}: comes with the Pulumi CLI, https://www.pulumi.com/docs/install/`);
  }
  const pluginFolders: string[] = [];
  for (const { name, version, server } of neededPlugins(project)) {
    const program = `pulumi-resource-${name}`;
    if (folderOf(program, onPath) !== undefined) continue;
    const installed = folderOf(program, [path.join(home, "plugins", `resource-${name}-v${version}`)]);
    const from = server === undefined ? "" : ` --server ${server}`;
    if (installed === undefined) missing.push(`${program}: pulumi plugin install resource ${name} ${version}${from}`);
    else pluginFolders.push(installed);
  }
  if (missing.length > 0) {
    const list = missing.map((one) => `  - ${one}`).join("\n");
    throw new Error(
      `engine "pulumi": the Pulumi CLI cannot be used on this machine, nothing was run. Missing:\n${list}`,
    );
  }
  return { pluginFolders };
}
