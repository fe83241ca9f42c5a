// SPDX-License-Identifier: Apache-2.0

/** What users of the command provider and of Elastic Metal complain about in public, each as a behaviour that hosts must not have. */
import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { bootstrapHost } from "../../../components/host/bootstrap";
import { pinnedKey, type HostConnection } from "../../../components/host/connection";
import { confirmLayer, convergeLayer, copyConverger } from "../../../components/host/converge";

const SECRET = "4dabf18193072939515e22adb298388d";
const KEY = "ssh-ed25519 AAAAC3Nza";
const connection: HostConnection = { host: "203.0.113.7", user: "ops", privateKey: "canary-key", hostKey: KEY };

let registered: MockResourceArgs[];
beforeEach(async () => {
  registered = [];
  await pulumi.runtime.setMocks({
    newResource: (args) => {
      registered.push(args);
      return { id: args.name, state: { ...(args.inputs as object), stdout: "{}" } };
    },
    call: ({ token }) => {
      throw new Error(`unexpected call ${token}`);
    },
  });
  // Pulumi's mocks know no hooks for errors.
  const monitor = (pulumi.runtime as unknown as { getMonitor(): Record<string, unknown> }).getMonitor();
  monitor["registerErrorHook"] = (_hook: unknown, done: (error: null, answer: object) => void) => done(null, {});
});

/** What every command that is sent to hosts is registered with, by name. */
async function commands(how: HostConnection): Promise<Map<string, Record<string, unknown>>> {
  copyConverger("copy", { connection: how }, {});
  bootstrapHost("first", { host: "host01", connection: how }, {});
  const state = { packages: { chrony: "latest" } };
  const applied = convergeLayer("apply", { host: "host01", layer: "logs", connection: how, state, values: {} }, {});
  confirmLayer("confirm", { host: "host01", layer: "logs", connection: how, applied }, {});
  await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
  return new Map(registered.map(({ name, inputs }) => [name, inputs as Record<string, unknown>]));
}

it("does not run a command again because its connection is secret in one run and plain in the next", async () => {
  const later = { ...connection, host: pulumi.secret(connection.host), privateKey: pulumi.secret("canary-key") };
  const plain = await commands(connection);
  registered = [];
  const secret = await commands(later);
  expect([...plain.keys()].sort()).toEqual(["apply", "confirm", "copy", "first"]);
  for (const [name, inputs] of plain) {
    expect(inputs["connection"]).toMatchObject({ [SECRET]: expect.anything() as unknown });
    expect(secret.get(name)?.["connection"]).toEqual(inputs["connection"]);
  }
});

it("accepts the host's own key alone, and refuses to go without one", async () => {
  expect(pinnedKey(KEY)).toBe(KEY);
  for (const none of ["", " ", "AAAAC3Nza"]) expect(() => pinnedKey(none)).toThrow("hostKey: must be");
  for (const inputs of (await commands(connection)).values()) {
    expect(inputs["connection"]).toMatchObject({ value: { hostKey: KEY } });
  }
});

describe("the first command", () => {
  const program = async (): Promise<string> => {
    const value = (await commands(connection)).get("first")?.["stdin"];
    return String(value);
  };
  let bin: string;
  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), "cloud-init-"));
  });
  afterEach(() => rmSync(bin, { recursive: true }));

  /** Runs it where `cloud-init` is this shell script. */
  const run = async (script: string, change: (text: string) => string = (text) => text): Promise<string> => {
    writeFileSync(join(bin, "cloud-init"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const { status, stderr } = spawnSync("/usr/bin/python3", ["-I", "-B", "-"], {
      input: change(await program()),
      env: { PATH: `${bin}:/usr/bin:/bin` },
      encoding: "utf8",
    });
    expect(status).toBe(1);
    return stderr.trim();
  };

  it("waits for cloud-init, with a deadline, and says in one line where to look", async () => {
    const waited = await run('[ "$*" = "status --wait" ] && sleep 20', (text) => {
      expect(text).toContain("seconds=600");
      return text.replace("seconds=600", "seconds=0.2");
    });
    expect(waited).toBe(
      "host host01: cloud-init has not ended after 600 s; look at /var/log/cloud-init-output.log on the host",
    );
  });

  it("tells in one line that cloud-init failed, and why", async () => {
    const failed = await run('echo "status: error"; [ "$2" = --long ] && echo "detail: bad user-data"; exit 1');
    expect(failed).toBe(
      "host host01: cloud-init failed: status: error detail: bad user-data; look at /var/log/cloud-init-output.log on the host",
    );
  });
});

it("runs a changed command where and as it ran before: same words, nothing of the last run, all it needs on its input", async () => {
  for (const [name, inputs] of await commands(connection)) {
    if (name === "copy") continue;
    expect(inputs).toMatchObject({ addPreviousOutputInEnv: false });
    // Triggers replace a command: the old undo would follow the new work. Surroundings would change with whoever runs it.
    expect(Object.keys(inputs)).not.toEqual(expect.arrayContaining(["triggers"]));
    expect(Object.keys(inputs)).not.toEqual(expect.arrayContaining(["environment"]));
    expect(inputs["create"]).toMatch(/^sudo -n \/usr\/bin\/python3 -I -B /);
    if (name !== "first") expect(inputs["update"]).toBe(inputs["create"]);
  }
});
