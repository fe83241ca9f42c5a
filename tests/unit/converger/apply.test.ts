// SPDX-License-Identifier: Apache-2.0
import * as fs from "fs";
import { SettingsSyntax, type HostState } from "../../../components/host/state";
import { me, Sandbox } from "./sandbox";

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.dispose());

const SECRET = "correct-horse-battery";

function changes(answer: { changed: { kind: string; id: string; what: string }[] }): string[] {
  return answer.changed.map(({ kind, id, what }) => `${kind} ${id.replace(sandbox.root, "")} ${what}`);
}

/** A state with one of everything that needs no root. */
function everything(version = 1): HostState {
  const etc = sandbox.path("etc");
  return {
    directories: { [`${etc}/dir`]: { ...me, mode: "0750" } },
    files: {
      [`${etc}/deep/er/file`]: {
        content: `version ${version}\npassword ${SECRET}\n`,
        ...me,
        mode: "0640",
        secret: true,
      },
      [`${etc}/theirs`]: { content: "ours\n", ...me, mode: "0600" },
    },
    settings: {
      [`${etc}/oned.conf`]: {
        syntax: SettingsSyntax.Oned,
        set: [
          { path: ["DB", "BACKEND"], value: '"mysql"' },
          { path: ["PORT"], value: `${version}` },
        ],
      },
    },
    blocks: { [`${etc}/hosts`]: { content: "10.0.0.1 fe\n", marker: "hosts" } },
    sequence: [
      {
        action: "touch",
        needed: `! test -e ${etc}/touched`,
        run: `echo "$PASSWORD" > ${etc}/touched; echo 1.2.3 > "$CONVERGER_FACTS/version"`,
        undo: `rm ${etc}/touched`,
        environment: { PASSWORD: SECRET },
        user: me.owner,
      },
      { unit: "db.service", restartOn: [`${etc}/deep/er/file`, `${etc}/oned.conf`] },
      { unit: "clock.service" },
    ],
  };
}

function prepare(): void {
  sandbox.write("etc/theirs", "theirs\n");
  fs.chmodSync(sandbox.path("etc/theirs"), 0o644);
  sandbox.write("etc/oned.conf", 'PORT = 9\nDB = [ BACKEND = "sqlite" ]\n');
  sandbox.write("etc/hosts", "127.0.0.1 localhost\n");
  sandbox.unit("db.service");
  sandbox.unit("clock.service", { UnitFileState: "enabled", unmet: "yes" });
}

test("applies, then finds nothing to do, then takes everything back", () => {
  prepare();
  const before = sandbox.tree();
  const first = sandbox.apply(everything(), [SECRET]);
  expect(changes(first)).toEqual([
    "directory /etc/dir created",
    "directory /etc/deep created",
    "directory /etc/deep/er created",
    "file /etc/deep/er/file created",
    "file /etc/theirs updated",
    "setting /etc/oned.conf updated",
    "block /etc/hosts created",
    "action touch ran",
    "unit db.service enabled",
    "unit db.service started",
  ]);
  expect(first).toMatchObject({
    ok: true,
    restarted: [],
    conditionUnmet: ["clock.service"],
    facts: { version: "1.2.3" },
  });
  expect(fs.statSync(sandbox.path("etc/deep/er/file")).mode & 0o777).toBe(0o640);
  expect(fs.statSync(sandbox.path("etc/dir")).mode & 0o777).toBe(0o750);
  expect(sandbox.read("etc/oned.conf")).toBe('PORT = 1\nDB = [ BACKEND = "mysql" ]\n');

  sandbox.systemctlCalls();
  const again = sandbox.apply(everything(), [SECRET]);
  expect(again).toMatchObject({
    changed: [],
    restarted: [],
    conditionUnmet: ["clock.service"],
    facts: { version: "1.2.3" },
  });
  // Only the unit whose condition did not hold is tried again.
  expect(sandbox.systemctlCalls()).toEqual(["start clock.service"]);

  const undone = sandbox.run(["undo", "demo"]);
  expect(undone.status).toBe(0);
  expect(sandbox.tree()).toEqual(before);
  expect(sandbox.unitState("db.service")).toMatchObject({ ActiveState: "inactive", UnitFileState: "disabled" });
  expect(sandbox.run(["undo", "demo"])).toMatchObject({ status: 0, answer: { changed: [] } });
});

test("a change restarts what watches it and nothing else", () => {
  prepare();
  sandbox.apply(everything(1), [SECRET]);
  sandbox.systemctlCalls();
  const second = sandbox.apply(everything(2), [SECRET]);
  expect(second.restarted).toEqual(["db.service"]);
  expect(sandbox.systemctlCalls()).toEqual(["restart db.service", "start clock.service"]);
});

test("a unit is reloaded where it can and restarted where it cannot", () => {
  const conf = sandbox.path("etc/conf");
  sandbox.unit("ssh.service", { ActiveState: "active", UnitFileState: "enabled", CanReload: "yes" });
  const state = (content: string): HostState => ({
    files: { [conf]: { content, ...me } },
    sequence: [{ unit: "ssh.service", reload: true, restartOn: [conf] }],
  });
  sandbox.apply(state("1"));
  expect(sandbox.systemctlCalls()).toEqual(["reload ssh.service"]);
  sandbox.unit("ssh.service", { ActiveState: "active", UnitFileState: "enabled", CanReload: "no" });
  sandbox.apply(state("2"));
  expect(sandbox.systemctlCalls()).toEqual(["restart ssh.service"]);
});

test("check tells hand edits, wrong modes and stopped units, and touches nothing", () => {
  prepare();
  expect(changes(sandbox.check(everything(), [SECRET]))).toContain("file /etc/deep/er/file created");
  expect(fs.existsSync(sandbox.path("state"))).toBe(false);
  sandbox.apply(everything(), [SECRET]);
  expect(sandbox.check(everything(), [SECRET]).changed).toEqual([]);

  sandbox.write("etc/theirs", "edited\n");
  sandbox.write("etc/oned.conf", sandbox.read("etc/oned.conf").replace("PORT = 1", "PORT = 7"));
  fs.chmodSync(sandbox.path("etc/deep/er/file"), 0o644);
  fs.rmSync(sandbox.path("etc/touched"));
  sandbox.unit("db.service", { ActiveState: "failed", UnitFileState: "enabled" });
  const before = {
    tree: sandbox.tree(),
    manifest: sandbox.read("state/manifest.json"),
    log: sandbox.read("log/converger.log"),
  };
  sandbox.systemctlCalls();
  const report = sandbox.check(everything(), [SECRET]);
  expect(report.ok).toBe(true);
  expect(report.changed.map(({ id, detail }) => [id.replace(`${sandbox.root}/etc/`, ""), detail])).toEqual([
    ["deep/er/file", "mode 0644, wanted 0640"],
    ["theirs", "-edited\n+ours"],
    ["oned.conf", "PORT: 7, wanted 1"],
    ["touch", "its guard says that it is needed"],
    ["db.service", "is failed"],
  ]);
  expect({
    tree: sandbox.tree(),
    manifest: sandbox.read("state/manifest.json"),
    log: sandbox.read("log/converger.log"),
  }).toEqual(before);
  expect(sandbox.systemctlCalls()).toEqual([]);
  sandbox.apply(everything(), [SECRET]);
  expect(sandbox.check(everything(), [SECRET]).changed).toEqual([]);
});

test("what leaves the state leaves the host; what was edited by hand stays", () => {
  prepare();
  const before = sandbox.tree();
  sandbox.apply(everything(), [SECRET]);
  sandbox.write("etc/deep/er/file", "by hand\n");
  sandbox.systemctlCalls();
  const answer = sandbox.apply({}, [SECRET]);
  expect(changes(answer)).toEqual([
    "unit db.service stopped",
    "unit db.service disabled",
    "action touch undone",
    "block /etc/hosts removed",
    "setting /etc/oned.conf restored",
    "file /etc/theirs restored",
    "file /etc/deep/er/file kept",
    "directory /etc/dir removed",
    "directory /etc/deep/er kept",
    "directory /etc/deep kept",
  ]);
  const after = sandbox.tree();
  for (const name of ["deep", "deep/er", "deep/er/file"]) delete after[sandbox.path(`etc/${name}`)];
  expect(after).toEqual(before);
});

test("no secret is printed, logged or shown by a failing action", () => {
  prepare();
  const state: HostState = {
    sequence: [
      {
        action: "leak",
        needed: "true",
        run: 'echo "login with $PASSWORD failed"; exit 7',
        environment: { PASSWORD: SECRET },
        user: me.owner,
      },
    ],
  };
  const result = sandbox.run(["apply"], sandbox.bundle(state, [SECRET]));
  expect(result.status).toBe(1);
  expect(result.answer.error).toEqual({
    step: "action leak",
    message: "action leak: exit status 7",
    lastLines: ["login with <secret> failed"],
  });
  expect(result.stderr).toBe("host fe, layer demo: action leak: exit status 7\n");
  sandbox.apply(everything(), [SECRET]);
  expect(sandbox.check({ ...everything(2) }, [SECRET]).changed).not.toEqual([]);
  for (const text of [result.stdout, result.stderr, sandbox.read("log/converger.log")])
    expect(text).not.toContain(SECRET);
});

test.each<[string, Partial<HostState>, RegExp]>([
  [
    "a guard that cannot run",
    { sequence: [{ action: "a", needed: "no-such-program", run: "true", user: me.owner }] },
    /guard cannot run \(exit status 127\)/,
  ],
  [
    "an action without effect",
    { sequence: [{ action: "a", needed: "true", run: "true", user: me.owner }] },
    /still says that it is needed/,
  ],
  [
    "an action without end",
    { sequence: [{ action: "a", needed: "true", run: "sleep 30", user: me.owner, timeoutSeconds: 1 }] },
    /no end after 1 s/,
  ],
  [
    "a unit that is not there",
    { sequence: [{ unit: "gone.service" }] },
    /there is no such unit: which package or file brings it/,
  ],
  ["a unit that fails", { sequence: [{ unit: "bad.service" }] }, /systemctl start: exit status 1/],
  [
    "a unit that is not ready",
    { sequence: [{ unit: "db.service", ready: "tcp:127.0.0.1:1", timeoutSeconds: 1 }] },
    /does not answer at tcp:127.0.0.1:1 .* after 1 s/,
  ],
])("fails with step and reason: %s", (_, state, message) => {
  prepare();
  sandbox.unit("bad.service", { UnitFileState: "enabled", broken: "yes" });
  const result = sandbox.run(["apply"], sandbox.bundle(state));
  expect(result.status).toBe(1);
  expect(result.answer.error?.message).toMatch(message);
});

test("a file that its judge refuses never takes its place", () => {
  prepare();
  const file = sandbox.path("etc/theirs");
  const state: HostState = { files: { [file]: { content: "bad\n", ...me, validate: ["grep", "-q", "good", "{}"] } } };
  const result = sandbox.run(["apply"], sandbox.bundle(state));
  expect(result.answer.error?.message).toBe(`${file}: refused by grep: exit status 1`);
  expect(sandbox.read("etc/theirs")).toBe("theirs\n");
  expect(fs.readdirSync(sandbox.path("etc")).sort()).toEqual(["hosts", "oned.conf", "theirs"]);
});

test("two layers cannot own one file, but may edit different keys of one", () => {
  prepare();
  const conf = sandbox.path("etc/oned.conf");
  const set = (key: string): HostState => ({
    settings: { [conf]: { syntax: SettingsSyntax.Oned, set: [{ path: [key], value: "1" }] } },
  });
  sandbox.apply({ ...set("A"), files: { [sandbox.path("etc/theirs")]: { content: "x", ...me } } });
  expect(sandbox.run(["apply"], sandbox.bundle(set("B"), [], "other")).status).toBe(0);
  const refused = sandbox.run(
    ["apply"],
    sandbox.bundle({ ...set("A"), files: { [sandbox.path("etc/theirs")]: { content: "y" } } }, [], "third"),
  );
  expect(refused.answer.error?.message).toMatch(/oned\.conf: A belongs to layer demo; .*theirs belongs to layer demo/);
  expect(sandbox.read("etc/theirs")).toBe("x");
});

test("a kill at any moment loses nothing: the next run holds the state and restarts what is owed", () => {
  const etc = sandbox.path("etc");
  const state = (version: number): HostState => ({
    files: { [`${etc}/a/conf`]: { content: `${version}\n`, ...me }, [`${etc}/b`]: { content: `${version}\n`, ...me } },
    sequence: [
      {
        action: "load",
        needed: `! grep -qx ${version} ${etc}/loaded`,
        run: `echo ${version} > ${etc}/loaded`,
        user: me.owner,
      },
      { unit: "db.service", restartOn: [`${etc}/a/conf`, "action:load"] },
    ],
  });
  sandbox.unit("db.service");
  sandbox.apply(state(0));
  let killed = 0;
  // Every fourth change of the host meets every phase of an apply.
  for (let at = 1; at < 100; at += 4) {
    sandbox.systemctlCalls();
    const first = sandbox.run(["apply"], sandbox.bundle(state(at)), at);
    const second = sandbox.run(["apply"], sandbox.bundle(state(at)));
    expect(second.answer).toMatchObject({ ok: true });
    expect([sandbox.read("etc/a/conf"), sandbox.read("etc/b"), sandbox.read("etc/loaded")]).toEqual([
      `${at}\n`,
      `${at}\n`,
      `${at}\n`,
    ]);
    const calls = sandbox.systemctlCalls().filter((call) => call !== "daemon-reload");
    expect(calls.length).toBeGreaterThan(0);
    expect(new Set(calls)).toEqual(new Set(["restart db.service"]));
    expect(fs.readdirSync(etc).filter((name) => name.startsWith(".") && second.answer.changed.length > 0)).toEqual([]);
    if (first.status === 0) break;
    killed += 1;
  }
  expect(killed).toBeGreaterThan(5);
  expect(sandbox.check(state(1)).changed.length).toBeGreaterThan(0);
}, 120_000);
