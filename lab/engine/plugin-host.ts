// SPDX-License-Identifier: Apache-2.0
/** Finds and starts the plugin of a package. */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { PluginProcess, findExecutable, pathFolders } from "./plugin-process";
import type { LineSink } from "./plugin-process";
import { SDK_PRELOADS } from "./preloads";
import type { Project } from "./project";
import { ANSWER_LIMITS, PluginProvider } from "./provider-client";
import type { AnswerLimits } from "./provider-client";

/** The package of resources whose provider is part of the program. */
export const DYNAMIC_PACKAGE = "pulumi-nodejs";

export interface PluginHostOptions {
  project: Project;
  stack: string;
  engineAddress: string;
  /** Folders that are searched before PATH. */
  pluginDirs: string[];
  /** The environment of plugins. */
  env: NodeJS.ProcessEnv;
  onLine: LineSink;
  /** How long plugins may take to answer. @default ANSWER_LIMITS */
  limits?: Partial<AnswerLimits>;
}

export class PluginHost {
  private readonly running = new Set<PluginProvider>();

  constructor(private readonly options: PluginHostOptions) {}

  /** Starts a fresh process of the package's plugin and shakes hands. */
  async start(pkg: string, version: string): Promise<PluginProvider> {
    const { file, args } = pkg === DYNAMIC_PACKAGE ? this.dynamicCommand() : this.pluginCommand(pkg, version);
    const { project, stack, engineAddress, env, onLine } = this.options;
    const process = await PluginProcess.start(
      {
        label: `plugin ${pkg}`,
        file,
        args: [...args, engineAddress],
        cwd: project.programDir,
        env: {
          ...env,
          PULUMI_NODEJS_ORGANIZATION: "organization",
          PULUMI_NODEJS_PROJECT: project.name,
          PULUMI_NODEJS_STACK: stack,
        },
      },
      onLine,
    );
    const provider = new PluginProvider(process, { ...ANSWER_LIMITS, ...this.options.limits });
    this.running.add(provider);
    await provider.handshake({ engineAddress, pluginDir: dirname(file) });
    return provider;
  }

  private dynamicCommand(): { file: string; args: string[] } {
    const require = createRequire(join(this.options.project.programDir, "package.json"));
    const script = require.resolve("@pulumi/pulumi/cmd/dynamic-provider");
    return { file: process.execPath, args: [...SDK_PRELOADS, script] };
  }

  private pluginCommand(pkg: string, version: string): { file: string; args: string[] } {
    const name = `pulumi-resource-${pkg}`;
    const { project, pluginDirs, env } = this.options;
    const own = project.plugins.filter((entry) => entry.name === pkg).map((entry) => entry.path);
    const home = installedFolders(env.PULUMI_HOME ?? join(homedir(), ".pulumi"), pkg, version);
    const file = findExecutable(name, [...own, ...pluginDirs, ...pathFolders(env.PATH), ...home]);
    if (!file) throw new Error(`no resource plugin '${name}' found in the workspace or on your $PATH`);
    return { file, args: [] };
  }

  /** Asks every provider to end its operations soon. */
  async cancel(): Promise<void> {
    await Promise.all([...this.running].map((provider) => provider.cancel()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running].map((provider) => provider.stop()));
    this.running.clear();
  }
}

/** Plugins that the CLI has installed: the asked version first, else the newest ones. */
function installedFolders(home: string, pkg: string, version: string): string[] {
  const folder = join(home, "plugins");
  if (!existsSync(folder)) return [];
  const prefix = `resource-${pkg}-v`;
  const versions = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && !name.includes(".lock"))
    .map((name) => name.slice(prefix.length))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  const ordered = version ? versions.filter((candidate) => candidate === version) : versions;
  return ordered.map((candidate) => join(folder, prefix + candidate));
}
