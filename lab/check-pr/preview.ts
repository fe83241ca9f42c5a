// SPDX-License-Identifier: Apache-2.0
/** The preview of a stack file with the policy pack: no account, no passphrase, no Pulumi CLI. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { preview, type EngineEvent } from "../engine";
import { NOBODY } from "../engine/testing";
import type { Preview } from "./report";

/** Stands for a secret that only the holders of the passphrase know. */
const UNKNOWN_SECRET = "unknown-secret";

/** A stack file whose secrets nobody needs to decrypt: forks have no passphrase. */
export function withoutSecrets(stackFile: string): string {
  const {
    encryptionsalt: _salt,
    secretsprovider: _provider,
    encryptedkey: _key,
    ...rest
  } = (parse(stackFile) ?? {}) as {
    encryptionsalt?: string;
    secretsprovider?: string;
    encryptedkey?: string;
  };
  return stringify(replaced(rest));
}

function replaced(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(replaced);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]![0] === "secure") return UNKNOWN_SECRET;
  return Object.fromEntries(entries.map(([key, item]) => [key, replaced(item)]));
}

export interface PreviewRequest {
  projectDir: string;
  /** Checkout whose policies and plugins judge. */
  judge: string;
  stack: string;
  /** Text of the stack file. */
  stackFile: string;
  /** Configuration of the policy pack: levels and thresholds by policy. */
  policyConfig?: string;
}

/** Previews a stack on an empty state and has every policy judge it. */
export async function previewStack(request: PreviewRequest): Promise<Preview> {
  const { projectDir, judge, stack, stackFile, policyConfig } = request;
  const folder = mkdtempSync(join(tmpdir(), "opennebula-scaleway-check-"));
  const resources: Record<string, string> = {};
  const violations: Preview["violations"] = [];
  const onEvent = (event: EngineEvent): void => {
    if (event.event === "resourceOutputs" && event.type !== "pulumi:pulumi:Stack") resources[event.urn] = event.type;
    if (event.event !== "policyEvent") return;
    const { policyName: policy, enforcementLevel: level, resourceUrn: resource = "", message } = event;
    violations.push({ policy, level, resource, message });
  };
  try {
    const configFile = join(folder, `Pulumi.${stack}.yaml`);
    writeFileSync(configFile, withoutSecrets(stackFile));
    const result = await preview({
      projectDir,
      stack,
      configFile,
      backendDir: join(folder, "state"),
      passphrase: "preview",
      pluginDirs: [join(judge, "lab/plugins/bin")],
      policyPacks: [{ dir: join(judge, "policies"), configFile: policyConfig }],
      env: { ...NOBODY },
      onEvent,
    });
    const succeeded = result.exitCode === 0;
    return { stack, succeeded, errors: succeeded ? [] : result.diagnostics, violations, resources };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
