// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newCredentials, noMachines, startEmulator } from "../../../lab/scaleway";
import type { AccountCounts, CloudUnderTest } from "../../helpers/e2e";
import { machineTraces } from "../support/traces";

/** What an account holds that nobody has used yet. */
async function newAccount(): Promise<AccountCounts> {
  const folder = mkdtempSync(join(tmpdir(), "opennebula-scaleway-account-"));
  const emulator = await startEmulator({
    port: 0,
    host: "127.0.0.1",
    stateFile: join(folder, "state.json"),
    machines: noMachines,
    credentials: newCredentials(),
  });
  try {
    return (await (await fetch(`${emulator.url}/_lab/account`)).json()) as AccountCounts;
  } finally {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The end: nothing of the cloud at Scaleway, nothing of the lab on the machine. */
export function destroyed(cloud: CloudUnderTest): void {
  const { lab } = cloud;

  describe("the end", () => {
    test("destroy leaves the account as it was before the first run", async () => {
      expect(cloud.isUp).toBe(true);
      await cloud.succeed(["destroy"], { timeoutSeconds: 400 });
      expect(await cloud.account()).toEqual(await newAccount());
      const { resources = [] } = await lab.export();
      expect(resources).toEqual([]);
      expect(await lab.outputs()).toEqual({});
    }, 420_000);

    test("down --wipe leaves the machine as it was before the first run", async () => {
      expect(machineTraces(lab.layout).namespaces).not.toEqual([]);
      await cloud.succeed(["down", "--wipe"], { timeoutSeconds: 120 });
      expect(existsSync(lab.layout.directory)).toBe(false);
      expect(machineTraces(lab.layout)).toEqual({
        namespaces: [],
        mounts: [],
        links: [],
        controlGroups: [],
        processes: [],
        memoryFiles: [],
      });
      // What tsx has compiled stays for the next start of any program.
      expect(readdirSync(cloud.temporary).filter((name) => !name.startsWith("tsx-"))).toEqual([]);
    }, 150_000);
  });
}
