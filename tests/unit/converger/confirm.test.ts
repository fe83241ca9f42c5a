// SPDX-License-Identifier: Apache-2.0
import * as fs from "fs";
import type { HostState } from "../../../components/host/state";
import { hashOf, me, Sandbox } from "./sandbox";

let sandbox: Sandbox;
let conf: string;
beforeEach(() => {
  sandbox = new Sandbox();
  conf = sandbox.path("etc/net");
  fs.mkdirSync(sandbox.path("systemd/multi-user.target.wants"));
  sandbox.unit("opennebula-scaleway-rollback.service");
});
afterEach(() => sandbox.dispose());

/** A layer whose `activate` and `restore` copy the configuration to where it is in effect. */
function network(
  version: number,
  more: Partial<HostState["commitConfirm"]> & { fail?: boolean; other?: string } = {},
): string {
  const { fail, other, ...rest } = more;
  const live = sandbox.path("live");
  const state: HostState = {
    files: {
      [conf]: { content: `${version}\n`, ...me },
      [sandbox.path("etc/other")]: { content: other ?? "same\n", ...me },
    },
    commitConfirm: {
      deadlineSeconds: 300,
      activate: `cp ${conf} ${live}${fail ? "; echo broken; exit 4" : ""}`,
      restore: `if test -e ${conf}; then cp ${conf} ${live}; else rm -f ${live}; fi`,
      activateOn: [conf],
      ...rest,
    },
  };
  return sandbox.bundle(state);
}

const live = (): string | undefined => (fs.existsSync(sandbox.path("live")) ? sandbox.read("live").trim() : undefined);
const apply = (bundle: string, killAt?: number) => sandbox.run(["apply"], bundle, killAt);
const confirm = (bundle: string) => sandbox.run(["confirm", "demo"], hashOf(bundle));

/** Makes an armed rollback look expired, as time or a reboot would. */
function expire(how: "deadline" | "reboot"): void {
  const record = JSON.parse(sandbox.read("state/confirm/demo.json")) as Record<string, unknown>;
  if (how === "deadline") record.deadline = 0;
  else record.bootId = "another boot";
  sandbox.write("state/confirm/demo.json", JSON.stringify(record));
}

test("a confirmed change stays, and is not armed again while nothing changes", () => {
  const bundle = network(1);
  expect(apply(bundle).answer.changed.map((change) => change.kind)).toEqual(["file", "file", "activation"]);
  expect(sandbox.read("systemd-run.log")).toMatch(/--on-active=300s .* rollback demo$/m);
  expect(sandbox.read("systemd/opennebula-scaleway-rollback.service")).toContain("WantedBy=multi-user.target");
  expect(confirm(bundle)).toMatchObject({ status: 0, answer: { ok: true, changed: [{ what: "confirmed" }] } });
  expect(confirm(bundle)).toMatchObject({ status: 0, answer: { changed: [] } });
  expect(sandbox.run(["rollback", "demo"])).toMatchObject({ status: 0, answer: { changed: [] } });
  expect(live()).toBe("1");

  fs.rmSync(sandbox.path("systemd-run.log"));
  expect(apply(bundle).answer.changed).toEqual([]);
  expect(apply(network(1, { other: "changed\n" })).answer.changed.map((change) => change.id)).toEqual([
    sandbox.path("etc/other"),
  ]);
  expect(fs.existsSync(sandbox.path("systemd-run.log"))).toBe(false);
});

test("before its deadline a rollback does nothing", () => {
  apply(network(1));
  expect(sandbox.run(["rollback", "demo"]).answer.changed).toEqual([]);
  expect(live()).toBe("1");
  expect(sandbox.run(["check"], network(1)).answer.changed).toMatchObject([{ kind: "confirmation" }]);
});

test.each(["deadline", "reboot"] as const)("unconfirmed, it goes back to what was confirmed last (%s)", (how) => {
  const first = network(1);
  apply(first);
  confirm(first);
  apply(network(2));
  // A second change on top of an unconfirmed one does not become the state to go back to.
  apply(network(3));
  expect(live()).toBe("3");
  expire(how);
  const rollback = sandbox.run(["rollback"]);
  expect(rollback).toMatchObject({ status: 0, answer: { changed: [{ id: conf, what: "rolled back" }] } });
  expect([live(), sandbox.read("etc/net")]).toEqual(["1", "1\n"]);
  expect(sandbox.run(["check"], first).answer.changed).toEqual([]);
});

test("a confirmation that comes after the rollback applies the kept state again and proves nothing; the next one does", () => {
  const bundle = network(1);
  apply(bundle);
  expire("deadline");
  sandbox.run(["rollback", "demo"]);
  expect([live(), fs.existsSync(conf)]).toEqual([undefined, false]);
  const late = confirm(bundle);
  expect(late.status).toBe(1);
  expect(late.answer.error?.message).toMatch(/taken the change back .* applied again and waits for another connection/);
  expect(live()).toBe("1");
  expect(confirm(bundle).status).toBe(0);
  expect(sandbox.run(["check"], bundle).answer.changed).toEqual([]);
});

test("the connection that had the state applied again cannot confirm it, and without another one it is taken back again", () => {
  const bundle = network(1);
  apply(bundle);
  expire("deadline");
  sandbox.run(["rollback", "demo"]);
  sandbox.session = 50_000;
  confirm(bundle);
  expect(confirm(bundle).answer.error?.message).toMatch(/only a new one proves that the host can be reached/);
  expire("deadline");
  sandbox.run(["rollback", "demo"]);
  expect(live()).toBeUndefined();
});

test("the connection of the apply cannot confirm", () => {
  sandbox.session = 50_000;
  const bundle = network(1);
  apply(bundle);
  expect(confirm(bundle).answer.error?.message).toMatch(/only a new one proves that the host can be reached/);
  sandbox.session = 50_001;
  expect(confirm(bundle).status).toBe(0);
});

test("a confirmation of another state is refused", () => {
  const first = network(1);
  apply(first);
  const wrong = confirm(network(2));
  expect(wrong.status).toBe(1);
  expect(wrong.answer.error?.message).toMatch(/^the host holds another state of layer demo \([0-9a-f]{12}\)/);
  expect(sandbox.run(["confirm", "demo"], "not a hash").answer.error?.message).toMatch(/64 hexadecimal digits/);
});

test("a failing activation is taken back at once", () => {
  const first = network(1);
  apply(first);
  confirm(first);
  const failed = apply(network(2, { fail: true }));
  expect(failed.status).toBe(1);
  expect(failed.answer.error).toEqual({
    step: "activate",
    message: "activate: exit status 4; the layer's files are back as they were",
    lastLines: ["broken"],
  });
  expect([live(), sandbox.read("etc/net")]).toEqual(["1", "1\n"]);
});

test("a kill at any moment ends in the old state or, after another apply, in the new one", () => {
  const first = network(1);
  apply(first);
  confirm(first);
  let killed = 0;
  for (let at = 2; at < 120; at += 7) {
    const bundle = network(at);
    const result = apply(bundle, at);
    if (fs.existsSync(sandbox.path("state/confirm/demo.json"))) expire("reboot");
    sandbox.run(["rollback"]);
    // Whatever stands in the file is in effect too.
    expect(sandbox.read("etc/net").trim()).toBe(live());
    expect(apply(bundle).status).toBe(0);
    expect(confirm(bundle).status).toBe(0);
    expect([live(), sandbox.read("etc/net")]).toEqual([`${at}`, `${at}\n`]);
    expect(sandbox.run(["check"], bundle).answer.changed).toEqual([]);
    if (result.status === 0) break;
    killed += 1;
  }
  expect(killed).toBeGreaterThan(4);
}, 120_000);

test("undone, nothing of it is left", () => {
  const before = sandbox.tree();
  const bundle = network(1);
  apply(bundle);
  confirm(bundle);
  expect(sandbox.run(["undo", "demo"]).status).toBe(0);
  expect([sandbox.tree(), live()]).toEqual([before, undefined]);
  expect(fs.readdirSync(sandbox.path("systemd"))).toEqual(["multi-user.target.wants"]);
});
