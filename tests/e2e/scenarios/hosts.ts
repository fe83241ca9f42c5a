// SPDX-License-Identifier: Apache-2.0
import { services } from "../../../catalogue";
import { machinesOf } from "../../../lab/hosts/machine";
import { type AccountCounts, type CloudUnderTest, now } from "../../helpers/e2e";
import { eventually } from "../../helpers/eventually";
import type { Canaries } from "../support/canaries";
import { changesBegun } from "../support/deployment";
import { invocations, restarted } from "../support/units";

const onedLog = "/var/log/one/oned.log";

/** The login over which the provider reaches oned, whose port is not public: no command runs in it. */
const channel = 1;

function remoteCommands(output: string): string[] {
  return changesBegun(output).filter((change) => / (Command|CopyToRemote) /.test(change));
}

/** A host that comes and goes. */
export function hosts(cloud: CloudUnderTest, canaries: Canaries): void {
  const { lab } = cloud;
  let account: AccountCounts;

  /** Names, who may ask for flexible IPs, and what is looked at. */
  const onFrontend = ["host-list-fe"];
  const commandsElsewhere = (output: string): string[] =>
    remoteCommands(output)
      .filter((change) => !change.includes("host02"))
      .map((change) => /^updating Command lab-(\S+)$/.exec(change)?.[1] ?? change)
      .sort();

  /** What Prometheus looks at on a host: the job, and 1 while it answers. */
  const targets = async (host: string): Promise<string[]> => {
    const url = `http://127.0.0.1:${services.prometheus.port}/prometheus/api/v1/query`;
    const words = ["curl", "-sS", "--get", "--data-urlencode", `query=up{host="${host}"}`, url];
    const { data } = JSON.parse(await lab.exec("fe", words)) as {
      data: { result: { metric: { job: string }; value: [number, string] }[] };
    };
    return data.result.map(({ metric, value }) => `${metric.job} ${value[1]}`).sort();
  };
  /** Prometheus looks every two seconds; a slow machine gets a minute. */
  const watched = async (host: string, expected: string[]): Promise<void> => {
    const wanted = expected.join();
    let found: string[] = [];
    await eventually(async () => (found = await targets(host)).join() === wanted, {
      what: () => `Prometheus looks at ${wanted} of ${host}, not at ${found.join()}`,
    });
  };

  describe("a third host", () => {
    test("added: commands on it, one on the front-end, none on the other host", async () => {
      expect(cloud.isUp).toBe(true);
      account = await cloud.account();
      const host01 = await invocations(lab, "host01");
      const started = now();
      const { output } = await cloud.succeed(["add", "host02"], { timeoutSeconds: 600 });
      expect(commandsElsewhere(output)).toEqual(onFrontend);
      const { fe, host01: other, host02 } = await cloud.logins(started);
      expect({ fe, other }).toEqual({ fe: onFrontend.length + channel, other: 0 });
      expect(host02).toBeGreaterThan(0);
      expect(restarted(host01, await invocations(lab, "host01"))).toEqual([]);
      await canaries.collect();
    }, 620_000);

    test("then oned uses it, and everybody finds it", async () => {
      const status = await cloud.status();
      expect(status.healthy).toBe(true);
      expect(status.oned.hosts).toContainEqual({ name: "host02", state: "on" });
      await lab.exec("host02", ["ping", "-c", "1", "-W", "2", "10.16.0.11"]);
      expect(await lab.exec("host01", ["getent", "ahostsv4", "host02"])).toMatch(/^10\.16\.0\.12\s/);
      await watched("host02", ["libvirt 1", "node 1", "ping 1"]);
    }, 120_000);

    test("removed: disabled in oned, deregistered, server released, nothing of it left", async () => {
      const serversBefore = (await cloud.requests()).at(-1)?.number ?? 0;
      const logged = Number((await lab.exec("fe", ["wc", "-l", onedLog])).split(" ")[0]);
      const started = now();
      const { output } = await cloud.succeed(["remove", "host02"]);
      const calls = (await lab.exec("fe", ["tail", "-n", `+${logged + 1}`, onedLog])).split("\n");
      const first = (method: string): number => calls.findIndex((line) => line.includes(method));
      expect(first("one.host.status")).toBeGreaterThanOrEqual(0);
      expect(first("one.host.delete")).toBeGreaterThan(first("one.host.status"));
      const released = (await cloud.requests(serversBefore)).filter(
        ({ method, path }) => method === "DELETE" && /\/servers\/[^/]+$/.test(path),
      );
      expect(released).toHaveLength(1);
      expect(await cloud.account()).toEqual(account);
      expect(machinesOf(lab.layout).map(({ record }) => record.hostname)).toEqual(["fe", "host01"]);
      expect(commandsElsewhere(output)).toEqual(onFrontend);
      expect(await cloud.logins(started)).toEqual({ fe: onFrontend.length + channel, host01: 0 });
      const status = await cloud.status();
      expect(status.oned.hosts.map(({ name }) => name)).toEqual(["fe", "host01"]);
      expect(status.healthy).toBe(true);
      expect((await lab.tryExec("fe", ["getent", "ahostsv4", "host02"])).code).not.toBe(0);
      await watched("host02", []);
    }, 330_000);
  });
}
