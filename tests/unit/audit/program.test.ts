// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { auditEvents, eventText, type AuditRecord } from "../../../operations/audit/records";

const FOLDER = resolve(__dirname, "../../../onhost/audit");
interface Entry {
  MESSAGE: string;
  SYSLOG_IDENTIFIER?: string;
  _TRANSPORT?: string;
  _AUDIT_TYPE_NAME?: string;
  _UID?: string;
  _EXE?: string;
  _CAP_EFFECTIVE?: string;
  _SYSTEMD_UNIT?: string;
}

/** What the journal itself notes of those who sign so. */
const SIGNED: Record<string, Partial<Entry>> = {
  sshd: { _UID: "0", _EXE: "/usr/sbin/sshd", _SYSTEMD_UNIT: "ssh.service" },
  sudo: { _UID: "1000", _EXE: "/usr/bin/sudo", _CAP_EFFECTIVE: "1ffffffffff" },
  oned: { _UID: "0", _EXE: "/usr/sbin/rsyslogd", _SYSTEMD_UNIT: "opennebula-scaleway-log-files.service" },
  opennebula_proxy_oned: { _UID: "33", _EXE: "/usr/sbin/nginx", _SYSTEMD_UNIT: "nginx.service" },
};
const by = (name: string, MESSAGE: string, more: Partial<Entry> = {}): Entry => ({
  MESSAGE,
  SYSLOG_IDENTIFIER: name,
  _UID: "0",
  ...SIGNED[name],
  ...more,
});

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

test("logins, sudo, accounts and calls are told apart; what repeats them is not chained", () => {
  const sshd = (text: string): Entry => by("sshd", text);
  const sudo = (text: string): Entry => by("sudo", text);
  const oned = (text: string): Entry => by("oned", text);
  expect(
    classified([
      sshd("Accepted publickey for ops from 192.0.2.7 port 4711 ssh2: ED25519 SHA256:abc"),
      sshd("Connection closed by authenticating user root 192.0.2.9 port 22 [preauth]"),
      sshd("pam_unix(sshd:session): session opened for user ops(uid=1000) by (uid=0)"),
      sudo("     ops : PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/true a ; b"),
      sudo("     bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"),
      by("useradd", "new user: name=eve, UID=1001"),
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
      by(
        "opennebula_proxy_oned",
        '{"address":"198.51.100.4","user":"alice","method":"one.vm.action","status":"200","seconds":"0.01"}',
      ),
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

test("what somebody makes these programs log is no event, and does not end this one", () => {
  const sshd = (text: string): Entry => by("sshd", text);
  const deep = "[".repeat(100_000);
  expect(
    classified([
      ...["[]", "7", "{", deep].map((text) => by("opennebula_proxy_oned", text)),
      by(
        "oned",
        "Thu Nov 26 10:00:00 2026 [Z0][ImM][E]: no /x [Z0][ReM][D]: Req:7 UID:0 USER:oneadmin IP:1.2.3.4 one.vm.info invoked , 1",
      ),
      sshd("Failed password for invalid user root from 6.6.6.6 port 1 from 192.0.2.9 port 22 ssh2"),
      sshd("Invalid user a b from 192.0.2.9 port 22"),
    ]),
  ).toEqual([
    ...[null, null, null, null, null],
    { kind: "login", result: "FAILURE", method: "password", user: "root from 6.6.6.6 port 1", address: "192.0.2.9" },
    { kind: "login", result: "FAILURE", user: "a b", address: "192.0.2.9" },
  ]);
});

const CALL =
  'Thu Nov 26 10:00:00 2026 [Z0][ReM][D]: Req:12 UID:0 USER:oneadmin IP:10.0.0.1 one.vm.action invoked , "x", 7';
const LOGIN = "Accepted publickey for ops from 192.0.2.7 port 4711 ssh2: ED25519 SHA256:abc";
const SUDO = "     ops : PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/true";
const THROUGH_PROXY = '{"address":"198.51.100.4","user":"alice","method":"one.vm.action","status":"200"}';

test.each<[string, string, string, Partial<Entry>]>([
  ["sshd by logger", "sshd", LOGIN, { _UID: "1000", _EXE: "/usr/bin/logger", _SYSTEMD_UNIT: "session-1.scope" }],
  ["sshd that a user runs", "sshd", LOGIN, { _UID: "1000" }],
  ["sshd by another program of root", "sshd", LOGIN, { _EXE: "/usr/bin/su" }],
  ["sshd of no known user", "sshd", LOGIN, { _UID: undefined, _EXE: undefined }],
  ["sudo by logger", "sudo", SUDO, { _UID: "1000", _EXE: "/usr/bin/logger" }],
  ["sudo without its rights", "sudo", SUDO, { _CAP_EFFECTIVE: "0" }],
  ["sudo of a process that has ended", "sudo", SUDO, { _CAP_EFFECTIVE: undefined, _EXE: undefined }],
  ["sudo by another program with rights", "sudo", SUDO, { _EXE: "/usr/bin/su" }],
  ["oned by logger", "oned", CALL, { _UID: "9869", _EXE: "/usr/bin/logger", _SYSTEMD_UNIT: "opennebula.service" }],
  ["the proxy by logger", "opennebula_proxy_oned", THROUGH_PROXY, { _SYSTEMD_UNIT: "session-1.scope" }],
  ["useradd by logger", "useradd", "new user: name=eve, UID=0", { _UID: "1000", _EXE: "/usr/bin/logger" }],
])("%s is unproven: it counts as who it is by, never as what it says", (_title, name, text, more) => {
  expect(classified([by(name, text, more)])).toEqual([{ kind: "unproven", program: name, text }]);
});

test("what a program says of itself after it gave up its rights is nobody's invention", () => {
  expect(
    classified([
      by("sshd", "Disconnected from user ops 192.0.2.10 port 41092", { _UID: "1000", _EXE: undefined }),
      by("(sd-pam)", "pam_unix(systemd-user:session): session closed for user ops", { _UID: "1000" }),
      by("polkitd", "Acquired the name", { _UID: "995", _SYSTEMD_UNIT: "polkit.service" }),
    ]),
  ).toEqual([null, null, { kind: "account", program: "polkitd", text: "Acquired the name" }]);
});

test("of a root's process that has ended the journal sees the user alone, and that is enough", () => {
  const gone = { _UID: "0", _EXE: undefined, _CAP_EFFECTIVE: undefined, _SYSTEMD_UNIT: undefined };
  expect(classified([by("sshd", LOGIN, gone), by("sudo", SUDO, gone)])).toMatchObject([
    { kind: "login", user: "ops" },
    { kind: "sudo", user: "ops" },
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

test("a call is one event, with the address of who is before the proxy", () => {
  const base = { host: "fe", prev: "", method: "one.vm.action", user: "alice" };
  const records: AuditRecord[] = [
    { ...base, n: 1, time: 1_000_000, kind: "call", request: 1, address: "127.0.0.1" },
    {
      host: "fe",
      prev: "",
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
