// SPDX-License-Identifier: Apache-2.0
// Writes what is derived from other files: `npm run generate`. With `--check` it writes nothing and fails when something is out of date.
import { readFileSync, writeFileSync, existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { compileFromFile } from "json-schema-to-typescript";
import { format, resolveConfig } from "prettier";
import { parse } from "yaml";
import { renderSchema } from "../provider/schema";
import { renderAlertsDoc } from "./alerts-doc";
import { renderArchitectureDoc } from "./architecture-doc";
import { renderDashboard, subjects } from "./dashboards";
import { renderCloudSdk } from "./cloud-sdk";
import { renderSecretsDoc } from "./secrets-doc";
import { renderComplianceDoc, renderPoliciesDoc } from "./security-doc";
import { renderServicesDoc } from "./services-doc";

const root = resolve(__dirname, "..");
const banner = "// Generated from stack.schema.json by `npm run generate`; do not edit.";

/** Writes a file that differs from what it should be, or fails when only checking. */
function settle(path: string, wanted: string): void {
  const current = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (current === wanted) return;
  if (process.argv.includes("--check"))
    throw new Error(`${relative(root, path)} is out of date: run \`npm run generate\``);
  writeFileSync(path, wanted);
}

/** The cloud in a stack file of this repository. */
function stackConfig(stack: string): unknown {
  const file = parse(readFileSync(resolve(root, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Record<string, unknown>;
  };
  return file.config["opennebula-scaleway:cloud"];
}

async function main(): Promise<void> {
  const types = await compileFromFile(resolve(root, "config/stack.schema.json"), {
    bannerComment: banner,
    additionalProperties: false,
    format: true,
    ignoreMinAndMaxItems: true,
    style: { printWidth: 120 },
  });
  // typedoc knows no such tag, and the schema says it.
  settle(resolve(root, "config/stack.gen.ts"), types.replace(/^ +\*\n +\* @minItems.*\n/gm, ""));
  for (const [name, text] of Object.entries(renderCloudSdk())) {
    const path = resolve(root, "components/cloud", name);
    settle(path, await format(text, { ...(await resolveConfig(path)), parser: "typescript" }));
  }
  for (const [name, text] of Object.entries({
    "docs/security/services.md": renderServicesDoc(),
    "docs/security/policies.md": renderPoliciesDoc(),
    "docs/security/compliance.md": renderComplianceDoc(root),
    "docs/operations/alerts.md": renderAlertsDoc(),
    "docs/operations/secrets-inventory.md": renderSecretsDoc(),
    "docs/architecture/diagrams.md": renderArchitectureDoc(stackConfig("prod"), "prod"),
  })) {
    const path = resolve(root, name);
    settle(path, await format(text, { ...(await resolveConfig(path)), parser: "markdown" }));
  }
  for (const subject of subjects) {
    const file = resolve(root, `onhost/grafana/dashboards/${subject.uid}.json`);
    settle(
      file,
      await format(JSON.stringify(renderDashboard(subject)), { ...(await resolveConfig(file)), parser: "json" }),
    );
  }
  settle(resolve(root, "provider/schema.json"), `${JSON.stringify(renderSchema(), null, 2)}\n`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
