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

import {
  preview,
  refresh,
  stackExport,
  stackImport,
  stackOutput,
  up,
  type EngineOptions,
  type EngineResult,
} from "./engine";
import type { LabLayout } from "./hosts/layout";
import { rememberUpdate } from "./last-update";
import { engineOptions, stackFile } from "./settings";

/** The lab's stack as day-two commands see one; to be used inside the operator's namespace. */
export class LabStack implements Stack {
  private readonly options: EngineOptions;

  /** @param project - folder of the Pulumi project. */
  constructor(
    private readonly layout: LabLayout,
    project: string,
  ) {
    this.options = engineOptions(layout, project);
  }

  get name(): string {
    return this.options.stack;
  }

  outputs(): Promise<Record<string, unknown>> {
    return stackOutput(this.options, { showSecrets: true });
  }

  async config(): Promise<unknown> {
    const file = parse(readFileSync(stackFile(this.layout), "utf8")) as { config?: Record<string, unknown> };
    return Promise.resolve(file.config?.["opennebula-scaleway:cloud"]);
  }

  async preview(): Promise<StackChanges> {
    return changes("preview", await preview(this.options));
  }

  async refresh(): Promise<StackChanges> {
    return changes("refresh", await refresh(this.options));
  }

  async refreshPreview(): Promise<ResourceDrift[]> {
    const found: ResourceDrift[] = [];
    const result = await refresh({
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
    const result = await up({ ...this.options, replace });
    rememberUpdate(this.layout, startedAt, result);
    return changes("up", result);
  }

  async forget(urns: readonly string[]): Promise<void> {
    await stackImport(this.options, withoutResources(await stackExport(this.options), urns));
  }

  async export(): Promise<StackResource[]> {
    const { resources } = await stackExport(this.options, { showSecrets: true });
    return (resources ?? []).map(({ urn, type, id, created, inputs, outputs }) => ({
      urn,
      type,
      id,
      created,
      inputs: reveal(inputs) as Record<string, unknown> | undefined,
      outputs: reveal(outputs) as Record<string, unknown> | undefined,
    }));
  }
}

function changes(command: string, { exitCode, summary, diagnostics }: EngineResult): StackChanges {
  if (exitCode !== 0) throw new Error(`${command} failed:\n${diagnostics.join("\n")}`);
  return summary;
}
