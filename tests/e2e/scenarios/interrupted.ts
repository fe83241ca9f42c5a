// SPDX-License-Identifier: Apache-2.0
import { type AccountCounts, type CloudUnderTest, seeded } from "../../helpers/e2e";
import type { Canaries } from "../support/canaries";
import { configure } from "../support/deployment";
import { disturbAt, killAt, someMoment } from "../support/interruption";

const seed = Number(process.env.E2E_SEED ?? "1");

/** Runs that are killed and a host that loses power, each at a moment that the seed decides; then one run, and no step by hand. */
export function interrupted(cloud: CloudUnderTest, canaries: Canaries): void {
  const { lab } = cloud;
  const random = seeded(seed);
  let account: AccountCounts;

  const converge = async (hosts: string[]): Promise<void> => {
    await cloud.succeed(["up"], { timeoutSeconds: 600 });
    const status = await cloud.status();
    expect(status.oned.hosts.map(({ name, state }) => `${name} ${state}`)).toEqual(hosts.map((host) => `${host} on`));
    expect(status.healthy).toBe(true);
  };

  describe(`runs interrupted at random (seed ${seed}; E2E_SEED sets another)`, () => {
    test("killed while a host is being added", async () => {
      expect(cloud.isUp).toBe(true);
      account = await cloud.account();
      lab.addHost("host02");
      const { disturbed, code } = await killAt(cloud, ["up"], someMoment(random, 16), random);
      expect({ disturbed, code }).toEqual({ disturbed: true, code: 137 });
    }, 330_000);

    test("the next run goes on; the host loses power while its packages are installed", async () => {
      const installing = /creating Command \S*hypervisor-host02 \.\.\./;
      const wait = 500 + random() * 4000;
      const { disturbed, code, output } = await cutPower("host02", installing, wait);
      if (!disturbed) throw new Error(`the run ended with ${code} before the host lost power:\n${output}`);
      expect(code).not.toBe(0);
      expect(lab.machine("host02").running).toBe(false);
    }, 600_000);

    test("the next run converges, without a step by hand", async () => {
      await converge(["fe", "host01", "host02"]);
      await canaries.collect();
    }, 660_000);

    test("killed while a setting is applied; the next run converges", async () => {
      configure(cloud, ["opennebula", "settings"], { SESSION_EXPIRATION_TIME: 2345 });
      const { disturbed, code } = await killAt(cloud, ["up"], someMoment(random, 1, 2500), random);
      expect({ disturbed, code }).toEqual({ disturbed: true, code: 137 });
      await converge(["fe", "host01", "host02"]);
      expect(await lab.exec("fe", ["cat", "/etc/one/oned.conf"])).toMatch(/^\s*SESSION_EXPIRATION_TIME\s*=\s*2345/m);
    }, 900_000);

    test("killed while the host is removed; the next run converges, nothing of it is left", async () => {
      lab.removeHost("host02");
      const { disturbed, code } = await killAt(cloud, ["up"], someMoment(random, 12), random);
      expect({ disturbed, code }).toEqual({ disturbed: true, code: 137 });
      await converge(["fe", "host01"]);
      expect(await cloud.account()).toEqual(account);
      const { pending_operations: pending = [] } = await lab.export();
      expect(pending).toEqual([]);
    }, 900_000);
  });

  /** Pulls the plug of a host a while after a line was printed. */
  async function cutPower(host: string, after: RegExp, milliseconds: number): ReturnType<typeof disturbAt> {
    return disturbAt(cloud, ["up"], { after, milliseconds }, () => lab.power(host, "off"));
  }
}
