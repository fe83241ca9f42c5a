// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { auditEvents, eventText, type AuditRecord } from "../../../operations/audit/records";

const FOLDER = resolve(__dirname, "../../../onhost/audit");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "audit-program-"));
  mkdirSync(join(folder, "bin"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Entry {
  MESSAGE: string;
  SYSLOG_IDENTIFIER?: string;
  _TRANSPORT?: string;
  _AUDIT_TYPE_NAME?: string;
}

/** What the program makes of journal entries. */
function classified(entries: Entry[]): unknown[] {
  const script = "import json,sys,audit; print(json.dumps([audit.classify(e) for e in json.load(sys.stdin)]))";
  const { stdout, stderr, status } = spawnSync("python3", ["-B", "-c", script], {
    cwd: FOLDER,
    input: JSON.stringify(entries),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as unknown[];
}

const digest = (message: string): string => createHash("sha256").update(message).digest("hex");

/** A chain of so many records. */
function chain(length: number, from = 1, prev = "0".repeat(64)): string[] {
  const messages: string[] = [];
  for (let n = from; n < from + length; n++) {
    messages.push(JSON.stringify({ host: "fe", kind: "login", n, prev, source: `c${n}`, time: n * 1_000_000 }));
    prev = digest(messages.at(-1)!);
  }
  return messages;
}

interface Report {
  records: number;
  last: { n: number } | null;
  at: string | null;
  problems: { n: number; what: string }[];
}

function verified(messages: string[], words: string[] = []): Report {
  writeFileSync(join(folder, "journal"), messages.map((MESSAGE) => `${JSON.stringify({ MESSAGE })}\n`).join(""));
  writeFileSync(join(folder, "bin/journalctl"), `#!/bin/sh\ncat "${folder}/journal"\n`);
  chmodSync(join(folder, "bin/journalctl"), 0o755);
  const { stdout, stderr, status } = spawnSync("python3", ["-I", "-B", join(FOLDER, "audit.py"), "verify", ...words], {
    env: { ...process.env, PATH: `${folder}/bin:${process.env["PATH"]}` },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Report;
}

test("logins, sudo, accounts and calls are told apart; what repeats them is not chained", () => {
  const sshd = (MESSAGE: string): Entry => ({ MESSAGE, SYSLOG_IDENTIFIER: "sshd" });
  const sudo = (MESSAGE: string): Entry => ({ MESSAGE, SYSLOG_IDENTIFIER: "sudo" });
  const oned = (MESSAGE: string): Entry => ({ MESSAGE, SYSLOG_IDENTIFIER: "oned" });
  expect(
    classified([
      sshd("Accepted publickey for ops from 192.0.2.7 port 4711 ssh2: ED25519 SHA256:abc"),
      sshd("Connection closed by authenticating user root 192.0.2.9 port 22 [preauth]"),
      sshd("pam_unix(sshd:session): session opened for user ops(uid=1000) by (uid=0)"),
      sudo("     ops : PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/true a ; b"),
      sudo("     bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"),
      { MESSAGE: "new user: name=eve, UID=1001", SYSLOG_IDENTIFIER: "useradd" },
      oned(
        'Thu Nov 26 10:00:00 2026 [Z0][ReM][D]: Req:12 UID:3 USER:alice IP:127.0.0.1 one.vm.action invoked , "poweroff", 7',
      ),
      oned("Thu Nov 26 10:00:00 2026 [Z0][ReM][D]: Req:12 UID:3 one.vm.action result SUCCESS, 7"),
      oned(
        'Thu Nov 26 10:00:00 2026 [Z0][ReM][D]: Req:13 UID:3 USER:alice IP:127.0.0.1 one.vm.allocate invoked , "PASSWORD=hunter2", false',
      ),
      oned("Thu Nov 26 10:00:00 2026 [Z0][ReM][E]: Req:13 UID:3 one.vm.allocate result FAILURE [one.vm.allocate] no"),
      oned("Thu Nov 26 10:00:00 2026 [Z0][VMM][I]: something else"),
      oned(
        "Thu Nov 26 10:00:00 2026 [Z0][ReM][D]: Req:14 UID:0 USER:oneadmin IP:127.0.0.1 one.vmpool.info invoked , -2, -1",
      ),
      {
        MESSAGE: '{"address":"198.51.100.4","user":"alice","method":"one.vm.action","status":"200","seconds":"0.01"}',
        SYSLOG_IDENTIFIER: "opennebula_proxy_oned",
      },
      { MESSAGE: 'arch=c000003e key="ons_identity"', _TRANSPORT: "audit", _AUDIT_TYPE_NAME: "SYSCALL" },
      { MESSAGE: "apparmor", _TRANSPORT: "audit", _AUDIT_TYPE_NAME: "AVC" },
    ]),
  ).toEqual([
    {
      kind: "login",
      result: "SUCCESS",
      method: "publickey",
      user: "ops",
      address: "192.0.2.7",
      key: "ED25519 SHA256:abc",
    },
    { kind: "login", result: "FAILURE", user: "root", address: "192.0.2.9" },
    null,
    { kind: "sudo", result: "SUCCESS", user: "ops", as: "root", command: "/usr/bin/true a ; b" },
    { kind: "sudo", result: "FAILURE", user: "bob", as: "root", command: "/bin/sh", text: "user NOT in sudoers" },
    { kind: "account", program: "useradd", text: "new user: name=eve, UID=1001" },
    {
      kind: "call",
      request: 12,
      method: "one.vm.action",
      uid: "3",
      user: "alice",
      address: "127.0.0.1",
      object: "poweroff",
    },
    { kind: "answer", request: 12, method: "one.vm.action", result: "SUCCESS", object: "7" },
    { kind: "call", request: 13, method: "one.vm.allocate", uid: "3", user: "alice", address: "127.0.0.1" },
    { kind: "answer", request: 13, method: "one.vm.allocate", result: "FAILURE", text: "[one.vm.allocate] no" },
    null,
    null,
    { kind: "proxy", address: "198.51.100.4", user: "alice", method: "one.vm.action", status: "200" },
    { kind: "kernel", event: "SYSCALL", text: 'arch=c000003e key="ons_identity"' },
    null,
  ]);
});

test("what anybody may write under these names is no event, and does not end the program", () => {
  const sshd = (MESSAGE: string): Entry => ({ MESSAGE, SYSLOG_IDENTIFIER: "sshd" });
  const deep = "[".repeat(100_000);
  expect(
    classified([
      ...["[]", "7", "{", deep].map((MESSAGE) => ({ MESSAGE, SYSLOG_IDENTIFIER: "opennebula_proxy_oned" })),
      {
        MESSAGE:
          "Thu Nov 26 10:00:00 2026 [Z0][ImM][E]: no /x [Z0][ReM][D]: Req:7 UID:0 USER:oneadmin IP:1.2.3.4 one.vm.info invoked , 1",
        SYSLOG_IDENTIFIER: "oned",
      },
      sshd("Failed password for invalid user root from 6.6.6.6 port 1 from 192.0.2.9 port 22 ssh2"),
      sshd("Invalid user a b from 192.0.2.9 port 22"),
    ]),
  ).toEqual([
    ...[null, null, null, null, null],
    { kind: "login", result: "FAILURE", method: "password", user: "root from 6.6.6.6 port 1", address: "192.0.2.9" },
    { kind: "login", result: "FAILURE", user: "a b", address: "192.0.2.9" },
  ]);
});

test("a record is short enough for journalctl, whatever letters are in it", () => {
  const script = "import json,sys,audit; print(audit.shortened(json.load(sys.stdin)))";
  const input = JSON.stringify({ n: 1, prev: "0".repeat(64), user: "ops", text: "é".repeat(2000) });
  const { stdout } = spawnSync("python3", ["-B", "-c", script], { cwd: FOLDER, input, encoding: "utf8" });
  expect(stdout.length).toBeLessThan(3500);
  const { n, user, text } = JSON.parse(stdout) as AuditRecord;
  expect([n, user]).toEqual([1, "ops"]);
  expect(text).toMatch(/^é+$/);
});

describe("the chain", () => {
  test("a whole one has no problems, also where a sender repeated itself and where old records are gone", () => {
    const whole = chain(8);
    const report = verified([...whole.slice(0, 6), ...whole.slice(3)], ["--at", "5"]);
    expect(report).toMatchObject({ records: 8, last: { n: 8 }, at: digest(whole[4]!), problems: [] });
    expect(verified(whole.slice(3)).problems).toEqual([]);
  });

  test("a record that is gone, one that was changed, and a second version show", () => {
    const whole = chain(6);
    expect(verified([...whole.slice(0, 2), ...whole.slice(3)]).problems).toEqual([
      { n: 4, what: "follows record 2: records are missing" },
    ]);
    const edited = whole.map((message, index) => (index === 2 ? message.replace("login", "sudo") : message));
    expect(verified(edited).problems).toEqual([{ n: 3, what: "was changed after it was written" }]);
    expect(verified([...whole.slice(0, 3), edited[2]!, ...whole.slice(3)]).problems).toEqual([
      { n: 3, what: "is there in two versions" },
    ]);
  });
});

test("a call is one event, with the address of who is before the proxy", () => {
  const base = { host: "fe", method: "one.vm.action", user: "alice" };
  const records: AuditRecord[] = [
    { ...base, n: 1, time: 1_000_000, kind: "call", request: 1, address: "127.0.0.1" },
    {
      host: "fe",
      method: "one.vm.action",
      n: 2,
      time: 1_000_100,
      kind: "answer",
      request: 1,
      result: "SUCCESS",
      object: "7",
    },
    { ...base, n: 3, time: 1_000_200, kind: "proxy", address: "198.51.100.4" },
    { ...base, n: 4, time: 90_000_000, kind: "call", request: 2, address: "127.0.0.1" },
  ];
  const events = auditEvents(records);
  expect(events).toMatchObject([
    { kind: "call", user: "alice", address: "198.51.100.4", result: "SUCCESS", object: "7" },
    { kind: "call", address: "127.0.0.1" },
  ]);
  expect(eventText(events[0]!)).toBe(
    "1970-01-01T00:00:01.000Z fe call SUCCESS alice from 198.51.100.4 one.vm.action 7",
  );
});
