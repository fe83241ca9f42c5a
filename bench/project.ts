// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout, programCommand } from "../lab/hosts/layout";
import { ProcessTree, type Usage } from "./process-tree";

const DEADLINE_SECONDS = 900;

/** One run of the engine. */
export interface Phase extends Usage {
  seconds: number;
  /** Seconds from the start to the program's first registration, and from the last step to the end. */
  startSeconds: number;
  endSeconds: number;
}

/** A program in a folder of its own, deployed by the lab's engine. */
export class BenchProject {
  private readonly folder = mkdtempSync(join(tmpdir(), "opennebula-scaleway-bench-"));

  /**
   * @param program - JavaScript
   * @param environment - what the program reads beside the usual
   * @param plugins - directory of the provider's executable
   */
  constructor(
    program: string,
    private readonly environment: Record<string, string>,
    private readonly plugins: string,
  ) {
    const write = (name: string, text: string): void => writeFileSync(join(this.folder, name), text);
    write("Pulumi.yaml", "name: bench\nmain: index.js\nruntime: {name: nodejs, options: {typescript: false}}\n");
    write("package.json", '{"name":"bench","private":true}\n');
    write("index.js", program);
    symlinkSync(join(checkout, "node_modules"), join(this.folder, "node_modules"));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @throws Error when the state holds another number of resources. */
  expectResources(expected: number): void {
    const state = JSON.parse(readFileSync(join(this.folder, ".pulumi/stacks/bench/bench.json"), "utf8")) as {
      checkpoint: { latest: { resources: unknown[] } };
    };
    const { length } = state.checkpoint.latest.resources;
    if (length !== expected) throw new Error(`the state holds ${length} resources instead of ${expected}`);
  }

  /** Runs `up`. @throws Error with the last lines of output when it fails. */
  async up(): Promise<Phase> {
    const [node = "", ...engine] = [...programCommand(join(checkout, "lab/engine/main.ts")), "up", "--json"];
    const where = ["-s", "bench", "-C", this.folder, "--plugin-dir", this.plugins];
    const started = Date.now();
    const child = spawn(node, [...engine, ...where], {
      cwd: checkout,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        ...this.environment,
        PULUMI_BACKEND_URL: `file://${this.folder}`,
        PULUMI_CONFIG_PASSPHRASE: "bench",
      },
    });
    const tree = new ProcessTree(child.pid!);
    const timer = setTimeout(() => child.kill("SIGTERM"), DEADLINE_SECONDS * 1000);
    let first: number | undefined;
    let last = started;
    let tail = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      if (chunk.includes("resourcePre")) first ??= Date.now();
      if (chunk.includes("resourceOutputs")) last = Date.now();
      tail = (tail + chunk).slice(-2000);
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    clearTimeout(timer);
    const ended = Date.now();
    const usage = tree.stop();
    if (code !== 0) throw new Error(`up failed with ${code}: ${tail}`);
    return {
      ...usage,
      seconds: (ended - started) / 1000,
      startSeconds: ((first ?? ended) - started) / 1000,
      endSeconds: (ended - last) / 1000,
    };
  }
}
