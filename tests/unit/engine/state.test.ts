// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, hostname } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { Backend } from "../../../lab/engine/backend";
import { StateCodec, newManifest, verifyDeployment } from "../../../lab/engine/checkpoint";
import { Snapshot } from "../../../lab/engine/snapshot";
import type { Deployment, ResourceState } from "../../../lab/engine/types";

const codec = new StateCodec(undefined);
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "engine-state-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function state(name: string): ResourceState {
  return { urn: `urn:pulumi:s::p::t:i:T::${name}`, type: "t:i:T", custom: true, id: name, outputs: { name } };
}

function deployment(resources: ResourceState[]): Deployment {
  return { manifest: newManifest(), resources, metadata: {} };
}

function ids(read: Deployment | undefined): (string | undefined)[] {
  return (read?.resources ?? []).map((entry) => entry.id);
}

test("a killed run's journal is part of the state, and is folded in by the next run", () => {
  const backend = new Backend(root, "p", "s");
  const [a, b] = [state("a"), state("b")];
  backend.write(deployment([a, b]));
  const snapshot = new Snapshot({ resources: [a, b], pending: [] }, codec, backend.journal());
  snapshot.succeed(a, { ...a });
  const done = snapshot.begin("creating", state("c"));
  snapshot.put(state("c"));
  snapshot.end(done);
  snapshot.begin("deleting", b);

  const read = backend.read();
  expect(ids(read)).toEqual(["a", "c", "b"]);
  expect(read?.pending_operations?.map((op) => `${op.type} ${op.resource.id ?? ""}`)).toEqual(["deleting b"]);
  backend.recover();
  expect(readdirSync(join(root, ".pulumi/stacks/p")).sort()).toEqual(["s.json", "s.json.bak"]);
  expect(backend.read()).toEqual(read);
});

test("a line that was being written when the process died is left out", () => {
  const backend = new Backend(root, "p", "s");
  backend.write(deployment([]));
  const snapshot = new Snapshot({ resources: [], pending: [] }, codec, backend.journal());
  snapshot.end(snapshot.begin("creating", state("a")));
  appendFileSync(join(root, ".pulumi/stacks/p/s.json.journal"), '{"op":"new","k":7,"resour');
  expect(ids(backend.read())).toEqual([]);
});

test("a journal of another checkpoint is not applied", () => {
  const backend = new Backend(root, "p", "s");
  backend.write(deployment([state("a")]));
  const journal = backend.journal();
  journal.write({ op: "done", k: 0 }, true);
  // The checkpoint was written, but the process died before the journal was removed.
  const file = join(root, ".pulumi/stacks/p/s.json");
  writeFileSync(file, readFileSync(file, "utf8").replace('"id": "a"', '"id": "z"'));
  expect(ids(backend.read())).toEqual(["z"]);
});

test("after any changes the journal says the same as the memory", () => {
  const change = fc.record({ kind: fc.constantFrom("put", "succeed", "done", "begin", "mark"), at: fc.nat(100) });
  fc.assert(
    fc.property(fc.nat(6), fc.boolean(), fc.array(change, { maxLength: 25 }), (size, refreshed, changes) => {
      const backend = new Backend(mkdtempSync(join(root, "x-")), "p", "s");
      let base = Array.from({ length: size }, (_, i) => state(`b${String(i)}`));
      backend.write(deployment(base));
      const snapshot = new Snapshot({ resources: base, pending: [] }, codec, backend.journal());
      if (refreshed) snapshot.rebase((base = base.map((entry) => ({ ...entry }))));
      let count = 0;
      for (const { kind, at } of changes) {
        const old = base[at % Math.max(1, base.length)];
        if (kind === "put") snapshot.put(state(`n${String(count++)}`));
        else if (kind === "begin") snapshot.begin("creating", state(`p${String(count++)}`));
        else if (!old) continue;
        else if (kind === "succeed") snapshot.succeed(old, { ...old, outputs: at % 2 ? { changed: at } : old.outputs });
        else if (kind === "done") snapshot.done(old);
        else {
          old.delete = true;
          snapshot.changed(old);
        }
        if (kind === "succeed" || kind === "done") base = base.filter((entry) => entry !== old);
      }
      snapshot.begin("updating", state("last"));
      const memory = snapshot.lists();
      const read = backend.read();
      expect(read?.resources ?? []).toEqual(memory.resources.map((entry) => codec.sealState(entry)));
      expect(read?.pending_operations?.length).toBe(memory.pending.length);
    }),
    { numRuns: 60 },
  );
});

describe("lock", () => {
  const lockDir = (): string => join(root, ".pulumi/locks/organization/p/s");

  test("the second run is refused and told who holds the lock", () => {
    const backend = new Backend(root, "p", "s");
    const release = backend.lock();
    // Another live process of this machine, so that the holder is not simply ourselves twice.
    expect(() => new Backend(root, "p", "s").lock()).toThrow(
      new RegExp(`locked by another run: .*@${hostname()} \\(pid`),
    );
    release();
    new Backend(root, "p", "s").lock()();
    expect(readdirSync(lockDir())).toEqual([]);
  });

  test("the lock of a dead process is taken over, that of another machine is not", () => {
    const backend = new Backend(root, "p", "s");
    backend.lock()();
    const info = { pid: 2 ** 22 + 1, username: "u", hostname: hostname(), timestamp: new Date().toISOString() };
    writeFileSync(join(lockDir(), "dead.json"), JSON.stringify(info));
    backend.lock()();
    expect(existsSync(join(lockDir(), "dead.json"))).toBe(false);
    writeFileSync(join(lockDir(), "far.json"), JSON.stringify({ ...info, hostname: "elsewhere" }));
    expect(() => backend.lock()).toThrow(/u@elsewhere/);
    expect(backend.cancel()).toBe(1);
    backend.lock()();
  });
});

test("a deployment from outside is checked as a whole", () => {
  const scope = { stack: "s", project: "p" };
  const good = [state("a"), { ...state("b"), dependencies: [state("a").urn] }];
  expect(verifyDeployment(deployment(good), scope)).toEqual([]);
  const bad = deployment([
    ...[...good].reverse(),
    { ...state("b") },
    { ...state("x"), urn: "urn:pulumi:o::p::t:i:T::x" },
  ]);
  bad.manifest.magic = "0".repeat(64);
  expect(verifyDeployment(bad, scope)).toEqual([
    expect.stringMatching(/manifest.magic/),
    expect.stringMatching(/dependency .* must stand earlier/),
    expect.stringMatching(/twice without delete/),
    expect.stringMatching(/another stack/),
  ]);
});
