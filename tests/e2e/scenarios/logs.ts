// SPDX-License-Identifier: Apache-2.0
import { services } from "../../../catalogue";
import type { CloudUnderTest } from "../../helpers/e2e";
import { eventually } from "../../helpers/eventually";

/** What a host needs to take records of others, in the order in which it goes. */
const collector = [
  "opennebula-scaleway-log-gate.service",
  "systemd-journal-remote.socket",
  "systemd-journal-remote.service",
];
/** By host, where its records go. */
const keptBy = { fe: "host01", host01: "fe" } as const;
type Host = keyof typeof keptBy;
const hosts: Host[] = ["fe", "host01"];

/**
 * Records while nobody collects them.
 *
 * @param seconds - how long the collectors are down.
 * @param perHost - messages that each host writes meanwhile.
 */
export function logs(cloud: CloudUnderTest, { seconds, perHost }: { seconds: number; perHost: number }): void {
  const { lab } = cloud;
  const tag = `numbered-${process.pid}-${seconds}`;
  const received = async (host: Host): Promise<string[]> => {
    const search = ["journalctl", "--merge", "--quiet", "--no-pager", "--output=cat", `--identifier=${tag}`];
    const text = await lab.exec(keptBy[host], [...search, `_HOSTNAME=${host}`], { timeoutSeconds: 60 });
    return [...new Set(text.split("\n").filter((line) => line !== ""))];
  };
  const found = async (words: string[]): Promise<string[]> => {
    const { code, stdout, output } = await cloud.cli(["logs", ...words]);
    if (code > 1) throw new Error(output);
    return stdout.split("\n").filter((line) => line !== "");
  };

  describe("logs", () => {
    test(
      `collectors down for ${seconds} s: of ${perHost} messages a host none is lost`,
      async () => {
        expect(cloud.isUp).toBe(true);
        await Promise.all(hosts.map((host) => lab.exec(host, ["systemctl", "stop", ...collector])));
        const burst = 50;
        const rest = (seconds * burst) / perHost;
        const script = `for i in $(seq 1 ${perHost}); do echo "message $i"; [ $((i % ${burst})) != 0 ] || sleep ${rest}; done | systemd-cat -t ${tag}`;
        await Promise.all(
          hosts.map((host) => lab.exec(host, ["bash", "-c", script], { timeoutSeconds: seconds * 2 + 60 })),
        );
        for (const host of hosts) expect(await received(host)).toEqual([]);
        for (const unit of [...collector].reverse())
          await Promise.all(hosts.map((host) => lab.exec(host, ["systemctl", "start", unit])));
        const wanted = Array.from({ length: perHost }, (_, index) => `message ${index + 1}`).sort();
        for (const host of hosts) {
          const complete = async (): Promise<boolean> => (await received(host)).length >= perHost;
          await eventually(complete, { what: `all messages of ${host} have arrived` });
          expect((await received(host)).sort()).toEqual(wanted);
        }
      },
      (seconds * 3 + 240) * 1000,
    );

    test("are found by program, text, host and VM, each once; nothing found is exit status 1", async () => {
      expect(await found(["--since", "1h", "--unit", tag, "--grep", `message ${perHost}$`])).toEqual([
        expect.stringContaining(` message ${perHost}`),
        expect.stringContaining(` message ${perHost}`),
      ]);
      expect(await found(["--since", "1h", "--unit", tag, "--host", "host01", "--grep", "message 1$"])).toEqual([
        expect.stringMatching(new RegExp(`^\\S+ host01 ${tag}\\[\\d+\\]: message 1$`)),
      ]);
      await lab.exec("fe", [
        "sh",
        "-c",
        'echo "Thu [Z0][VMM][E]: Error in VM 987654: logs scenario" >>/var/log/one/oned.log',
      ]);
      const ofVm = async (): Promise<string[] | false> => {
        const lines = await found(["--since", "5m", "--vm", "987654"]);
        return lines.length > 0 && lines;
      };
      expect(await eventually(ofVm, { what: "a record about the VM", seconds: 15 })).toEqual([
        expect.stringContaining("[VM 987654] Thu [Z0][VMM][E]: Error in VM 987654: logs scenario"),
      ]);
      expect((await cloud.cli(["logs", "--since", "1m", "--grep", "nobody wrote this"])).code).toBe(1);
    }, 120_000);

    test("of the front-end are on another host too; errors become metrics", async () => {
      const copy = await found(["--from", "host01", "--host", "fe", "--since", "5m", "--grep", "logs scenario"]);
      expect(copy).toHaveLength(1);
      const counted = async (): Promise<number> => {
        const text = await lab.exec("fe", ["cat", "/var/lib/prometheus/node-exporter/opennebula_scaleway_logs.prom"]);
        return Number(/^opennebula_scaleway_oned_log_errors_total\{program="oned"\} (\d+)$/m.exec(text)?.[1]);
      };
      await eventually(async () => (await counted()) > 0, { what: "the error is counted", seconds: 40 });
    }, 90_000);

    test("are taken from hosts of the cloud alone", async () => {
      const ask = ["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "--data-binary", "x"];
      expect(await lab.exec("host01", [...ask, `https://10.16.0.10:${services.logCollector.port}/upload`])).toBe("400");
    }, 30_000);
  });
}
