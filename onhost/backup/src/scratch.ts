// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { query, type Server } from "./database";
import { run } from "./processes";
import type { Settings } from "./settings";

const START_SECONDS = 60;

/** A folder that is gone afterwards. */
export async function withScratchFolder<T>(settings: Settings, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(settings.scratchDirectory, "opennebula-backup-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A MariaDB of its own: other data, no network, gone afterwards. */
export function withScratchServer<T>(settings: Settings, work: (server: Server) => Promise<T>): Promise<T> {
  return withScratchFolder(settings, async (folder) => {
    await run({ words: ["chown", "mysql:", folder] });
    const [data, socket] = [join(folder, "data"), join(folder, "socket")];
    const own = ["--no-defaults", "--user=mysql", `--datadir=${data}`];
    await run({ words: ["mariadb-install-db", ...own, "--auth-root-authentication-method=socket", "--skip-test-db"] });
    const args = [
      ...own,
      `--socket=${socket}`,
      `--pid-file=${join(folder, "pid")}`,
      `--log-error=${join(folder, "error.log")}`,
      "--skip-networking",
      "--skip-log-bin",
      "--character-set-server=utf8mb4",
      "--innodb-flush-log-at-trx-commit=0",
    ];
    const child = spawn("mariadbd", args, { stdio: "ignore" });
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
    // Whoever ends this program ends the server with it.
    const stop = (): void => void child.kill("SIGKILL");
    process.once("exit", stop);
    try {
      const deadline = Date.now() + START_SECONDS * 1000;
      while (!existsSync(socket) || !(await answers({ socket }))) {
        if (child.exitCode !== null || Date.now() > deadline) {
          const log = await run({ words: ["tail", "-n", "3", join(folder, "error.log")], accept: [0, 1] });
          throw new Error(`the server of the test did not start: ${log.trim()}`);
        }
        await sleep(100);
      }
      return await work({ socket });
    } finally {
      stop();
      process.removeListener("exit", stop);
      await ended;
    }
  });
}

async function answers(server: Server): Promise<boolean> {
  return query("SELECT 1", server).then(
    () => true,
    () => false,
  );
}
