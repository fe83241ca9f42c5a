// SPDX-License-Identifier: Apache-2.0

/** How a rotation ends what it began in the repository of backups: the scripts as they go to the front-end, on a repository here. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeployedCloud } from "../../../operations";
import { opensRepository, settleRepositoryPassword } from "../../../operations/secrets/logins";

const folder = mkdtempSync(join(tmpdir(), "repository-password-"));
const url = join(folder, "repository");
const made = join(folder, "made");
const previous = join(folder, "previous-password");

const cloud = {
  frontend: { name: "fe" },
  root: (_host: string, script: string, input: string) => {
    const { status, stdout, stderr } = spawnSync("sh", ["-euc", script.replaceAll("/etc/opennebula-backup", folder)], {
      input,
      encoding: "utf8",
    });
    return status === 0 ? Promise.resolve(stdout) : Promise.reject(new Error(stderr.trim().split("\n").at(-1)));
  },
} as unknown as DeployedCloud;

function settings(password: string): void {
  const repository = { url, region: "", accessKey: "", secretKey: "", password };
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ repository }));
}

function opens(password: string): Promise<boolean> {
  return opensRepository(cloud, { password });
}

beforeAll(() => {
  execFileSync("restic", ["--quiet", "init", "--repo", made], { env: { ...process.env, RESTIC_PASSWORD: "old" } });
});

beforeEach(() => {
  rmSync(url, { recursive: true, force: true });
  rmSync(previous, { force: true });
  cpSync(made, url, { recursive: true });
});

afterAll(() => rmSync(folder, { recursive: true }));

test("the repository gets the stack's password, loses the kept one, and that is forgotten", async () => {
  settings("new");
  writeFileSync(previous, "old");
  await settleRepositoryPassword(cloud, "new");
  expect([await opens("new"), await opens("old"), existsSync(previous)]).toEqual([true, false, false]);
  await settleRepositoryPassword(cloud, "new");
}, 60_000);

test("what was only begun is given up", async () => {
  settings("old");
  writeFileSync(previous, "old");
  await settleRepositoryPassword(cloud, "old");
  expect([await opens("old"), existsSync(previous)]).toEqual([true, false]);
});

test.each<[string, () => void, string]>([
  ["the front-end has not got the new password", () => settings("old"), "run `pulumi up` first"],
  ["the repository takes neither", () => (settings("new"), writeFileSync(previous, "lost")), "does not take the stack"],
  ["the repository does not answer", () => (settings("new"), rmSync(join(url, "config"))), "does not open"],
])("the kept password stays where %s", async (_title, spoil, reason) => {
  writeFileSync(previous, "old");
  spoil();
  await expect(settleRepositoryPassword(cloud, "new")).rejects.toThrow(reason);
  expect(readFileSync(previous, "utf8")).toMatch(/^(old|lost)$/);
});
