// SPDX-License-Identifier: Apache-2.0
import type { CloudUnderTest } from "../../helpers/e2e";

const LYNIS = [
  "apt-get -qq -o DPkg::Lock::Timeout=120 install -y lynis >/dev/null",
  "lynis audit system --quick --no-colors --quiet >/dev/null 2>&1",
  "grep -E '^(hardening_index|lynis_tests_done)=' /var/log/lynis-report.dat",
];
/** Grafana goes along: it comes after the security layer. */
const SECURITY = ["**::lab-security*", "**::lab-grafana*"];

/** What Debian's lynis says of a host without the security layer, and of the same host with it. */
export function hardening(cloud: CloudUnderTest): void {
  const { lab } = cloud;

  describe("hardening", () => {
    const judged = async (host: string): Promise<{ index: number; tests: number }> => {
      // lynis ends with a count of its warnings.
      const report = await lab.exec(host, ["bash", "-uc", LYNIS.join("; ")], { timeoutSeconds: 400 });
      const figure = (name: string): number => Number(new RegExp(`^${name}=(\\d+)$`, "m").exec(report)?.[1]);
      return { index: figure("hardening_index"), tests: figure("lynis_tests_done") };
    };

    test("the security layer raises lynis' hardening index of every kind of host", async () => {
      expect(cloud.isUp).toBe(true);
      const hosts = ["fe", "host01"];
      const removed = await lab.destroy({ targets: SECURITY });
      expect(removed.diagnostics).toEqual([]);
      const before = await Promise.all(hosts.map(judged));
      const { seconds } = await cloud.succeed(["up"]);
      const after = await Promise.all(hosts.map(judged));
      console.log(`security layer back on ${hosts.length} hosts, confirmed: ${seconds.toFixed(1)} s`);
      for (const [at, host] of hosts.entries())
        console.log(`lynis on ${host}: ${JSON.stringify(before[at])} before, ${JSON.stringify(after[at])} after`);
      for (const [at, host] of hosts.entries())
        expect([host, after[at]!.index - before[at]!.index >= 5, after[at]!.tests > 200]).toEqual([host, true, true]);
    }, 1_200_000);
  });
}
