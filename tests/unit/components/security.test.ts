// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Bind, Destination, HostRole, servicesOf, TrustZone, type Endpoint } from "../../../catalogue";
import { AUDIT_RULES } from "../../../components/security/audit";
import { rebootTime, SSHD_HARDENING, updatesSettings } from "../../../components/security/hardening";
import { planSecurity, type SecurityPlanArgs } from "../../../components/security/plan";
import { renderSecurity } from "../../../components/security/render";
import { firewallRules } from "../../../components/security/rules";
import { judge } from "../../helpers/tools";

const nowhere = Object.fromEntries(Object.values(Destination).map((one) => [one, []])) as unknown as Record<
  Destination,
  Endpoint[]
>;
const firewallArgs = { adminNetworks: ["192.0.2.0/25", "2001:db8:1::/64"], vpnNetworks: ["198.51.100.0/28"] };
const args: SecurityPlanArgs = {
  host: "fe",
  roles: [HostRole.Frontend, HostRole.Hypervisor],
  managementCidr: "10.16.0.0/20",
  vmsCidr: "172.16.24.0/22",
  firewall: firewallArgs,
  updates: {},
  destinations: { ...nowhere, [Destination.Packages]: [{ host: "203.0.113.1", port: 3142 }] },
};
const rulesOf = (more: Partial<SecurityPlanArgs> = {}): string =>
  firewallRules(planSecurity({ ...args, ...more }).firewall!);

/** What a chain accepts, as `protocol port`, with what it jumps to left out. */
function accepted(rules: string, chain: string): string[] {
  const [, body = ""] = rules.split(`\tchain ${chain} {\n`);
  const ports = /^\s*(tcp|udp) dport ([\d-]+) counter accept/;
  return body
    .split("\n\t}\n")[0]!
    .split("\n")
    .flatMap((line) => ports.exec(line)?.slice(1, 3).join(" ") ?? [])
    .sort();
}

const roleSets = [[HostRole.Frontend], [HostRole.Hypervisor], [HostRole.Frontend, HostRole.Hypervisor]];

describe("the rules of a host", () => {
  test.each(roleSets.map((roles) => [roles.join("+"), roles] as const))("%s: nft accepts them", (_, roles) => {
    expect(judge("nft", ["--check", "--file", "/dev/stdin"], rulesOf({ roles }))).toEqual({ status: 0, output: "" });
  });

  test("any networks and destinations of both families are accepted by nft", () => {
    const cidr = fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 223 }), fc.integer({ min: 0, max: 255 })).map(([a, b]) => `${a}.${b}.0.0/16`),
      fc.integer({ min: 0, max: 0xffff }).map((part) => `2001:db8:${part.toString(16)}::/48`),
    );
    const endpoint = fc.record({
      host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
      port: fc.integer({ min: 1, max: 65535 }),
      protocol: fc.constantFrom("tcp" as const, "udp" as const),
    });
    fc.assert(
      fc.property(
        fc.array(cidr, { minLength: 1, maxLength: 5 }),
        fc.array(endpoint, { maxLength: 5 }),
        (nets, egress) => {
          const rules = rulesOf({ firewall: { adminNetworks: nets, vpnNetworks: nets, egress } });
          expect(judge("nft", ["--check", "--file", "/dev/stdin"], rules).output).toBe("");
        },
      ),
      { numRuns: 15, seed: 6 },
    );
  });

  test.each(roleSets.map((roles) => [roles.join("+"), roles] as const))(
    "%s: each zone may reach what the catalogue opens to it, and nothing else",
    (_, roles) => {
      const rules = rulesOf({ roles });
      const open = (...zones: TrustZone[]): string[] => {
        const services = Object.values(servicesOf(roles)).filter(
          ({ from, bind }) => bind !== Bind.Loopback && zones.some((zone) => from.includes(zone)),
        );
        const ports = services.flatMap(({ protocols, port, lastPort }) =>
          protocols.map((protocol) => `${protocol} ${lastPort === undefined ? port : `${port}-${lastPort}`}`),
        );
        return [...new Set(ports)].sort();
      };
      expect(accepted(rules, "from_private")).toEqual(open(TrustZone.Private));
      expect(accepted(rules, "from_guests")).toEqual(open(TrustZone.Guests));
      expect(accepted(rules, "from_public")).toEqual(open(TrustZone.Public));
      expect(accepted(rules, "from_admin")).toEqual(open(TrustZone.Admin, TrustZone.Public));
      expect(accepted(rules, "from_vpn")).toEqual(open(TrustZone.Vpn, TrustZone.Public));
    },
  );

  test("what the host accepts and sends is dropped unless a rule says otherwise, in both families alike", () => {
    const rules = rulesOf();
    expect(rules).toContain("type filter hook input priority filter; policy drop;");
    expect(rules).toContain("type filter hook output priority filter; policy drop;");
    expect(rules).not.toMatch(/flush ruleset/);
    for (const zone of ["private", "admin", "vpn"]) {
      expect(rules).toContain(`ip saddr @zone_${zone}4 goto from_${zone}`);
      expect(rules).toContain(`ip6 saddr @zone_${zone}6 goto from_${zone}`);
    }
    expect(rules).toContain("elements = { 2001:db8:1::/64 }");
  });

  test("SSH is counted for each source, but not between the hosts", () => {
    const rules = rulesOf({ firewall: { adminNetworks: ["192.0.2.0/25"], sshPerMinute: 30 } });
    expect(rules.match(/limit rate over 30\/minute/g)).toHaveLength(2);
    expect(rules.split("chain from_private {")[1]!.split("\n\t}\n")[0]).not.toContain("too often");
  });

  test("adding a host changes nothing on the others", () => {
    expect(rulesOf({ host: "host07" })).toBe(rulesOf({ host: "fe" }));
  });
});

describe("ways out", () => {
  test("addresses of the stack file stand in the rules, names are left to the host", () => {
    const egress = [
      { host: "2001:db8::9", port: 25 },
      { host: "time.example", port: 123, protocol: "udp" as const },
    ];
    const firewall = planSecurity({ ...args, firewall: { ...firewallArgs, egress } }).firewall!;
    expect(firewall.fixed).toEqual({
      v4: [{ address: "203.0.113.1", protocol: "tcp", port: 3142 }],
      v6: [{ address: "2001:db8::9", protocol: "tcp", port: 25 }],
    });
    expect(firewall.lookedUp.names).toEqual([
      { host: "marketplace.opennebula.io", port: 443, protocols: ["tcp"] },
      { host: "time.example", port: 123, protocols: ["udp"] },
    ]);
    expect(firewall.lookedUp.host).toEqual([Destination.Resolvers, Destination.TimeServers]);
  });

  test("a hypervisor cannot reach what only the front-end needs", () => {
    const firewall = planSecurity({ ...args, roles: [HostRole.Hypervisor] }).firewall!;
    expect(firewall.lookedUp.names).toEqual([]);
  });
});

test("a change of the rules must be confirmed from outside", () => {
  const { commitConfirm, files } = renderSecurity(planSecurity(args));
  expect(commitConfirm!.activateOn).toContain("/etc/opennebula-scaleway/firewall.nft");
  expect(files!["/etc/opennebula-scaleway/firewall.nft"]!.validate![0]).toBe("nft");
  expect(commitConfirm!.activateOn).toContain(SSHD_HARDENING);
  for (const script of [commitConfirm!.activate, commitConfirm!.restore])
    expect(judge("shellcheck", ["--shell=bash", "-"], script)).toEqual({ status: 0, output: "" });
});

describe("hardening", () => {
  test("without the firewall a host is hardened and audited all the same, and sshd's settings must be confirmed", () => {
    const { files, commitConfirm, packages } = renderSecurity(planSecurity({ ...args, firewall: undefined }));
    expect(Object.keys(files!).filter((path) => path.includes("firewall"))).toEqual([]);
    expect(files).toHaveProperty([AUDIT_RULES]);
    expect(packages).toHaveProperty("auditd");
    expect(commitConfirm!.activateOn).toEqual([SSHD_HARDENING]);
  });

  test("apt reads the updates' settings; a reboot is only for who asks for it", () => {
    const read = (text: string): string => {
      const folder = mkdtempSync(join(tmpdir(), "apt-"));
      writeFileSync(join(folder, "updates"), text);
      const { status, output } = judge("apt-config", ["-c", join(folder, "updates"), "dump"]);
      rmSync(folder, { recursive: true });
      expect(status).toBe(0);
      return output;
    };
    const quiet = read(updatesSettings({}));
    expect(quiet).toContain('Unattended-Upgrade::Automatic-Reboot "false";');
    expect(quiet).toContain("label=Debian-Security");
    expect(read(updatesSettings({ rebootAt: "03:30" }))).toContain('Automatic-Reboot-Time "03:30";');
  });

  test("no two hosts have the same window, over midnight too", () => {
    expect([0, 1, 2].map((index) => rebootTime("23:15", index))).toEqual(["23:15", "23:45", "00:15"]);
  });

  test("what of ours runs on a host is sandboxed", () => {
    const { files } = renderSecurity(planSecurity(args));
    const unit = files!["/etc/systemd/system/opennebula-scaleway-audit.service"]!.content as string;
    const folder = mkdtempSync(join(tmpdir(), "units-"));
    writeFileSync(join(folder, "audit.service"), unit);
    const { status, output } = judge("systemd-analyze", [
      "security",
      "--offline=true",
      "--threshold=20",
      "--no-pager",
      join(folder, "audit.service"),
    ]);
    rmSync(folder, { recursive: true });
    expect({ status, output: status === 0 ? "" : output }).toEqual({ status: 0, output: "" });
  });
});
