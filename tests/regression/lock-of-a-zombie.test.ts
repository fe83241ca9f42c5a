// SPDX-License-Identifier: Apache-2.0
// A killed run may stay in the process table for as long as nobody asks how it ended: its lock counts for nothing all the same.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../helpers/eventually";
import { Backend } from "../../lab/engine/backend";

test("the lock of a dead process that nobody has waited for is taken over", async () => {
  const root = mkdtempSync(join(tmpdir(), "opennebula-scaleway-lock-"));
  // The child ends after its shell has become another program, which never waits for it.
  const parent = spawn("sh", ["-c", "sleep 0.5 & echo $!; exec sleep 30"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const [chunk] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(chunk.toString());
    const isZombie = (): boolean => /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    await eventually(isZombie, { what: `process ${pid} becomes a zombie`, every: 10 });
    const locks = join(root, ".pulumi/locks/organization/p/s");
    mkdirSync(locks, { recursive: true });
    const holder = { pid, username: "root", hostname: hostname(), timestamp: new Date().toISOString() };
    writeFileSync(join(locks, "left-behind.json"), JSON.stringify(holder));
    new Backend(root, "p", "s").lock()();
    expect(readdirSync(locks)).toEqual([]);
  } finally {
    parent.kill("SIGKILL");
    rmSync(root, { recursive: true, force: true });
  }
});
