// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { ConfigProblems, parseCloud } from "../../../config";
import { checkout } from "../../../lab/hosts/layout";
import { engineOptions } from "../../../lab/settings";
import { type CloudUnderTest, seeded } from "../../helpers/e2e";
import { mutations, rawCloud, type Mutation } from "../../helpers/config-mutations";

const seed = Number(process.env.E2E_SEED ?? "1");
/** Starts of the program at the same time. */
const atOnce = 2;

interface StackYaml {
  config: Record<string, unknown>;
  encryptionsalt?: string;
}

/** Paths of the mistakes that the loader finds with these mutations together. */
function mistakes(group: readonly Mutation[]): string[] {
  const raw = rawCloud("lab");
  try {
    group.forEach(({ change }) => change(raw));
    parseCloud(raw, "00000000-0000-4000-8000-000000000000");
    return [];
  } catch (error) {
    return error instanceof ConfigProblems ? error.problems.map(({ path }) => path.split(" ")[0]!) : [];
  }
}

/**
 * All mutations in few groups, in an order that the seed decides: a start of the program takes seconds, and it reports all mistakes
 * at once. A mutation joins a group only where the loader still tells every one; otherwise it gets a group of its own.
 */
function groups(): Mutation[][] {
  const random = seeded(seed);
  const shuffled = mutations.map((mutation) => ({ mutation, order: random() })).sort((a, b) => a.order - b.order);
  const found: Mutation[][] = [];
  for (const { mutation } of shuffled) {
    const fits = (group: Mutation[]): boolean => {
      const all = [...group, mutation];
      const paths = all.map(({ path }) => path);
      const told = mistakes(all);
      return new Set(paths).size === paths.length && paths.every((path) => told.includes(path));
    };
    const home = found.find(fits);
    if (home) home.push(mutation);
    else found.push([mutation]);
  }
  return found;
}

/** Events about resources, but for the stack itself, which is there before the program begins. */
function registrations(output: string): string[] {
  return output
    .split("\n")
    .filter((line) => line.includes('"event":"resource') && !line.includes("pulumi:pulumi:Stack"));
}

/** Wrong configuration. */
export function refused(cloud: CloudUnderTest): void {
  const { lab } = cloud;

  /** Runs the engine's `up` as the lab does, on a stack file with mutations and a state of its own. */
  async function upWith(group: Mutation[]): Promise<{ code: number; output: string }> {
    const folder = mkdtempSync(join(tmpdir(), "opennebula-scaleway-refused-"));
    try {
      const file = join(folder, "Pulumi.lab.yaml");
      const stack = parse(readFileSync(lab.stackFile, "utf8")) as StackYaml;
      const value = stack.config["opennebula-scaleway:cloud"] as Parameters<Mutation["change"]>[0];
      group.forEach(({ change }) => change(value));
      // Belongs to the lab's passphrase, which no process environment is to hold.
      delete stack.encryptionsalt;
      writeFileSync(file, stringify(stack));
      const options = engineOptions(lab.layout);
      const engine = ["--import", "tsx", join(checkout, "lab/engine/main.ts"), "up", "--json"];
      const plugins = ["--plugin-dir", join(checkout, "lab/plugins/bin")];
      const { code, stdout, stderr } = await lab.onOperator(
        [process.execPath, ...engine, "-s", "lab", "-C", checkout, "--config-file", file, ...plugins],
        {
          timeoutSeconds: 150,
          cwd: checkout,
          env: { ...options.env, PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "of no use" },
        },
      );
      return { code, output: stdout + stderr };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  describe(`wrong configuration (seed ${seed}; E2E_SEED sets another)`, () => {
    const grouped = groups();
    test(`${mutations.length} mistakes in ${grouped.length} stack files stop a real run before any call and any resource`, async () => {
      expect(cloud.isUp).toBe(true);
      expect(grouped.flat()).toHaveLength(mutations.length);
      const last = (await cloud.requests()).at(-1)?.number ?? 0;
      const queue = [...grouped];
      const seen: unknown[] = [];
      const wanted: unknown[] = [];
      const work = async (): Promise<void> => {
        for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
          const titles = group.map(({ title }) => title);
          const { code, output } = await upWith(group);
          const unnamed = group.filter(({ path }) => !output.includes(`opennebula-scaleway:cloud ${path}`));
          wanted.push({ titles, code: 1, unnamed: [], registered: [] });
          seen.push({ titles, code, unnamed: unnamed.map(({ title }) => title), registered: registrations(output) });
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      expect(seen).toEqual(wanted);
      expect(await cloud.requests(last)).toEqual([]);
    }, 480_000);

    test("a name that is none of the lab's, and a lab that is none, are refused too", async () => {
      const nobody = await cloud.cli(["add", "Host_3"]);
      expect(nobody.code).not.toBe(0);
      expect(nobody.output).toContain("Host_3");
      const nothing = await cloud.cli(["remove", "host09"]);
      expect(nothing.code).not.toBe(0);
      expect(nothing.output).toContain("hosts: fe, host01");
    }, 60_000);
  });
}
