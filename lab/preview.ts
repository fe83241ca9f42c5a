// SPDX-License-Identifier: Apache-2.0
// `npm run preview [-- --stack prod] [--host fe] [--json]`: the whole plan of a stack, without hosts, account or privileges.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { parse } from "yaml";
import { egressOf, servicesOf } from "../catalogue";
import { plannedLayers, planCloud, type PlannedLayer } from "../components/cloud-plan";
import { configuredDestinations } from "../components/egress";
import { previewState } from "../components/host";
import { ConfigProblems, parseCloud, type Cloud } from "../config";
import { preview } from "./engine";
import { NOBODY } from "./engine/testing";

const root = resolve(__dirname, "..");
const UNKNOWN_PROJECT = NOBODY.SCW_DEFAULT_PROJECT_ID!;

interface Options {
  stack: string;
  host?: string;
  json?: boolean;
}

function readCloud(stack: string): Cloud {
  const path = join(root, `Pulumi.${stack}.yaml`);
  const file = parse(readFileSync(path, "utf8")) as { config?: Record<string, unknown> } | null;
  return parseCloud(file?.config?.["opennebula-scaleway:cloud"], process.env.SCW_DEFAULT_PROJECT_ID ?? UNKNOWN_PROJECT);
}

/** The resources, as the engine previews them on an empty state with the stand-in plugins: nothing is asked of anybody. */
async function previewResources(stack: string): Promise<boolean> {
  const backendDir = mkdtempSync(join(tmpdir(), "opennebula-scaleway-preview-"));
  try {
    const result = await preview({
      projectDir: root,
      stack,
      configFile: join(root, `Pulumi.${stack}.yaml`),
      backendDir,
      passphrase: "preview",
      pluginDirs: [join(root, "lab/plugins/bin")],
      env: { ...NOBODY, SCW_DEFAULT_PROJECT_ID: process.env.SCW_DEFAULT_PROJECT_ID ?? UNKNOWN_PROJECT },
    });
    return result.exitCode === 0;
  } finally {
    rmSync(backendDir, { recursive: true, force: true });
  }
}

function printHost(host: string, cloud: Cloud, layers: PlannedLayer[]): void {
  console.log(`\n# Host ${host} (${cloud.hosts[host]!.roles.join(", ")})`);
  for (const { layer, state } of layers) console.log(`\n## Layer ${layer}\n${previewState(state)}`);
  console.log("\n## Who may reach it");
  const { roles } = cloud.hosts[host]!;
  for (const [name, service] of Object.entries(servicesOf(roles))) {
    const ports = service.lastPort === undefined ? `${service.port}` : `${service.port}-${service.lastPort}`;
    console.log(
      `  ${name}: ${ports}/${service.protocols.join(",")} on ${service.bind}, from ${service.from.join(", ") || "loopback only"}`,
    );
  }
  console.log("\n## What it must reach");
  const configured = configuredDestinations(cloud);
  for (const [name, { to, protocols, about }] of Object.entries(egressOf(roles))) {
    const endpoints = "configured" in to ? configured[to.configured] : [to];
    const where =
      endpoints.map((one) => `${one.host} port ${one.port}`).join(", ") || "what the host's own settings name";
    console.log(`  ${name}: ${protocols.join(",")} to ${where}: ${about}`);
  }
}

async function main(options: Options): Promise<number> {
  const cloud = readCloud(options.stack);
  const layers = plannedLayers(planCloud(cloud));
  const hosts = Object.keys(cloud.hosts).filter((host) => options.host === undefined || host === options.host);
  if (hosts.length === 0)
    throw new Error(
      `--host: no host of that name in Pulumi.${options.stack}.yaml; it has ${Object.keys(cloud.hosts).join(", ")}`,
    );
  if (options.json) {
    console.log(
      JSON.stringify(
        layers.filter(({ host }) => hosts.includes(host)),
        null,
        2,
      ),
    );
    return 0;
  }
  const fine = await previewResources(options.stack);
  for (const host of hosts)
    printHost(
      host,
      cloud,
      layers.filter((layer) => layer.host === host),
    );
  return fine ? 0 : 1;
}

const program = new Command("preview")
  .description("Shows the whole plan of a stack: resources, the files of each host, who may reach it.")
  .option("--stack <name>", "the stack whose Pulumi.<name>.yaml is read", "prod")
  .option("--host <name>", "only this host's files")
  .option("--json", "the host states as JSON")
  .parse();

main(program.opts<Options>()).then(
  (code) => (process.exitCode = code),
  (error: Error) => {
    console.error(error instanceof ConfigProblems ? error.message : `preview: ${error.message}`);
    process.exitCode = 2;
  },
);
