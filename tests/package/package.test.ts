// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { previewProgram } from "../../lab/engine/testing";

const root = resolve(__dirname, "../..");
const project = "11111111-1111-4111-8111-111111111111";
let work: string;
let tarball: string;
let consumer: string;

function run(command: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), "opennebula-scaleway-package-"));
  run("npm", ["run", "--silent", "build"], root);
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", work], root)) as {
    filename: string;
  }[];
  tarball = join(work, packed!.filename);
  consumer = join(work, "minimal");
  cpSync(join(root, "examples/minimal"), consumer, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(consumer, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  manifest.dependencies["opennebula-scaleway"] = `file:${tarball}`;
  writeFileSync(join(consumer, "package.json"), JSON.stringify(manifest));
  run(
    "npm",
    ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
    consumer,
  );
}, 240_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe("the npm package", () => {
  const inside = (path: string): string => join(consumer, "node_modules/opennebula-scaleway", path);

  it("holds the library, the bundled provider and driver, the converger, the policy pack and the command, and no lab", () => {
    for (const path of [
      "dist/components/index.js",
      "dist/onhost/flexible-ip/flexible-ip.cjs",
      "dist/onhost/exporter/exporter.cjs",
      "dist/onhost/backup/backup.cjs",
      "dist/provider/main.cjs",
      "dist/provider/pulumi-resource-opennebula",
      "dist/policies/main.cjs",
      "dist/operations/main.js",
      "LICENSE",
    ]) {
      expect({ path, there: existsSync(inside(path)) }).toEqual({ path, there: true });
    }
    for (const path of ["dist/lab", "lab", "dist/tests", "tests", "index.ts", "dist/onhost/flexible-ip/src"])
      expect({ path, there: existsSync(inside(path)) }).toEqual({ path, there: false });
  });

  it("installs the driver that it carries", () => {
    const path = inside("dist/components/flexible-ip/program.js");
    const printed = run(
      "node",
      ["-e", "process.stdout.write(require(process.argv[1]).driverProgram())", path],
      consumer,
    );
    expect(printed).toBe(readFileSync(inside("dist/onhost/flexible-ip/flexible-ip.cjs"), "utf8"));
  });

  it("brings no second copy of Pulumi's SDK", () => {
    const listed = JSON.parse(run("npm", ["ls", "@pulumi/pulumi", "--all", "--json"], consumer)) as object;
    expect([...new Set(JSON.stringify(listed).match(/"version":"3\.\d+\.\d+"/g))]).toEqual(['"version":"3.248.0"']);
    expect(existsSync(inside("node_modules/@pulumi/pulumi"))).toBe(false);
  });

  it("publint finds nothing wrong", () => {
    expect(run("npx", ["--no-install", "publint", "--strict", tarball], root)).toContain("All good!");
  });

  it("are-the-types-wrong finds nothing wrong", () => {
    // Ends with another status than 0 when it finds a problem in what the profile covers.
    const output = run(
      "npx",
      ["--no-install", "attw", tarball, "--profile", "node16", "--format", "ascii", "--no-emoji"],
      root,
    );
    expect(output).toContain("node16 (from CJS): OK");
  });

  it("offers its command", () => {
    expect(run("npx", ["--no-install", "opennebula-scaleway", "--help"], consumer)).toContain("drift");
  });
});

describe("examples/minimal", () => {
  it("is at most 15 lines", () => {
    expect(readFileSync(join(consumer, "index.ts"), "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(15);
  });

  it("compiles against the installed package", () => {
    run("npx", ["--no-install", "tsc", "--project", "."], consumer);
  });

  it("previews the whole cloud", async () => {
    const { result, steps } = await previewProgram({ projectDir: consumer, config: { "scaleway:projectId": project } });
    expect({ exitCode: result.exitCode, diagnostics: result.diagnostics }).toEqual({ exitCode: 0, diagnostics: [] });
    expect(steps.length).toBeGreaterThan(30);
  }, 60_000);
});
