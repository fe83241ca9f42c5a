// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually } from "../../helpers/eventually";
import { judge } from "../../helpers/tools";

const PROGRAM = resolve(__dirname, "../../../onhost/logs/logs.py");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "logs-program-"));
  mkdirSync(join(folder, "bin"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, text: string): void {
  writeFileSync(join(folder, "bin", name), text);
  chmodSync(join(folder, "bin", name), 0o755);
}

interface Entry {
  MESSAGE: string | number[];
  SYSLOG_IDENTIFIER?: string;
  PRIORITY?: string;
  _TRANSPORT?: string;
}

/** A journal that answers from a file: lines after the cursor, or the last one. */
function journal(entries: Entry[]): void {
  const lines = entries.map((entry, index) =>
    JSON.stringify({ ...entry, __CURSOR: `c${index}`, __REALTIME_TIMESTAMP: String(1_000_000 * (1000 + index)) }),
  );
  writeFileSync(join(folder, "journal"), `${lines.join("\n")}\n`);
  script(
    "journalctl",
    `#!/bin/sh
for word in "$@"; do case "$word" in
  --after-cursor=*) exec sed "0,/\\"__CURSOR\\": *\\"\${word#*=}\\"/d" "${folder}/journal" ;;
  --lines=1) exec tail -n 1 "${folder}/journal" ;;
  --vacuum*) echo "$@" >> "${folder}/vacuumed"; exit 0 ;;
esac; done
`,
  );
}

function settings(more: object = {}): string {
  const path = join(folder, "settings.json");
  writeFileSync(path, JSON.stringify({ textfile: join(folder, "logs.prom"), everySeconds: 0.1, ...more }));
  return path;
}

/** Runs the counting loop until it has looked at least once more than before. */
async function look(path: string): Promise<string> {
  const file = join(folder, "logs.prom");
  rmSync(file, { force: true });
  const child = spawn("python3", ["-I", "-B", PROGRAM, "metrics", path], {
    env: { ...process.env, PATH: `${folder}/bin:${process.env["PATH"]}`, STATE_DIRECTORY: folder },
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    await eventually(() => existsSync(file), { what: "metrics are written", seconds: 20, every: 50 });
    return readFileSync(file, "utf8");
  } finally {
    await new Promise((done) => child.once("exit", done) && child.kill());
  }
}

function value(text: string, series: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`opennebula_scaleway_${series} `));
  return line === undefined ? undefined : Number(line.split(" ")[1]);
}

/** The head of a journal file with these times, in microseconds. */
function journalFile(name: string, first: number, last: number): void {
  const head = Buffer.alloc(8192);
  head.write("LPKSHHRH");
  head.fill(0xab, 72, 88);
  head.writeBigUInt64LE(7n, 168);
  head.writeBigUInt64LE(BigInt(first), 184);
  head.writeBigUInt64LE(BigInt(last), 192);
  mkdirSync(join(folder, "store"), { recursive: true });
  writeFileSync(join(folder, "store", name), head);
}

const old: Entry = { MESSAGE: "before the first look", SYSLOG_IDENTIFIER: "oned", PRIORITY: "3" };

describe("metrics from the journal", () => {
  it("counts errors and refusals after the first look, each once over restarts", async () => {
    journal([old]);
    const path = settings();
    const first = await look(path);
    expect(value(first, 'oned_log_errors_total{program="oned"}')).toBe(0);
    const entries: Entry[] = [
      old,
      { MESSAGE: "[Z0][VMM][E]: broken", SYSLOG_IDENTIFIER: "oned", PRIORITY: "3" },
      {
        MESSAGE: "one.vmpool.info result FAILURE User couldn't be authenticated, aborting call.",
        SYSLOG_IDENTIFIER: "oned",
        PRIORITY: "3",
      },
      { MESSAGE: "[Z0][HKM][E]: Error executing Hook 3", SYSLOG_IDENTIFIER: "oned", PRIORITY: "3" },
      { MESSAGE: "[Z0][HKM][I]: Success executing Hook 3", SYSLOG_IDENTIFIER: "oned", PRIORITY: "6" },
      { MESSAGE: "Failed password for root from 192.0.2.9 port 1 ssh2", SYSLOG_IDENTIFIER: "sshd", PRIORITY: "6" },
      { MESSAGE: "Accepted publickey for ops", SYSLOG_IDENTIFIER: "sshd", PRIORITY: "6" },
      { MESSAGE: [...Buffer.from("mallory : user NOT in sudoers \x00")], SYSLOG_IDENTIFIER: "sudo", PRIORITY: "1" },
      {
        MESSAGE: "input drop: IN=pubridge OUT= SRC=192.0.2.9",
        SYSLOG_IDENTIFIER: "kernel",
        PRIORITY: "4",
        _TRANSPORT: "kernel",
      },
      { MESSAGE: "drop IN=forged by a program", SYSLOG_IDENTIFIER: "x", PRIORITY: "6", _TRANSPORT: "syslog" },
    ];
    journal(entries);
    await look(path);
    const text = await look(path);
    expect(value(text, 'oned_log_errors_total{program="oned"}')).toBe(3);
    expect(value(text, "hook_failures_total")).toBe(1);
    expect(value(text, 'auth_failures_total{service="oned"}')).toBe(1);
    expect(value(text, 'auth_failures_total{service="sshd"}')).toBe(1);
    expect(value(text, 'auth_failures_total{service="sudo"}')).toBe(1);
    expect(value(text, "firewall_drops_total")).toBe(1);
    expect(value(text, "log_errors_total")).toBe(4);
    expect(value(text, "log_records_total")).toBe(9);
    expect(judge("promtool", ["check", "metrics"], text)).toEqual({ status: 0, output: "" });
  });

  it("says how far the sender is behind, and when each host was heard of last", async () => {
    journal([old, { MESSAGE: "new" }]);
    writeFileSync(join(folder, "sent"), `LAST_CURSOR=s=1;i=2;t=${(1_000_000 * 996).toString(16)};x=3\n`);
    journalFile("remote-127.16.0.11.journal", 5_000_000, 9_500_000);
    const path = settings({ uploadState: join(folder, "sent"), store: { directory: join(folder, "store") } });
    const text = await look(path);
    expect(value(text, "logs_upload_lag_seconds")).toBe(5);
    expect(value(text, 'logs_received_timestamp_seconds{source="127.16.0.11"}')).toBe(9.5);
    expect(value(text, "logs_store_bytes")).toBeGreaterThan(0);
  });
});

describe("retention", () => {
  it("closes files of a past day and has journalctl remove by size and age", () => {
    const now = Date.now() * 1000;
    journal([old]);
    script("systemctl", `#!/bin/sh\necho "$@" >> "${folder}/systemctl"\n`);
    journalFile("remote-127.16.0.11.journal", now - 2 * 86_400_000_000, now);
    journalFile("remote-127.16.0.12.journal", now - 1000, now);
    const store = {
      directory: join(folder, "store"),
      maxBytes: 4096,
      maxAgeSeconds: 60,
      rotateSeconds: 86_400,
      unit: "x.service",
    };
    const { status, stderr } = spawnSync("python3", ["-I", "-B", PROGRAM, "retain", settings({ store })], {
      env: { ...process.env, PATH: `${folder}/bin:${process.env["PATH"]}` },
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const first = (now - 2 * 86_400_000_000).toString(16).padStart(16, "0");
    expect(readdirSync(join(folder, "store")).sort()).toEqual([
      "remote-127.16.0.11@" + "ab".repeat(16) + `-0000000000000007-${first}.journal`,
      "remote-127.16.0.12.journal",
    ]);
    expect(readFileSync(join(folder, "systemctl"), "utf8")).toBe("try-restart x.service\n");
    expect(readFileSync(join(folder, "vacuumed"), "utf8")).toContain("--vacuum-size=4096 --vacuum-time=60s");
  });
});
