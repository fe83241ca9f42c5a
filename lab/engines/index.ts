// SPDX-License-Identifier: Apache-2.0
/** The engines that a lab can run its program with. */
import * as path from "node:path";

import { destroy, preview, refresh, stackExport, stackImport, stackOutput, up } from "../engine";
import type { Deployment, EngineOptions, EngineResult, StackOptions } from "../engine";
import { checkout } from "../hosts/layout";

/** Commands that work on resources. */
export type EngineCommand = "up" | "preview" | "refresh" | "destroy";

/** What a lab needs of an engine. Both work on the same state, and each goes on where the other has left off. */
export interface LabEngine {
  /**
   * Runs a command on a stack.
   *
   * @returns also when the run failed; `diagnostics` then say why
   * @throws Error for what is wrong before anything begins
   */
  operate(command: EngineCommand, options: EngineOptions): Promise<EngineResult>;
  /** The stack's outputs; secrets read `[secret]` unless asked for. */
  outputs(options: StackOptions, how: { showSecrets: boolean }): Promise<Record<string, unknown>>;
  /** The stack's deployment; secrets stay encrypted unless asked for. */
  export(options: StackOptions, how: { showSecrets: boolean }): Promise<Deployment>;
  /** Replaces the stack's state. @throws Error that says what is wrong with the deployment */
  import(options: StackOptions, deployment: Deployment): Promise<void>;
}

const commands = { up, preview, refresh, destroy };
const standIns = path.join(checkout, "lab", "plugins", "bin");

/** The engine of this repository, with stand-ins for the providers. */
export const embedded: LabEngine = {
  operate: (command, options) =>
    commands[command]({ ...options, pluginDirs: [standIns, ...(options.pluginDirs ?? [])] }),
  outputs: stackOutput,
  export: stackExport,
  import: stackImport,
};

/** Engines by name: the one of this repository, and the Pulumi CLI with the providers' own plugins. */
export const engineNames = ["embedded", "pulumi"] as const;

export type EngineName = (typeof engineNames)[number];

export async function openEngine(name: EngineName): Promise<LabEngine> {
  // The Automation API takes half a second to load.
  return name === "embedded" ? embedded : (await import("./pulumi-cli.js")).pulumiCli;
}
