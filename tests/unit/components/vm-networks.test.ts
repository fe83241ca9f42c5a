// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { ipv4Network, ipv4Number, ipv4Text } from "../../../catalogue";
import { offLinkGatewayScript, publicGuestContext } from "../../../components/cloud/networks/guest";
import { planVmNetworks } from "../../../components/cloud/networks/plan";
import { judge } from "../../helpers/tools";

describe("the networks of VMs", () => {
  const seed = { cidr: "10.1.2.0/24", firstAddress: "10.1.2.100", size: 48 };

  it("are the seed's: a VXLAN of 48 addresses and the public bridge with one range per flexible IP", () => {
    const networks = planVmNetworks({
      vxlan: { private: seed },
      carrierMtu: 1500,
      flexibleIps: { vm01: {}, vm02: {} },
    });
    expect(networks["private"]).toMatchObject({
      network: {
        vnMad: "vxlan",
        physicalDevice: "vmtovm",
        guestMtu: 1450,
        networkAddress: "10.1.2.0",
        networkMask: "255.255.255.0",
      },
      ranges: { vms: { ip: "10.1.2.100", size: 48 } },
    });
    expect(networks["public"]).toMatchObject({
      network: { vnMad: "fw", bridge: "pubridge", networkMask: "255.255.255.255", gateway: "62.210.0.1" },
      ranges: { vm01: { flexibleIp: "vm01" }, vm02: { flexibleIp: "vm02" } },
      // oned's group 0 lets everything in: not where everybody can knock.
      guarded: true,
    });
    expect(networks["private"]!.guarded).toBeUndefined();
    // The bridge holds the host's own address: no driver may be given its NIC.
    expect(networks["public"]!.network.physicalDevice).toBeUndefined();
  });

  it("are none where nothing is asked for", () => {
    expect(planVmNetworks({ vxlan: {}, carrierMtu: 1500, flexibleIps: {} })).toEqual({});
  });

  it("have public IPv6 addresses in a network of their own, one address of each bought /64", () => {
    const flexibleIps = { old: {}, new6: { type: "ipv6" as const } };
    const nameservers = ["192.0.2.53", "2001:db8::53"];
    const plan = planVmNetworks({
      vxlan: {},
      carrierMtu: 1500,
      public: { gateway6: "fe80::1", nameservers },
      flexibleIps,
    });
    expect(Object.keys(plan["public"]!.ranges)).toEqual(["old"]);
    expect(plan["public6"]).toEqual({
      network: {
        ...{ vnMad: "fw", bridge: "pubridge", gateway6: "fe80::1", dns: ["2001:db8::53"] },
        ...{ filterIpSpoofing: true, filterMacSpoofing: true },
      },
      ranges: { new6: { flexibleIp: "new6", prefixLength: 64 } },
      guarded: true,
    });
  });

  it.each([
    [["192.0.2.53", "2001:db8::53"], ["192.0.2.53"], ["2001:db8::53"]],
    [["2001:db8::53"], ["9.9.9.9", "149.112.112.112"], ["2001:db8::53"]],
    [["192.0.2.53"], ["192.0.2.53"], ["2620:fe::fe", "2620:fe::9"]],
    [undefined, ["9.9.9.9", "149.112.112.112"], ["2620:fe::fe", "2620:fe::9"]],
  ])("give public networks nameservers of their family alone: %s", (nameservers, ipv4, ipv6) => {
    const flexibleIps = { vm01: {}, vm02: { type: "ipv6" as const } };
    const plan = planVmNetworks({ vxlan: {}, carrierMtu: 1500, public: { nameservers }, flexibleIps });
    expect(plan["public"]!.network.dns).toEqual(ipv4);
    expect(plan["public6"]!.network.dns).toEqual(ipv6);
  });

  it("never let a guest send more than its carrier takes, and state the mask of their own network", () => {
    const network = fc
      .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 8, max: 29 }))
      .map(([address, length]) => {
        const block = 2 ** (32 - length);
        return `${ipv4Text(Math.floor(address / block) * block)}/${length}`;
      });
    fc.assert(
      fc.property(network, fc.integer({ min: 1280, max: 9000 }), (cidr, carrierMtu) => {
        const args = { ...seed, cidr };
        const plan = planVmNetworks({ vxlan: { a: args }, carrierMtu, flexibleIps: {} })["a"]!.network;
        expect(plan.guestMtu! + 50).toBeLessThanOrEqual(carrierMtu);
        const { first, last } = ipv4Network(cidr)!;
        expect(ipv4Number(plan.networkAddress!)).toBe(first);
        expect(2 ** 32 - ipv4Number(plan.networkMask!)!).toBe(last - first + 1);
      }),
    );
  });
});

describe("the guests' way to a router outside their network", () => {
  const root = mkdtempSync(join(tmpdir(), "opennebula-scaleway-guest-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** Runs the script with these NICs (name to MAC) and this context; answers the `ip` commands that it gave. */
  function routes(nics: Record<string, string>, context: Record<string, string>): string[] {
    const dir = mkdtempSync(join(root, "run-"));
    for (const [name, mac] of Object.entries(nics)) {
      mkdirSync(join(dir, "net", name), { recursive: true });
      writeFileSync(join(dir, "net", name, "address"), `${mac}\n`);
    }
    mkdirSync(join(dir, "bin"));
    writeFileSync(join(dir, "bin/ip"), `#!/bin/sh\necho "$*" >>"${dir}/log"\n`);
    chmodSync(join(dir, "bin/ip"), 0o755);
    const path = `${join(dir, "bin")}:${process.env.PATH ?? ""}`;
    const { status, stderr } = spawnSync("sh", ["-eu"], {
      input: offLinkGatewayScript,
      env: { PATH: path, SYS_CLASS_NET: join(dir, "net"), ...context },
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return existsSync(join(dir, "log")) ? readFileSync(join(dir, "log"), "utf8").trim().split("\n") : [];
  }

  it("is a route on the link, then the default route, on the NIC with the context's MAC", () => {
    const nics = { lo: "00:00:00:00:00:00", ens3: "02:00:0a:01:02:64", ens4: "52:54:00:00:00:01" };
    const context = {
      ETH0_MAC: "02:00:0a:01:02:64",
      ETH0_MASK: "255.255.255.0",
      ETH0_GATEWAY: "10.1.2.1",
      ETH1_MAC: "52:54:00:00:00:01",
      ETH1_MASK: "255.255.255.255",
      ETH1_GATEWAY: "62.210.0.1",
    };
    expect(routes(nics, context)).toEqual([
      "route replace 62.210.0.1/32 dev ens4 scope link",
      "route replace default via 62.210.0.1 dev ens4 onlink",
    ]);
  });

  it("is left alone where there is no such NIC or no router", () => {
    expect(routes({ eth0: "02:00:00:00:00:01" }, {})).toEqual([]);
    const other = { ETH0_MAC: "02:00:00:00:00:02", ETH0_MASK: "255.255.255.255", ETH0_GATEWAY: "62.210.0.1" };
    expect(routes({ eth0: "02:00:00:00:00:01" }, other)).toEqual([]);
  });

  it("is a script that shellcheck accepts, and travels as base64", () => {
    expect(judge("shellcheck", ["-"], offLinkGatewayScript)).toEqual({ status: 0, output: "" });
    const sent = publicGuestContext()["START_SCRIPT_BASE64"]!;
    expect(Buffer.from(sent, "base64").toString()).toBe(offLinkGatewayScript);
  });
});
