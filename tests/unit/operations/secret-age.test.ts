// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { credentials, type Credential } from "../../../catalogue";
import { secretAgeSettings } from "../../../components/security/secret-age";
import { rotatable } from "../../../operations";

const PROGRAM = resolve(__dirname, "../../../onhost/secrets/secret_age.py");
const WRITTEN = 1_700_000_000;
let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "secret-age-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the program; since when each secret is what it is. */
function ages(secrets: object): Record<string, number> {
  const textfile = join(folder, "out/secrets.prom");
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ textfile, secrets }));
  const { status, stderr } = spawnSync("python3", ["-I", "-B", PROGRAM, join(folder, "settings.json")], {
    env: { ...process.env, STATE_DIRECTORY: folder },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  const lines = readFileSync(textfile, "utf8").matchAll(/\{credential="([^"]+)"\} (\d+)/g);
  return Object.fromEntries([...lines].map(([, name, since]): [string, number] => [name!, Number(since)]));
}

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  utimesSync(file, WRITTEN, WRITTEN);
  return file;
}

test("a secret is as old as its file at first, stays so while other lines change, and is new when it changes", () => {
  const file = write("a", 'x\nPASSWD = "one"\n');
  const secrets = { a: { file, value: 'PASSWD *= *"([^"]+)"' }, none: { file: join(folder, "none") } };
  expect(ages(secrets)).toEqual({ a: WRITTEN });
  writeFileSync(file, 'y\nPASSWD = "one"\n');
  expect(ages(secrets)).toEqual({ a: WRITTEN });
  writeFileSync(file, 'y\nPASSWD = "two"\n');
  const before = Math.floor(Date.now() / 1000) - 1;
  expect(ages(secrets)["a"]).toBeGreaterThanOrEqual(before);
});

test("neither what is remembered nor what is told holds the secret", () => {
  const file = write("a", "canary-of-the-test");
  ages({ a: { file } });
  const notes = join(folder, "seen.json");
  expect(statSync(notes).mode & 0o777).toBe(0o600);
  expect(readFileSync(notes, "utf8") + readFileSync(join(folder, "out/secrets.prom"), "utf8")).not.toContain("canary");
});

test("every credential that rotate takes has an age, and no other: an alert without a cure helps nobody", () => {
  const aged = Object.entries<Credential>(credentials).flatMap(([name, { held }]) => (held ? [name] : []));
  // The ACME client replaces the first two with each renewal or never, and tells of itself by its certificate's end.
  const others = rotatable.filter((name) => !["public-tls-key", "acme-account-key"].includes(name));
  expect(aged.sort()).toEqual([...others].sort());
});

test("a hypervisor is asked for what every host holds alone", () => {
  const { secrets } = secretAgeSettings(false) as { secrets: object };
  expect(Object.keys(secrets)).toEqual(["backup-api-key", "backup-password"]);
  expect(Object.keys((secretAgeSettings(true) as { secrets: object }).secrets)).toContain("oneadmin-password");
});
