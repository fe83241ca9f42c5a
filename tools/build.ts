// SPDX-License-Identifier: Apache-2.0
// `npm run build`: the npm package in dist/. The layout is the repository's, so that paths between the parts stay the same.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(__dirname, "..");
const dist = join(root, "dist");

/** Programs of hosts with several sources: hosts get one file of each. */
const programs = ["converger", "flexible-ip", "exporter", "backup"];

/** Parts that are not compiled: what runs on hosts, and the policy pack, which Pulumi loads from its sources. */
const copied = ["onhost", "policies", "provider/pulumi-resource-opennebula", "provider/schema.json"];

async function main(): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  const compiled = spawnSync("npx", ["--no-install", "tsc", "--project", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (compiled.status !== 0)
    throw new Error("the TypeScript sources do not compile; the compiler's messages are above");
  for (const part of copied) {
    if (!existsSync(join(root, part))) continue;
    mkdirSync(join(dist, part, ".."), { recursive: true });
    cpSync(join(root, part), join(dist, part), {
      recursive: true,
      // Of the programs hosts get one file each, which is made below.
      filter: (source) =>
        !/__pycache__|onhost\/[^/]*json$|onhost\/.*\.[cm]js$/.test(source) &&
        !programs.some((name) => source.endsWith(`onhost/${name}/src`)),
    });
  }
  chmodSync(join(dist, "provider/pulumi-resource-opennebula"), 0o755);
  for (const program of programs) {
    const file = join(dist, `onhost/${program}/${program}.${program === "converger" ? "py" : "cjs"}`);
    mkdirSync(dirname(file), { recursive: true });
    const argv = [join(root, "onhost/bundle.mjs"), program, file];
    const { status } = spawnSync(process.execPath, argv, { stdio: "inherit" });
    if (status !== 0) throw new Error(`onhost/${program} could not be bundled; the message is above`);
  }
  // One file, so that the plugin starts in a fifth of a second and needs no loader.
  await build({
    entryPoints: [join(root, "provider/main.ts")],
    outfile: join(dist, "provider/main.cjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["cpu-features", "*.node"],
    logLevel: "warning",
  });
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
