// SPDX-License-Identifier: Apache-2.0
import { HostRole, unitsOf } from "../../../catalogue";
import type { CloudUnderTest } from "../../helpers/e2e";
import type { Canaries } from "../support/canaries";

/** Names and kinds of a value, without the value: numbers and texts may differ from run to run. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (value === null || typeof value !== "object") return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]));
}

/** `npm run lab` on an empty lab. */
export function freshCloud(cloud: CloudUnderTest, canaries: Canaries): void {
  const { lab } = cloud;

  describe("a fresh lab", () => {
    test("comes up with one command and says where everything is", async () => {
      const { output } = await cloud.succeed([], { timeoutSeconds: 1500 });
      cloud.isUp = true;
      await canaries.collect();
      for (const host of ["fe", "host01"]) expect(output).toContain(host);
      expect(output).toContain("state       healthy");
      expect(output).toContain("Stand-ins in this lab:");
      expect(output).toContain("Not run here:");
    }, 1_520_000);

    test("is healthy: every unit active on both hosts, both `on` in oned", async () => {
      const { code, stdout } = await cloud.cli(["status", "--json"]);
      const status = JSON.parse(stdout) as Awaited<ReturnType<CloudUnderTest["status"]>>;
      const active = (roles: HostRole[]) => Object.fromEntries(unitsOf(roles).map((unit) => [unit, "active"]));
      expect(
        status.hosts.map(({ name, roles, privateAddress, units }) => ({ name, roles, privateAddress, units })),
      ).toEqual([
        {
          name: "fe",
          roles: ["frontend", "hypervisor"],
          privateAddress: "10.16.0.10",
          units: active([HostRole.Frontend, HostRole.Hypervisor]),
        },
        { name: "host01", roles: ["hypervisor"], privateAddress: "10.16.0.11", units: active([HostRole.Hypervisor]) },
      ]);
      expect(status.oned).toMatchObject({
        version: expect.stringMatching(/^7\.0/) as string,
        hosts: [
          { name: "fe", state: "on" },
          { name: "host01", state: "on" },
        ],
      });
      expect(status.healthy).toBe(true);
      expect(code).toBe(0);
    }, 60_000);

    test("status --json has exactly the documented shape", async () => {
      const status = await cloud.status();
      for (const host of status.hosts)
        expect(new Set(Object.values(host.units).map((state) => typeof state))).toEqual(new Set(["string"]));
      const withoutUnits = { ...status, hosts: status.hosts.map((host) => ({ ...host, units: {} })) };
      expect(shape(withoutUnits)).toEqual({
        healthy: "boolean",
        hosts: [{ name: "string", roles: ["string"], address: "string", privateAddress: "string", units: {} }],
        oned: { version: "string", endpoint: "string", hosts: [{ name: "string", state: "string" }] },
        stack: {
          resources: "number",
          lastUpdate: {
            same: "number",
            created: "number",
            updated: "number",
            deleted: "number",
            logins: "number",
            seconds: "number",
          },
        },
        unowned: [],
        notInstalled: ["string"],
        standIns: ["string"],
      });
    }, 60_000);

    test("Grafana's vendor is out of reach: the run ended well, says so, and left nothing of it on the host", async () => {
      expect((await cloud.status()).notInstalled).toEqual([expect.stringMatching(/^Grafana \(optional\): \S/)]);
      const left = "ls /etc/apt/sources.list.d /etc/grafana /etc/nginx/opennebula-scaleway.d 2>/dev/null || true";
      expect(await lab.exec("fe", ["bash", "-c", left])).not.toContain("grafana.");
    }, 60_000);

    test("took at most 16 resources a host", async () => {
      const { resources = [] } = await lab.export();
      for (const host of ["fe", "host01"]) {
        const own = resources.filter(({ urn }) => new RegExp(`(^|-)${host}(-|$)`).test(urn.split("::").at(-1)!));
        expect(own.length).toBeGreaterThan(5);
        expect(own.length).toBeLessThanOrEqual(16);
      }
    }, 60_000);

    test.each([
      ["fe", "10.16.0.11"],
      ["host01", "10.16.0.10"],
      ["fe", "172.16.24.11"],
      ["host01", "172.16.24.10"],
    ])("%s reaches %s over the private network", async (host, address) => {
      const route = await lab.exec(host, ["ip", "-o", "route", "get", address]);
      expect(route).not.toContain(" via ");
      await lab.exec(host, ["ping", "-c", "2", "-i", "0.2", "-W", "2", address]);
    });

    test("names resolve: on the front-end by its hosts file, elsewhere by the front-end", async () => {
      const address = async (host: string, name: string): Promise<string> =>
        (await lab.exec(host, ["getent", "ahostsv4", name])).split(/\s/)[0]!;
      expect(await address("fe", "host01")).toBe("10.16.0.11");
      expect(await address("fe", "host01.cloud.internal")).toBe("10.16.0.11");
      expect(await address("host01", "fe")).toBe("10.16.0.10");
      expect(await address("host01", "fe.cloud.internal")).toBe("10.16.0.10");
      const hosts = await lab.exec("host01", ["cat", "/etc/hosts"]);
      expect(hosts).not.toContain("10.16.0.10");
    }, 60_000);

    test("oneadmin on the front-end logs in to every host, and only because their keys are signed", async () => {
      const ssh = (host: string, ...options: string[]): string[] => [
        ...["runuser", "-u", "oneadmin", "--", "ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"],
        ...options.flatMap((option) => ["-o", option]),
        ...[host, "hostname"],
      ];
      for (const host of ["fe", "host01"]) {
        expect((await lab.exec("fe", ssh(host), { timeoutSeconds: 30 })).trim()).toBe(host);
        const settings = await lab.exec("fe", ["runuser", "-u", "oneadmin", "--", "ssh", "-G", host]);
        expect(settings).toMatch(/^stricthostkeychecking (yes|true)$/m);
      }
      const nobodyKnown = ["UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null"];
      const stranger = await lab.tryExec("fe", ssh("host01", ...nobodyKnown), { timeoutSeconds: 30 });
      expect(stranger.code).toBe(255);
      expect(stranger.stderr).toContain("Host key verification failed");
    }, 90_000);

    test("an administrator logs in with what the outputs say", async () => {
      const { code, stdout } = await lab.ssh("host01", ["id", "-un"]);
      expect({ code, user: stdout.trim() }).toEqual({ code: 0, user: "ops" });
    }, 60_000);

    test("neither oned nor the database answers in the public zone", async () => {
      const { hosts } = await cloud.status();
      const { address } = hosts.find(({ name }) => name === "fe")!;
      const reach = (port: number): Promise<{ code: number }> =>
        lab.inPublicZone(["timeout", "5", "bash", "-c", 'exec 3<>"/dev/tcp/$0/$1"', address, String(port)]);
      for (const port of [2633, 3306]) expect((await reach(port)).code).not.toBe(0);
    }, 60_000);
  });
}
