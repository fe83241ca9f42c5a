// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from "child_process";
import { createHash } from "crypto";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import type { ConvergeAnswer, HostState } from "../../../components/host/state";
import { convergerFile } from "../../../components/host/program";

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
  readonly program = path.join(this.root, "converger.pyc");

  constructor() {
    for (const name of ["bin", "units", "etc", "systemd"]) fs.mkdirSync(this.path(name));
    fs.copyFileSync(path.join(__dirname, "stub-systemctl.sh"), this.path("bin/systemctl"));
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
      ["PROOF_SECONDS = 15", "PROOF_SECONDS = 1"],
      ['SEARCH_PATH = "', `SEARCH_PATH = "${this.path("bin")}:`],
    ];
    const source = fs.readFileSync(convergerFile(), "utf8");
    fs.writeFileSync(
      this.path("converger.py"),
      moved.reduce((text, [from, to]) => text.split(from).join(to), source),
    );
    // Compiled once: a test calls it dozens of times.
    const compile = "import py_compile, sys; py_compile.compile(sys.argv[1], sys.argv[2], doraise=True)";
    execFileSync("python3", ["-I", "-S", "-c", compile, this.path("converger.py"), this.program]);
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

  /** Adds a unit to the stand-in for systemd; besides properties, `unmet` (its condition does not hold) and `broken`. */
  unit(name: string, properties: Record<string, string> = {}): void {
    const lines = Object.entries({ ActiveState: "inactive", UnitFileState: "disabled", ...properties });
    this.write(`units/${name}`, lines.map(([key, value]) => `${key}=${value}\n`).join(""));
  }

  unitState(name: string): Record<string, string> {
    const lines = this.read(`units/${name}`).trim().split("\n");
    return Object.fromEntries(lines.map((line) => line.split("=") as [string, string]));
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

  /** The SSH session that calls run in; each has one of its own unless it is pinned here. */
  session: number | undefined;
  private sessions = 40_000;

  /** Runs a subcommand; `killAt`: SIGKILL at that change of the host. */
  run(
    words: string[],
    stdin = "",
    killAt?: number,
  ): { status: number | null; answer: Answer; stderr: string; stdout: string } {
    const prefix = killAt === undefined ? [] : [path.join(__dirname, "run_until.py"), String(killAt)];
    const port = this.session ?? (this.sessions += 1);
    // The shell stands for sshd's: the converger looks for the session in the environment of the processes above it.
    const command = ["python3", "-I", "-S", "-B", ...prefix, this.program, ...words];
    const result = spawnSync("sh", ["-c", '"$@"; exit $?', "sh", ...command], {
      env: { ...process.env, SSH_CONNECTION: `192.0.2.10 ${port} 203.0.113.9 22` },
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
