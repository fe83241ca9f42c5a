// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { machinesOf } from "../../../lab/hosts/machine";
import type { CloudUnderTest } from "../../helpers/e2e";
import type { Canaries } from "../support/canaries";
import { everyProcess, type ProcessWatch } from "../support/process-watch";

/** Files of a host that are there to hold a secret. Everybody else must be kept from reading them. */
const keepers = [
  /^etc\/one\/oned\.conf$/,
  /^etc\/opennebula-flexible-ip\/broker\.json$/,
  /^etc\/opennebula-exporter\/settings\.json$/,
  /^etc\/opennebula-backup\/settings\.json$/,
  /^etc\/opennebula-scaleway\/(logs\/(sender|collector)-key|tls\/key)\.pem$/,
  /^etc\/ssh\/ssh_host_[a-z0-9]+_key$/,
  /^var\/lib\/one\/\.one\/[a-z]+_auth$/,
  /^var\/lib\/one\/\.flexible-ip\/key$/,
  /^var\/lib\/one\/\.ssh\/id_[a-z0-9]+$/,
  /^var\/lib\/opennebula-scaleway\//,
  // The server's user data, with the host key that it was created with.
  /^var\/lib\/cloud\//,
  // oned's own tables and the database's log of them.
  /^var\/lib\/mysql\//,
];

/** Accounts that hold secrets of their own. */
const holders = ["root", "oneadmin", "mysql", "flexible-ip", "opennebula-exporter", "systemd-journal-upload"];

/** Files of the lab that are the account, the passphrase, and Scaleway itself. */
const labKeepers = ["credentials.json", "passphrase", "scaleway.json"];

/** Secrets stay where they belong. */
export function noSecrets(cloud: CloudUnderTest, canaries: Canaries, processes: ProcessWatch): void {
  const { lab } = cloud;
  const { layout } = lab;

  describe("no secret", () => {
    test("is missing among those that are looked for", async () => {
      expect(cloud.isUp).toBe(true);
      await canaries.collect();
      const names = canaries.names.join("\n");
      const kinds = [
        "db-password",
        "oneadmin-password",
        "deploy",
        "ssh-ca",
        "first host key of",
        "agent",
        "account",
        "passphrase",
        "private keys of",
      ];
      expect(kinds.filter((kind) => !names.includes(kind))).toEqual([]);
    }, 60_000);

    test("was printed by any command", () => {
      expect(canaries.in(cloud.printed.join(""))).toEqual([]);
    });

    test("was seen in the process list, or is in the environment of what runs", () => {
      const lines = processes.commandLines;
      expect(lines.some((line) => line.includes("/usr/bin/python3"))).toBe(true);
      expect(lines.filter((line) => canaries.in(line).length > 0).map((line) => line.split(" ")[0])).toEqual([]);
      const environments = everyProcess("environ").filter(([, text]) => canaries.in(text).length > 0);
      expect(environments).toHaveLength(0);
    });

    test("is in the state, its history or its backups, outside an encrypted envelope", async () => {
      const state = join(layout.directory, "state");
      expect(readdirSync(state).length).toBeGreaterThan(0);
      expect(await canaries.inFiles([state])).toEqual([]);
    }, 60_000);

    test("is in a log or any other file of the lab, but for the account's own", async () => {
      for (const name of labKeepers) expect(statSync(join(layout.directory, name)).mode & 0o077).toBe(0);
      expect(await canaries.inFiles([layout.directory], ["upper/", "work/", "root/", ...labKeepers])).toEqual([]);
    }, 120_000);

    test("is in a temporary file of this machine or in its shell history", async () => {
      const home = homedir();
      const histories = readdirSync(home).filter((name) => name.endsWith("_history"));
      const places = [cloud.temporary, "/dev/shm", ...histories.map((name) => join(home, name))];
      expect(await canaries.inFiles(places)).toEqual([]);
    }, 120_000);

    test("is on a host's disk, but in files that nobody else can read", async () => {
      const found: string[] = [];
      for (const { machine, record } of machinesOf(layout)) {
        const disk = join(machine.directory, "upper");
        const accounts = accountsOf(disk);
        for (const { file, secrets } of await canaries.inFiles([disk])) {
          const path = file.slice(disk.length + 1);
          const { mode, uid } = statSync(file);
          const owner = accounts.get(uid) ?? String(uid);
          const isKept = keepers.some((keeper) => keeper.test(path)) && isPrivate(disk, path, mode);
          if (!isKept || !holders.includes(owner)) {
            found.push(`${record.hostname}: ${path} (${owner}, ${(mode & 0o777).toString(8)}): ${secrets.join(", ")}`);
          }
        }
      }
      expect(found).toEqual([]);
    }, 240_000);

    test("of the agent that moves flexible IPs is on any host but the front-end", async () => {
      const found = machinesOf(layout).map(async ({ machine, record }) => {
        const files = await canaries.inFiles([join(machine.directory, "upper")]);
        return files.some(({ secrets }) => secrets.some((name) => name.includes("agent"))) ? [record.hostname] : [];
      });
      expect((await Promise.all(found)).flat()).toEqual(["fe"]);
    }, 240_000);

    test.each(["fe", "host01"])(
      "is in the journal, the logs or the memory-backed files of %s",
      async (host) => {
        expect(await canaries.inOutputOn(host, "journalctl --all --no-pager --output=export")).toEqual([]);
        expect(await canaries.inOutputOn(host, "grep -rhaD skip '' /var/log /tmp /var/tmp /dev/shm")).toEqual([]);
      },
      180_000,
    );
  });
}

/** Names of a host's accounts by number. */
function accountsOf(disk: string): Map<number, string> {
  const lines = readFileSync(join(disk, "etc/passwd"), "utf8").split("\n");
  return new Map(lines.map((line) => line.split(":")).map(([name = "", , uid]) => [Number(uid), name]));
}

/** True if others may not read a file, be it by its own mode or by that of a directory above. */
function isPrivate(disk: string, path: string, mode: number): boolean {
  if ((mode & 0o007) === 0) return true;
  const above = path.split("/").slice(0, -1);
  return above.some((_, depth) => (statSync(join(disk, ...above.slice(0, depth + 1))).mode & 0o001) === 0);
}
