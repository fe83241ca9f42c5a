// SPDX-License-Identifier: Apache-2.0
import { TrustZone } from "../../../catalogue";
import { addresses } from "../../../lab/hosts/layout";
import type { CloudUnderTest } from "../../helpers/e2e";
import { eventually } from "../../helpers/eventually";
import { configure } from "../support/deployment";
import { cataloguePorts, deliveredPorts, EVERY_PORT, reachablePorts, sampledPorts } from "../support/scan";
import { Zones } from "../support/zones";

const SEED = 6;

/** Which zones of the catalogue a scan from each place stands for. */
const ZONES = {
  public: [TrustZone.Public],
  public6: [TrustZone.Public],
  admin: [TrustZone.Admin, TrustZone.Public],
  private: [TrustZone.Private],
  guests: [TrustZone.Guests],
} as const;

interface DriftJson {
  hosts: { host: string; layers: { layer: string; verdict: string; differences: { id: string }[] }[] }[];
}

/**
 * The firewall from outside: what scans see, what a change that locks the operator out does, and what somebody's `nft flush` does.
 *
 * @param everything - all ports from every zone; else all TCP ports from `public` alone, and samples of the rest.
 */
export function firewall(cloud: CloudUnderTest, everything = false): void {
  const { lab } = cloud;

  describe("the firewall", () => {
    let zones: Zones;

    beforeAll(async () => {
      expect(cloud.isUp).toBe(true);
      zones = new Zones(lab, lab.stackHosts);
      await zones.open();
    }, 60_000);
    afterAll(() => zones.close(), 30_000);

    const places = Object.keys(ZONES) as (keyof typeof ZONES)[];
    test.each(places)(
      "from %s exactly the catalogue's ports are reachable",
      async (place) => {
        const post = zones.posts[place];
        const all = everything || place.startsWith("public");
        const ports = all ? EVERY_PORT : sampledPorts(SEED);
        // The guests' place is on one host.
        const hosts = place === "guests" ? zones.hosts.slice(0, 1) : zones.hosts;
        const found = await Promise.all(
          hosts.map(({ name }) =>
            reachablePorts({ from: post.namespace, source: post.source, target: post.target(name), ports }),
          ),
        );
        const expected = hosts.map(({ roles }) => cataloguePorts(roles, [...ZONES[place]]));
        expect(found).toEqual(expected);
      },
      300_000,
    );

    test.each(places)(
      "from %s exactly the catalogue's UDP ports are reachable",
      async (place) => {
        const post = zones.posts[place];
        const ports = everything ? EVERY_PORT : sampledPorts(SEED);
        const hosts = place === "guests" ? zones.hosts.slice(0, 1) : zones.hosts;
        const found = await Promise.all(
          hosts.map(({ name, namespace }) =>
            deliveredPorts(
              { from: post.namespace, source: post.source, target: post.target(name), ports },
              { into: namespace, origin: post.origin },
            ),
          ),
        );
        expect(found).toEqual(hosts.map(({ roles }) => cataloguePorts(roles, [...ZONES[place]], "udp")));
      },
      120_000,
    );

    test("a change that shuts the operator out fails, takes itself back, and the corrected file converges", async () => {
      configure(cloud, ["admin", "networks"], ["198.18.0.0/15"]);
      const failed = await cloud.cli(["up"]);
      expect(failed.code).not.toBe(0);
      for (const host of ["fe", "host01"])
        expect(failed.output).toContain(`host ${host}, layer security: no new connection has confirmed the change`);
      expect(failed.output).toContain("see that admin.networks holds it");
      await eventually(
        async () => (await lab.ssh("fe", ["true"], { timeoutSeconds: 10 }).catch(() => ({ code: 1 }))).code === 0,
        { what: "the front-end takes the change back", seconds: 120 },
      );
      const rules = await lab.exec("fe", ["nft", "list", "set", "inet", "opennebula_scaleway", "zone_admin4"]);
      expect(rules).toContain(addresses.adminNetwork);
      configure(cloud, ["admin", "networks"], [addresses.adminNetwork]);
      await cloud.succeed(["up"]);
      expect((await cloud.status()).healthy).toBe(true);
    }, 400_000);

    test("rules that somebody flushed are reported as drift and repaired", async () => {
      // The timer would put them back within a minute by itself, and so would a run of it that is under way.
      const refresh = "opennebula-scaleway-firewall-destinations";
      await lab.exec("fe", ["systemctl", "stop", `${refresh}.timer`, `${refresh}.service`]);
      await lab.exec("fe", ["nft", "flush", "ruleset"]);
      const { stdout } = await cloud.cli(["drift", "--json"]);
      const { hosts } = JSON.parse(stdout) as DriftJson;
      const ids = hosts.flatMap(({ host, layers }) =>
        layers.flatMap(({ layer, differences }) => differences.map(({ id }) => `${host}/${layer} ${id}`)),
      );
      expect(ids.sort()).toEqual([
        "fe/security firewall-rules",
        "fe/security opennebula-scaleway-firewall-destinations.timer",
      ]);
      expect((await cloud.cli(["drift", "--fix"])).code).toBe(0);
      const stranger = zones.posts.public;
      const left = { from: stranger.namespace, target: stranger.target("fe"), ports: "22,2616" };
      expect(await reachablePorts(left)).toEqual([]);
    }, 240_000);
  });
}
