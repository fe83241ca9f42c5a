// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { ConfigProblems, parseCloud, type Cloud, type Problem } from "../../../config";
import {
  AccessRole,
  GrafanaMode,
  CertificateSource,
  cloudDefaults,
  ipv4Network,
  ipv4Number,
  ipv4Text,
  overlaps,
} from "../../../catalogue";
import { selfSigned } from "../../../lab/plugins/tls/certificate";
import { makeKey } from "../../../lab/plugins/tls/private-key";
import schema from "../../../config/stack.schema.json";
import { mutations, rawCloud } from "../../helpers/config-mutations";

const project = "11111111-1111-4111-8111-111111111111";

function problemsOf(value: unknown): Problem[] {
  try {
    parseCloud(value, project);
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems;
    throw error;
  }
  return [];
}

describe("the stack files of this repository", () => {
  it("prod is the seed's cloud", () => {
    const cloud: Cloud = parseCloud(rawCloud("prod"), project);
    expect(cloud.region).toBe("fr-par");
    expect(Object.entries(cloud.hosts).map(([name, host]) => [name, host.roles, host.offer])).toEqual([
      ["fe", ["frontend", "hypervisor"], "EM-A610R-NVME"],
      ["host01", ["hypervisor"], "EM-A610R-NVME"],
    ]);
    expect(cloud.networks.vxlan).toEqual({
      private: { cidr: "10.1.2.0/24", firstAddress: "10.1.2.100", size: 48 },
    });
    expect(cloud.networks.privateNics).toBe("vlan");
  });

  it("lab differs from prod only where lab hosts differ from servers", () => {
    const lab = parseCloud(rawCloud("lab"), project);
    const { networks, opennebula, packageProxy, protect, validation, access, monitoring, backups, ...alike } = lab;
    const {
      networks: prodNetworks,
      opennebula: prodOpenNebula,
      packageProxy: _proxy,
      protect: _protect,
      validation: prodValidation,
      access: _access,
      monitoring: prodMonitoring,
      backups: prodBackups,
      ...prod
    } = parseCloud(rawCloud("prod"), project);
    expect(alike).toEqual(prod);
    expect({ ...networks, privateNics: "vlan", scalewayApi: undefined }).toEqual(prodNetworks);
    expect({ ...opennebula, repository: undefined }).toEqual(prodOpenNebula);
    // The lab's messages go to its own inbox.
    const { scrapeSeconds, timeScale, alerts, webhookHosts, grafana, grafanaRepository } = prodMonitoring!;
    const own = { scrapeSeconds, timeScale, alerts, webhookHosts, grafana, grafanaRepository };
    expect({ ...monitoring, ...own }).toEqual(prodMonitoring);
    expect(monitoring!.grafana).toBe(GrafanaMode.Optional);
    expect(monitoring!.alerts).toMatchObject({ deadMan: true, email: { to: ["on-call@example.org"] } });
    expect({ ...backups, lockDays: 14, endpoint: undefined }).toEqual({ ...prodBackups, endpoint: undefined });
    expect(packageProxy).toBeDefined();
    expect(protect).toBe(false);
    expect({ ...validation, image: prodValidation.image }).toEqual(prodValidation);
    expect(new Set(Object.values(access!.users).map(({ role }) => role))).toEqual(new Set(Object.values(AccessRole)));
  });

  it("gives a host the same offset in both private networks", () => {
    const cloud = parseCloud(rawCloud("lab"), project);
    expect(cloud.hosts.fe!.vmAddress).toBe("172.16.24.10");
  });
});

describe("a wrong configuration", () => {
  it.each(mutations)("$title: $path", ({ change, path }) => {
    const cloud = rawCloud("lab");
    change(cloud);
    expect(problemsOf(cloud).map((problem) => problem.path)).toContain(path);
  });

  it("is refused with every mistake at once, and no message holds a value", () => {
    const cloud = rawCloud("lab");
    Object.assign(cloud, { zone: "secret-canary-1", bogus: "secret-canary-2" });
    cloud.admin.sshKeys = ["secret-canary-3"];
    const problems = problemsOf(cloud);
    expect(problems.map((problem) => problem.path).sort()).toEqual(["admin.sshKeys[0]", "bogus", "zone"]);
    expect(new ConfigProblems(problems).message).not.toContain("canary");
  });

  it.each([undefined, null, 1, "x", []])("a whole that is %p is refused", (value) => {
    expect(problemsOf(value).length).toBeGreaterThan(0);
  });

  it("is refused when no project is named anywhere", () => {
    expect(() => parseCloud(rawCloud("lab"))).toThrow(/projectId: is required/);
  });
});

describe("addresses", () => {
  it("numbers and texts are inverse", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => ipv4Number(ipv4Text(value)) === value));
  });

  it("a network holds its own addresses and overlaps exactly what shares one", () => {
    const network = fc
      .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 32 }))
      .map(([address, length]) => {
        const size = 2 ** (32 - length);
        return ipv4Network(`${ipv4Text(Math.floor(address / size) * size)}/${length}`)!;
      });
    fc.assert(
      fc.property(network, network, (a, b) => {
        expect(a.last - a.first + 1).toBe(2 ** (32 - a.prefixLength));
        expect(overlaps(a, b)).toBe(Math.max(a.first, b.first) <= Math.min(a.last, b.last));
      }),
    );
  });

  it.each(["1.2.3.4/33", "1.2.3.4/8", "1.2.3/24", "01.2.3.4/32", "1.2.3.4", "a/8", "1.2.3.0/24/1"])(
    "%s is no network",
    (text) => {
      expect(ipv4Network(text)).toBeUndefined();
    },
  );
});

describe("defaults", () => {
  it("are the ones that the components use", () => {
    const { definitions } = schema;
    const cloud = definitions.CloudConfig.properties;
    expect(cloud.offer.default).toBe(cloudDefaults.offer);
    expect(cloud.os.default).toBe(cloudDefaults.os);
    expect(cloud.billing.default).toBe(cloudDefaults.billing);
    expect(cloud.domain.default).toBe(cloudDefaults.domain);
    expect(definitions.AdminConfig.properties.user.default).toBe(cloudDefaults.adminUser);
    expect(definitions.OpenNebulaConfig.properties.version.default).toBe(cloudDefaults.openNebulaVersion);
    expect(definitions.NetworksConfig.properties.privateNics.default).toBe(cloudDefaults.privateNics);
    expect(definitions.PrivateNetworkConfig.properties.mtu.default).toBe(cloudDefaults.mtu);
  });
});

describe("the TLS proxy", () => {
  const withTls = (tls: object): unknown => ({ ...(rawCloud("lab") as object), tls });
  const issued = async (hours: number, names: string[]): Promise<string> => {
    const { texts } = await makeKey({ algorithm: "ECDSA", ecdsaCurve: "P256", rsaBits: 2048 });
    const terms = { allowedUses: ["server_auth"], validityPeriodHours: hours };
    return (await selfSigned(texts.privateKeyPem, { dnsNames: names }, terms)).certPem;
  };

  it("is on, with the stack's own authority", () => {
    expect(parseCloud(rawCloud("prod"), project).tls).toMatchObject({
      enabled: true,
      mode: CertificateSource.PrivateCa,
    });
  });

  it("takes an imported certificate that has every name", async () => {
    const certificate = await issued(1, ["cloud.example", "*.lab.example"]);
    const names = ["cloud.example", "fe.lab.example"];
    expect(parseCloud(withTls({ mode: "imported", certificate, names }), project).tls).toMatchObject({ certificate });
  });

  it.each([
    ["nothing to import", { mode: "imported" }, ["tls.certificate"]],
    ["a certificate that nobody asked for", { certificate: "-----BEGIN CERTIFICATE-----" }, ["tls.certificate"]],
    ["no certificate", { mode: "imported", certificate: "-----BEGIN CERTIFICATE-----\nx" }, ["tls.certificate"]],
    ["an ACME authority without names", { mode: "acme" }, ["tls.names"]],
    ["an ACME authority in another mode", { acme: { email: "a@example.org" } }, ["tls.acme"]],
    [
      "DNS-01 without a zone",
      { mode: "acme", names: ["a.example"], acme: { challenge: "dns-01" } },
      ["tls.acme.dnsZone"],
    ],
    [
      "a name outside of the zone",
      { mode: "acme", names: ["a.other"], acme: { challenge: "dns-01", dnsZone: "b.example" } },
      ["tls.names[0]"],
    ],
    [
      "a zone that nothing uses, and an authority that is no certificate",
      {
        mode: "acme",
        names: ["a.b.example"],
        acme: { dnsZone: "b.example", authority: "-----BEGIN CERTIFICATE-----\nx" },
      },
      ["tls.acme.dnsZone", "tls.acme.authority"],
    ],
    ["an unknown mode", { mode: "plain" }, ["tls.mode"]],
  ])("refuses %s", (_title, tls, paths) => {
    expect(problemsOf(withTls(tls)).map(({ path }) => path)).toEqual(paths);
  });

  it("refuses a certificate that has ended and lacks a name, both at once", async () => {
    const tls = { mode: "imported", certificate: await issued(0, ["a.example"]), names: ["a.example", "b.example"] };
    expect(problemsOf(withTls(tls)).map(({ path }) => path)).toEqual(["tls.certificate", "tls.names[1]"]);
  });
});

describe("secrets", () => {
  const withSecrets = (secrets: object): unknown => ({ ...(rawCloud("lab") as object), secrets });
  const vault = { address: "https://vault.example:8200" };

  it.each<[string, object, string[]]>([
    ["Vault without an address", { store: "vault" }, ["secrets.vault"]],
    ["Vault without a login", { store: "vault", vault }, ["secrets.vault"]],
    [
      "Vault with two logins, for another store, and an authority that is no certificate",
      {
        vault: {
          ...vault,
          tokenFile: "t",
          appRole: { roleId: "r", secretIdFile: "s" },
          authority: "-----BEGIN CERTIFICATE-----\nx",
        },
      },
      ["secrets.vault", "secrets.vault", "secrets.vault.authority"],
    ],
    [
      "Vault in the clear",
      { store: "vault", vault: { address: "http://vault.example", tokenFile: "t" } },
      ["secrets.vault.address"],
    ],
  ])("refuses %s", (_title, secrets, paths) => {
    expect(problemsOf(withSecrets(secrets)).map(({ path }) => path)).toEqual(paths);
  });
});
