// SPDX-License-Identifier: Apache-2.0
import { type CloudUnderTest, now } from "../../helpers/e2e";
import { changesBegun, configure, lastUpdate } from "../support/deployment";
import { boundTo, invocations, restarted } from "../support/units";

const key = "SESSION_EXPIRATION_TIME";
const onedConf = "/etc/one/oned.conf";

interface DriftJson {
  hosts: { host: string; layers: { layer: string; verdict: string; differences: { id: string }[] }[] }[];
}

/** Layers of a drift report that are not clean, as `host/layer: verdict`. */
function findings(stdout: string): string[] {
  const { hosts } = JSON.parse(stdout) as DriftJson;
  return hosts.flatMap(({ host, layers }) =>
    layers.filter(({ verdict }) => verdict !== "clean").map(({ layer, verdict }) => `${host}/${layer}: ${verdict}`),
  );
}

/** One setting of oned, changed in the stack file and then by hand on the host. */
export function oneSetting(cloud: CloudUnderTest): void {
  const { lab } = cloud;
  const onHost = async (): Promise<string | undefined> =>
    new RegExp(`^\\s*${key}\\s*=\\s*(\\S+)`, "m").exec(await lab.exec("fe", ["cat", onedConf]))?.[1];

  describe("one setting of oned", () => {
    test("changed in the stack file: one remote command, one login, one restart", async () => {
      expect(cloud.isUp).toBe(true);
      expect(await onHost()).not.toBe("1234");
      const before = { fe: await invocations(lab, "fe"), host01: await invocations(lab, "host01") };
      const started = now();
      configure(cloud, ["opennebula", "settings"], { [key]: 1234 });
      const { output } = await cloud.succeed(["up"]);
      expect(changesBegun(output)).toEqual([expect.stringMatching(/^updating Command .*frontend/)]);
      expect(await cloud.logins(started)).toEqual({ fe: 1, host01: 0 });
      expect(await lastUpdate(cloud)).toMatchObject({ created: 0, updated: 1, deleted: 0, logins: 1 });
      expect(await onHost()).toBe("1234");
      const affected = ["opennebula.service", ...(await boundTo(lab, "fe", "opennebula.service"))];
      expect(restarted(before.fe, await invocations(lab, "fe"))).toEqual(affected.sort());
      expect(restarted(before.host01, await invocations(lab, "host01"))).toEqual([]);
      expect((await cloud.status()).healthy).toBe(true);
    }, 330_000);

    test("drift finds nothing to report", async () => {
      const { code, stdout } = await cloud.cli(["drift", "--json"]);
      expect(findings(stdout)).toEqual([]);
      expect(code).toBe(0);
    }, 120_000);

    test("changed by hand: drift reports host, layer and file, and touches nothing", async () => {
      await lab.exec("fe", ["sed", "-i", `s/^\\(\\s*${key}\\s*=\\s*\\).*/\\14321/`, onedConf]);
      const { code, stdout } = await cloud.cli(["drift", "--json"]);
      expect(findings(stdout)).toEqual(["fe/frontend: differs"]);
      const { hosts } = JSON.parse(stdout) as DriftJson;
      const [frontend] = hosts.find(({ host }) => host === "fe")!.layers.filter(({ verdict }) => verdict === "differs");
      expect(frontend!.differences.map(({ id }) => id)).toContain(onedConf);
      expect(code).toBe(1);
      expect(await onHost()).toBe("4321");
    }, 120_000);

    test("drift --fix repairs it, and then there is none", async () => {
      const fixed = await cloud.cli(["drift", "--fix", "--json"]);
      expect(findings(fixed.stdout)).toEqual(["fe/frontend: fixed"]);
      expect(fixed.code).toBe(0);
      expect(await onHost()).toBe("1234");
      const again = await cloud.cli(["drift"]);
      expect(again.code).toBe(0);
      expect((await cloud.status()).healthy).toBe(true);
    }, 180_000);
  });
}
