// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from "child_process";
import { createHash } from "crypto";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import type { ConvergeAnswer, HostState } from "../../../components/host/state";
import { CONVERGER_FILE } from "../../../onhost/converger/bundle";

export type Answer = ConvergeAnswer;

/** The names under which this process makes files: what tests give as owner, so that they need not be root. */
export const me = {
  owner: os.userInfo().username,
  group: execFileSync("id", ["-gn"], { encoding: "utf8" }).trim(),
};

/**
 * The real converger with its own paths moved into a scratch directory, and `systemctl` replaced by a stand-in that keeps units
 * as files. Everything else (files, edits, actions, locks, kills) is real.
 */
export class Sandbox {
  readonly root = fs.mkdtempSync(path.join(os.tmpdir(), "converger-"));
  readonly program = path.join(this.root, "converger.py");

  constructor() {
    for (const name of ["bin", "units", "etc", "systemd"]) fs.mkdirSync(this.path(name));
    const stub = path.join(__dirname, "stub_systemctl.py");
    fs.copyFileSync(stub, this.path("bin/systemctl"));
    fs.writeFileSync(this.path("bin/journalctl"), "#!/bin/sh\necho journal of the unit\n");
    fs.writeFileSync(this.path("bin/systemd-run"), `#!/bin/sh\necho "$@" >> ${this.path("systemd-run.log")}\n`);
    for (const name of ["systemctl", "journalctl", "systemd-run"]) fs.chmodSync(this.path(`bin/${name}`), 0o755);
    const moved: [string, string][] = [
      ["/var/lib/opennebula-scaleway", this.path("state")],
      ["/run/opennebula-scaleway", this.path("run")],
      ["/var/log/opennebula-scaleway", this.path("log")],
      ["/usr/sbin/policy-rc.d", this.path("policy-rc.d")],
      ["/etc/systemd/system/{BOOT_UNIT}", `${this.path("systemd")}/{BOOT_UNIT}`],
      ["(0, 0, 0o644)", "(os.geteuid(), os.getegid(), 0o644)"],
      ['SEARCH_PATH = "', `SEARCH_PATH = "${this.path("bin")}:`],
    ];
    const source = fs.readFileSync(CONVERGER_FILE, "utf8");
    fs.writeFileSync(
      this.program,
      moved.reduce((text, [from, to]) => text.split(from).join(to), source),
    );
  }

  path(name: string): string {
    return path.join(this.root, name);
  }

  read(name: string): string {
    return fs.readFileSync(this.path(name), "utf8");
  }

  write(name: string, content: string): void {
    fs.mkdirSync(path.dirname(this.path(name)), { recursive: true });
    fs.writeFileSync(this.path(name), content);
  }

  /** Adds a unit to the stand-in for systemd. */
  unit(name: string, show: Record<string, string> = {}, more: object = {}): void {
    const record = { show: { ActiveState: "inactive", UnitFileState: "disabled", ...show }, ...more };
    this.write(`units/${name}.json`, JSON.stringify(record));
  }

  unitState(name: string): Record<string, string> {
    return (JSON.parse(this.read(`units/${name}.json`)) as { show: Record<string, string> }).show;
  }

  /** What was asked of systemd since the last call of this. */
  systemctlCalls(): string[] {
    if (!fs.existsSync(this.path("systemctl.log"))) return [];
    const calls = this.read("systemctl.log").trim().split("\n");
    fs.rmSync(this.path("systemctl.log"));
    return calls.filter((call) => !call.startsWith("reset-failed"));
  }

  bundle(state: unknown, secrets: string[] = [], layer = "demo"): string {
    return JSON.stringify({ version: 1, host: "fe", layer, state, secrets });
  }

  /** Runs a subcommand; `killAt`: SIGKILL at that change of the host. */
  run(
    words: string[],
    stdin = "",
    killAt?: number,
  ): { status: number | null; answer: Answer; stderr: string; stdout: string } {
    const prefix = killAt === undefined ? [] : [path.join(__dirname, "run_until.py"), String(killAt)];
    const result = spawnSync("python3", ["-I", "-B", ...prefix, this.program, ...words], {
      input: stdin,
      encoding: "utf8",
      timeout: 60_000,
    });
    const answer = (result.stdout.trim().startsWith("{") ? JSON.parse(result.stdout) : undefined) as Answer;
    return { status: result.status, answer, stderr: result.stderr, stdout: result.stdout };
  }

  /** Applies and insists on success. */
  apply(state: HostState, secrets: string[] = []): Answer {
    const result = this.run(["apply"], this.bundle(state, secrets));
    if (result.status !== 0) throw new Error(`apply failed: ${result.stdout}${result.stderr}`);
    return result.answer;
  }

  check(state: HostState, secrets: string[] = []): Answer {
    return this.run(["check"], this.bundle(state, secrets)).answer;
  }

  /** Path, mode and content of everything below `etc`, for comparing. */
  tree(directory = this.path("etc")): Record<string, string> {
    const found: Record<string, string> = {};
    for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
      const full = path.join(directory, entry.name);
      const mode = (fs.lstatSync(full).mode & 0o7777).toString(8);
      if (entry.isDirectory()) Object.assign(found, { [full]: `directory ${mode}` }, this.tree(full));
      else
        found[full] = entry.isSymbolicLink()
          ? `link ${fs.readlinkSync(full)}`
          : `${mode} ${fs.readFileSync(full, "utf8")}`;
    }
    return found;
  }

  dispose(): void {
    fs.rmSync(this.root, { recursive: true, force: true });
  }
}

/** The hash that `confirm` must present for a bundle. */
export function hashOf(bundle: string): string {
  return createHash("sha256").update(bundle).digest("hex");
}
