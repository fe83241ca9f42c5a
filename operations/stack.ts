// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LocalWorkspace, type Stack as PulumiStack } from "@pulumi/pulumi/automation";
import { withoutResources } from "./deployment";

/** How many resources an operation touched, by what happened to them. */
export interface StackChanges {
  same: number;
  create: number;
  update: number;
  delete: number;
  replace: number;
}

/** A resource in an exported state; secrets are envelopes with their plain text, see {@link reveal}. */
export interface StackResource {
  urn: string;
  type: string;
  id?: string;
  /** When the state first had it, ISO 8601. */
  created?: string;
  /** Its successor is in the state too, and the next run deletes this one: what a run leaves that was killed before. */
  delete?: boolean;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** A resource that is not as the stack's state says, found by asking its provider. */
export interface ResourceDrift {
  urn: string;
  type: string;
  what: "changed" | "gone";
  /** Names of the properties that differ; never their values. */
  properties: string[];
}

/** The one door to a stack: what day-two commands need of it. The lab has an implementation of its own. */
export interface Stack {
  readonly name: string;
  /** The program's outputs, secrets in plain. */
  outputs(): Promise<Record<string, unknown>>;
  /** The value of `opennebula-scaleway:cloud`. */
  config(): Promise<unknown>;
  preview(): Promise<StackChanges>;
  refresh(): Promise<StackChanges>;
  /** What {@link refresh} would take into the state; changes nothing. */
  refreshPreview(): Promise<ResourceDrift[]>;
  /** @param replace - URNs of resources to make anew although nothing in them changed. */
  up(replace?: string[]): Promise<StackChanges>;
  /** The state, with secrets. It is held in memory only. */
  export(): Promise<StackResource[]>;
  /** Takes resources out of the state and leaves alone what they stand for. @param urns - none of them may have children. */
  forget(urns: readonly string[]): Promise<void>;
}

/** Where a stack is found. */
export interface StackLocation {
  name: string;
  /** Directory of the program. @default the current one */
  directory?: string;
}

/**
 * Opens an existing stack through Pulumi's Automation API; the Pulumi CLI must be installed and logged in to the stack's backend.
 *
 * @throws Error when the CLI is missing or has no such stack.
 */
export async function openStack({ name, directory = process.cwd() }: StackLocation): Promise<Stack> {
  const stack = await LocalWorkspace.selectStack({ stackName: name, workDir: directory });
  return new AutomationStack(stack);
}

class AutomationStack implements Stack {
  constructor(private readonly stack: PulumiStack) {}

  get name(): string {
    return this.stack.name;
  }

  async outputs(): Promise<Record<string, unknown>> {
    const outputs = await this.stack.outputs();
    return Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value as unknown]));
  }

  async config(): Promise<unknown> {
    const { value } = await this.stack.getConfig("opennebula-scaleway:cloud");
    return JSON.parse(value) as unknown;
  }

  async preview(): Promise<StackChanges> {
    return changes((await this.stack.preview()).changeSummary);
  }

  async refresh(): Promise<StackChanges> {
    return changes((await this.stack.refresh()).summary.resourceChanges);
  }

  async refreshPreview(): Promise<ResourceDrift[]> {
    const found: ResourceDrift[] = [];
    await this.stack.previewRefresh({
      onEvent: ({ resOutputsEvent }) => {
        if (resOutputsEvent) found.push(...driftOf(resOutputsEvent.metadata));
      },
    });
    return found;
  }

  async up(replace?: string[]): Promise<StackChanges> {
    return changes((await this.stack.up({ replace })).summary.resourceChanges);
  }

  async forget(urns: readonly string[]): Promise<void> {
    const state = await this.stack.exportStack();
    const deployment = withoutResources(state.deployment as { resources?: unknown[] }, urns);
    await this.stack.importStack({ ...state, deployment });
  }

  /** The API's own export leaves secrets encrypted; the CLI opens them. */
  async export(): Promise<StackResource[]> {
    const { workspace } = this.stack;
    const args = ["stack", "export", "--show-secrets", "--stack", this.stack.name];
    const { stdout } = await promisify(execFile)(workspace.pulumiCommand.command, args, {
      cwd: workspace.workDir,
      env: { ...process.env, ...workspace.envVars },
      maxBuffer: 1024 * 1024 * 1024,
    });
    return (JSON.parse(stdout) as { deployment: { resources?: StackResource[] } }).deployment.resources ?? [];
  }
}

/** A step of a refresh as drift: none where it found the resource the same. */
export function driftOf(step: {
  op: string;
  urn: string;
  type: string;
  diffs?: string[];
  detailedDiff?: Record<string, unknown> | null;
}): ResourceDrift[] {
  const { op, urn, type, diffs = [], detailedDiff } = step;
  if (op !== "update" && op !== "delete") return [];
  const properties = [...new Set([...diffs, ...Object.keys(detailedDiff ?? {})])].sort();
  return [{ urn, type, what: op === "delete" ? "gone" : "changed", properties }];
}

function changes(summary: Partial<Record<string, number>> | undefined): StackChanges {
  const count = (operation: string): number => summary?.[operation] ?? 0;
  return {
    same: count("same"),
    create: count("create"),
    update: count("update"),
    delete: count("delete"),
    replace: count("replace"),
  };
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** A value of an exported state without its secret envelopes. */
export function reveal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reveal);
  if (value === null || typeof value !== "object") return value;
  const node = value as Record<string, unknown>;
  if (node[SIGNATURE] === SECRET) return reveal("plaintext" in node ? JSON.parse(String(node.plaintext)) : node.value);
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, reveal(item)]));
}
