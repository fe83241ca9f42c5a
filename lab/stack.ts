// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

import { parse } from "yaml";

import {
  driftOf,
  reveal,
  withoutResources,
  type ResourceDrift,
  type Stack,
  type StackChanges,
  type StackResource,
} from "../operations";

import type { EngineOptions, EngineResult } from "./engine";
import { embedded, type LabEngine } from "./engines";
import type { LabLayout } from "./hosts/layout";
import { rememberUpdate } from "./last-update";
import { engineOptions, stackFile } from "./settings";

/** The lab's stack as day-two commands see one; to be used inside the operator's namespace. */
export class LabStack implements Stack {
  private readonly options: EngineOptions;

  /**
   * @param project - folder of the Pulumi project.
   * @param pluginDirs - folders of plugins that the engine is given beside those of PATH.
   */
  constructor(
    private readonly layout: LabLayout,
    project: string,
    private readonly engine: LabEngine = embedded,
    pluginDirs: string[] = [],
  ) {
    this.options = { ...engineOptions(layout, project), pluginDirs };
  }

  get name(): string {
    return this.options.stack;
  }

  outputs(): Promise<Record<string, unknown>> {
    return this.engine.outputs(this.options, { showSecrets: true });
  }

  async config(): Promise<unknown> {
    const file = parse(readFileSync(stackFile(this.layout), "utf8")) as { config?: Record<string, unknown> };
    return Promise.resolve(file.config?.["opennebula-scaleway:cloud"]);
  }

  async preview(): Promise<StackChanges> {
    return changes("preview", await this.engine.operate("preview", this.options));
  }

  async refresh(): Promise<StackChanges> {
    return changes("refresh", await this.engine.operate("refresh", this.options));
  }

  async refreshPreview(): Promise<ResourceDrift[]> {
    const found: ResourceDrift[] = [];
    const result = await this.engine.operate("refresh", {
      ...this.options,
      previewOnly: true,
      onEvent: (event) => {
        if (event.event === "resourceOutputs") found.push(...driftOf(event));
      },
    });
    changes("refresh", result);
    return found;
  }

  async up(replace?: string[]): Promise<StackChanges> {
    const startedAt = Date.now() / 1000;
    const result = await this.engine.operate("up", { ...this.options, replace });
    rememberUpdate(this.layout, startedAt, result);
    return changes("up", result);
  }

  async forget(urns: readonly string[]): Promise<void> {
    const deployment = await this.engine.export(this.options, { showSecrets: false });
    await this.engine.import(this.options, withoutResources(deployment, urns));
  }

  async export(): Promise<StackResource[]> {
    const { resources } = await this.engine.export(this.options, { showSecrets: true });
    return (resources ?? []).map(({ urn, type, id, created, delete: isOld, inputs, outputs }) => ({
      urn,
      type,
      id,
      created,
      ...(isOld && { delete: true }),
      inputs: reveal(inputs) as Record<string, unknown> | undefined,
      outputs: reveal(outputs) as Record<string, unknown> | undefined,
    }));
  }
}

function changes(command: string, { exitCode, summary, diagnostics }: EngineResult): StackChanges {
  if (exitCode !== 0) throw new Error(`${command} failed:\n${diagnostics.join("\n")}`);
  return summary;
}
