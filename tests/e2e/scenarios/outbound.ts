// SPDX-License-Identifier: Apache-2.0
import { Bind, egressOf, services, servicesOf, TrustZone, type EgressName } from "../../../catalogue";
import { ports } from "../../../lab/hosts/layout";
import { messages } from "../../../lab/inbox";
import { credentials } from "../../../lab/settings";
import type { CloudUnderTest } from "../../helpers/e2e";
import { eventually } from "../../helpers/eventually";
import { configure } from "../support/deployment";
import { Outside } from "../support/outside";
import type { Contact } from "../support/outside-program";
import { counted, passages, waysOut, type Try } from "../support/passage";
import { Zones, type ScannedHost } from "../support/zones";

const ZONE = "example.org";
const NAME = `cloud.${ZONE}`;
const UNDECLARED = 8443;
const HTTPS = services.https.port;
const REFRESH = "opennebula-scaleway-firewall-destinations.service";
const KEY = "/etc/opennebula-scaleway/tls/public/fullchain.pem";

/**
 * Every way out that the catalogue declares is gone by the program that needs it, from every host that may, under the firewall; and what
 * a host has not declared is refused. A new entry of the catalogue without a proof does not compile.
 */
export function outbound(cloud: CloudUnderTest): void {
  const { lab } = cloud;

  describe("ways out", () => {
    const outside = new Outside(cloud, ZONE, [HTTPS, UNDECLARED]);
    let hosts: ScannedHost[];
    const on = (host: string, script: string): Promise<string> =>
      lab.exec(host, ["bash", "-euc", script], { timeoutSeconds: 120 });
    const find = (name: string): ScannedHost => hosts.find((host) => host.name === name)!;

    /** Waits until the outside has heard that from the host. */
    const heard = (host: string, what: string, is: (contact: Contact) => boolean): Promise<unknown> => {
      const { publicAddress } = find(host);
      const there = (): boolean =>
        outside.contacts.some((contact) => contact.from.replace(/^::ffff:/, "") === publicAddress && is(contact));
      return eventually(there, { what: `${what} of ${host} came`, seconds: 20 });
    };

    /** What apt says of an update; it fails where one source cannot be reached. */
    const updates: Record<string, Promise<string>> = {};
    const update = (host: string): Promise<string> =>
      (updates[host] ??= on(host, "apt-get -o DPkg::Lock::Timeout=60 -o APT::Update::Error-Mode=any update"));
    const repository = async (host: string): Promise<void> =>
      expect(await update(host)).toContain(`http://${outside.address}:${ports.repository}/`);

    const proofs: Record<EgressName, (host: string) => Promise<void>> = {
      names: async (host) => {
        await on(host, `getent ahostsv4 ${host}.short.${ZONE}; getent ahostsv4 long-${host}.${ZONE}`);
        await heard(
          host,
          "a question by datagram",
          ({ kind, about }) => kind === "udp names" && about.includes(".short."),
        );
        await heard(
          host,
          "a question by TCP",
          ({ kind, about }) => kind === "tcp names" && about === `long-${host}.${ZONE}`,
        );
      },
      time: async (host) => {
        // A lab's host must not set the machine's clock: chrony only asks.
        const said = await on(host, 'chronyd -Q -t 15 "$(grep ^pool /etc/chrony/chrony.conf)" 2>&1');
        expect(said).toContain("System clock wrong by");
        await heard(host, "a question for the time", ({ kind }) => kind === "time");
      },
      packages: async (host) => expect(await update(host)).toMatch(/^(Hit|Get|Ign):\d+ \S*debian\S* bookworm/m),
      frontendPackages: repository,
      hypervisorPackages: repository,
      marketplace: async (host) => {
        await on(host, "curl -sS --insecure --max-time 20 https://marketplace.opennebula.io/appliance");
        await heard(host, "a question for images", ({ about }) => about === "marketplace.opennebula.io");
      },
      backups: async (host) => {
        await on(host, "systemctl start opennebula-backup@configuration.service");
      },
      alerts: async (host) => {
        const since = Date.now();
        const alert = [
          { labels: { alertname: "WaysOut", severity: "critical", host }, annotations: { summary: "a proof" } },
        ];
        const url = `http://127.0.0.1:${services.alertmanager.port}/alertmanager/api/v2/alerts`;
        await on(host, `curl -sS --fail -H 'content-type: application/json' --data '${JSON.stringify(alert)}' ${url}`);
        for (const by of ["mail", "chat"] as const) {
          const came = (): boolean =>
            messages(lab.layout).some((one) => one.at >= since && one.by === by && one.subject.includes("WaysOut"));
          await eventually(came, { what: `the alert came by ${by}`, seconds: 90 });
        }
      },
      grafanaPackages: async (host) => {
        // Nothing of Grafana is there in a lab, and the lab's server says so.
        const url = `http://${outside.address}:${ports.repository}/grafana/gpg-full.key`;
        expect(await on(host, `curl -sS --max-time 20 --output /dev/null --write-out '%{http_code}' ${url}`)).toBe(
          "404",
        );
      },
      flexibleIps: async (host) => {
        const before = (await cloud.requests()).at(-1)?.number ?? 0;
        await on(host, "systemctl start opennebula-flexible-ip-reconcile.service");
        expect((await cloud.requests(before)).map(({ path }) => path).join("\n")).toContain("/fips");
      },
      certificates: async (host) => {
        const issuer = `openssl x509 -noout -issuer -in ${KEY}`;
        const isIssued = async (): Promise<boolean> =>
          /Pebble/.test((await lab.tryExec(host, ["sh", "-c", issuer])).stdout);
        await eventually(isIssued, { what: "the authority has given a certificate", seconds: 90, every: 500 });
      },
      challenges: async () => {
        const asked = outside.contacts.map(({ about }) => about);
        expect(asked).toContain(`_acme-challenge.${NAME}`);
        const writes = (await cloud.requests()).filter(
          ({ method, path }) => method === "PATCH" && path.includes(`/${ZONE}/`),
        );
        expect(writes.length).toBeGreaterThanOrEqual(2);
      },
    };

    beforeAll(async () => {
      expect(cloud.isUp).toBe(true);
      hosts = new Zones(lab, lab.stackHosts).hosts;
      await outside.open({ [NAME]: find("fe").publicAddress });
      const { secretKey, projectId } = credentials(lab.layout);
      const url = `http://${outside.address}:${ports.emulatorForHosts}/domain/v2beta1/dns-zones`;
      const zone = JSON.stringify({ domain: ZONE, project_id: projectId });
      await on("fe", `curl -sS --fail -H 'X-Auth-Token: ${secretKey}' --data '${zone}' ${url}`);
      const acme = {
        directory: outside.directory,
        authority: outside.authority,
        challenge: "dns-01",
        dnsZone: ZONE,
        dnsWaitSeconds: 0,
      };
      configure(cloud, ["tls"], { mode: "acme", names: [NAME], acme });
      await cloud.succeed(["up"]);
      // Names that nobody knew are known now.
      await Promise.all(hosts.map(({ name }) => on(name, `systemctl start ${REFRESH}`)));
    }, 400_000);
    afterAll(() => outside.close());

    test.each(Object.keys(proofs) as EgressName[])(
      "%s: is reached by what needs it, from every host that may",
      async (name) => {
        const declaring = hosts.filter(({ roles }) => name in egressOf(roles));
        expect(declaring.length).toBeGreaterThan(0);
        await Promise.all(declaring.map((host) => proofs[name](host.name)));
      },
      150_000,
    );

    test("a host is refused at once what only others have declared, and what nobody has", async () => {
      const allowed = new Map(
        await Promise.all(hosts.map(async (host) => [host.name, await waysOut(host.namespace)] as const)),
      );
      const text = (one: Try): string => `${one.protocol} ${one.address} ${one.port}`;
      for (const { name, namespace } of hosts) {
        const own = new Set(allowed.get(name)!.map(text));
        const others = [...allowed.values()].flat().filter((one) => one.protocol === "tcp" && !own.has(text(one)));
        const tries: Try[] = [...others, { address: outside.address, protocol: "tcp", port: UNDECLARED }];
        expect({ name, said: await passages(namespace, tries) }).toEqual({ name, said: tries.map(() => "forbidden") });
      }
      // What the front-end alone has declared is a good part of it.
      const [frontend, other] = [allowed.get("fe")!, allowed.get("host01")!];
      expect(frontend.length).toBeGreaterThan(other.length + 2);
    }, 60_000);

    test("from host to host every service of the private zone is reached, and counted on both sides", async () => {
      for (const from of hosts)
        for (const to of hosts.filter((host) => host !== from)) {
          const wanted = Object.entries(servicesOf(to.roles)).filter(
            ([, { bind, from: zones }]) => bind !== Bind.Loopback && zones.includes(TrustZone.Private),
          );
          const tries = wanted.flatMap(([service, { protocols, port, lastPort = port }]) =>
            protocols.flatMap((protocol) =>
              [...new Set([port, lastPort])].map((one) => ({
                service,
                way: { address: to.managementAddress, protocol, port: one },
              })),
            ),
          );
          const counts = (): Promise<Record<string, number>[]> =>
            Promise.all([counted(from.namespace, "to_hosts"), counted(to.namespace, "from_private")]);
          const before = await counts();
          const said = await passages(
            from.namespace,
            tries.map(({ way }) => way),
          );
          const after = await counts();
          for (const [index, { service, way }] of tries.entries()) {
            const key = `${way.protocol} ${service}`;
            const grown = after.map((side, at) => side[key]! > before[at]![key]!);
            // Nobody needs to listen: a refusal has come back through both firewalls too.
            const went = ["open", "closed"];
            expect([from.name, key, way.port, went.includes(said[index]!), ...grown]).toEqual([
              from.name,
              key,
              way.port,
              true,
              true,
              true,
            ]);
          }
        }
    }, 60_000);
  });
}
