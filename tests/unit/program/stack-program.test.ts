// SPDX-License-Identifier: Apache-2.0
/** This repository's own program, previewed as its stack files ask for it. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { NOBODY, previewProgram } from "../../../lab/engine/testing";
import type { ProgramResult } from "../../../lab/engine/testing";

const root = resolve(__dirname, "../../..");
const SECRET = "11111111-2222-4333-8444-666666555555";
/** The real engine pays for each resource with a whole write of the state. */
const MOST_FOR_A_HOST = 14;

type Config = Record<string, unknown>;
interface Hosts {
  hosts: Record<string, { roles: string[]; managementAddress: string }>;
}

function configOf(stack: string): Config & { "opennebula-scaleway:cloud": Hosts } {
  const file = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Config & { "opennebula-scaleway:cloud": Hosts };
  };
  return file.config;
}

async function previewOf(stack: string, change: (cloud: Hosts) => void = () => undefined): Promise<ProgramResult> {
  const config = configOf(stack);
  change(config["opennebula-scaleway:cloud"]);
  const env = { ...NOBODY, SCW_SECRET_KEY: SECRET };
  return (await previewProgram({ projectDir: root, stack, config, env })).succeeded();
}

describe.each(["prod", "lab"])("the stack %s", (stack) => {
  test("a host more changes no other resource and costs few", async () => {
    const before = await previewOf(stack);
    const after = await previewOf(stack, (cloud) => {
      const addresses = Object.values(cloud.hosts).map(({ managementAddress }) => managementAddress);
      const free = addresses[addresses.length - 1]!.replace(/\d+$/, (last) => String(Number(last) + 1));
      cloud.hosts.another = { roles: ["hypervisor"], managementAddress: free };
    });
    expect(after.urns).toEqual(expect.arrayContaining(before.urns));
    const added = after.urns.filter((urn) => !before.urns.includes(urn));
    expect(added.length).toBeGreaterThan(5);
    expect(added.length).toBeLessThanOrEqual(MOST_FOR_A_HOST);
    // Stable names: each of them is named by the host.
    for (const urn of added) expect(urn.split("::").slice(3).join("::")).toContain("another");
  }, 180_000);

  test("what depends on nothing new keeps its name in whatever order the hosts stand", async () => {
    const before = await previewOf(stack);
    const turned = await previewOf(stack, (cloud) => {
      cloud.hosts = Object.fromEntries(Object.entries(cloud.hosts).reverse());
    });
    expect(turned.urns).toEqual(before.urns);
  }, 180_000);

  test("no credential shows", async () => {
    const result = await previewOf(stack);
    expect(result.sightings(SECRET)).toEqual([]);
  }, 120_000);
});
