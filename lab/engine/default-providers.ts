// SPDX-License-Identifier: Apache-2.0
/** Providers that nobody registers: one for each package and version, made before its first use. */
import type { Generator } from "./generator";
import { DYNAMIC_PACKAGE } from "./plugin-host";
import { BUILTIN_PACKAGE } from "./provider-registry";
import type { Run } from "./run";
import type { Goal } from "./types";
import { providerType } from "./urn";
import { makeSecret } from "./values";
import type { Props } from "./values";

/** A goal in which everything optional is left open. */
export function plainGoal(type: string, name: string, inputs: Props): Goal {
  return {
    type,
    name,
    inputs,
    parent: "",
    custom: true,
    dependencies: [],
    propertyDependencies: {},
    provider: "",
    ignoreChanges: [],
    replaceOnChanges: [],
    hideDiff: [],
    additionalSecretOutputs: [],
    aliases: [],
    importId: "",
    customTimeouts: {},
    deletedWith: "",
    replaceWith: [],
    hooks: {},
  };
}

/** A version among a provider's inputs, with the mark that the engine put it there. */
export function withVersion(inputs: Props, version: string): Props {
  return version ? { ...inputs, version, __internal: {} } : inputs;
}

/** What stands for the default provider of a package where the configuration allows none. */
const DENIED = "denied::";

/** The package whose default provider a reference says is not allowed. */
export function deniedPackage(reference: string): string | undefined {
  return reference.startsWith(DENIED) ? reference.slice(DENIED.length) : undefined;
}

/** Packages that `pulumi:disable-default-providers` names; `*` stands for all of them. */
function deniedPackages(text: string | undefined): string[] {
  if (!text) return [];
  const key = "pulumi:disable-default-providers";
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list) || list.some((entry) => typeof entry !== "string"))
    throw new Error(`${key} must be a JSON list of package names, such as ["aws"] or ["*"]`);
  return (list as string[]).map((entry) => entry.trim());
}

export class DefaultProviders {
  private readonly made = new Map<string, Promise<string>>();

  constructor(
    private readonly run: Run,
    private readonly generator: Generator,
  ) {}

  /** The reference of the default provider of a package, or one that says that there must be none. */
  async get(pkg: string, version: string): Promise<string> {
    if (pkg !== BUILTIN_PACKAGE) {
      const denied = deniedPackages(this.run.config.values["pulumi:disable-default-providers"]);
      if (denied.includes("*") || denied.includes(pkg)) return DENIED + pkg;
    }
    const key = `${pkg}@${version}`;
    let reference = this.made.get(key);
    if (!reference) {
      reference = this.make(pkg, version);
      this.made.set(key, reference);
    }
    return reference;
  }

  private async make(pkg: string, version: string): Promise<string> {
    const name = version ? `default_${version.replace(/[.+-]/g, "_")}` : "default";
    const inputs = withVersion(this.configOf(pkg), version);
    const { state } = await this.generator.register(plainGoal(providerType(pkg), name, inputs));
    return `${state.urn}::${state.id ?? ""}`;
  }

  /** The stack's configuration for a package; that of dynamic providers is the whole of it. */
  private configOf(pkg: string): Props {
    const { values, secretKeys } = this.run.config;
    const config: Props = {};
    if (pkg === BUILTIN_PACKAGE) return config;
    for (const [key, text] of Object.entries(values)) {
      const [namespace, ...rest] = key.split(":");
      if (pkg !== DYNAMIC_PACKAGE && namespace !== pkg) continue;
      const name = pkg === DYNAMIC_PACKAGE ? key : rest.join(":");
      config[name] = secretKeys.has(key) ? makeSecret(text) : text;
    }
    return config;
  }
}
