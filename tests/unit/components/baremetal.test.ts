// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPairSync } from "node:crypto";
import { PrivateNics } from "../../../catalogue";
import { hostDevices } from "../../../catalogue";
import { planServer, type HostPlanArgs } from "../../../components/baremetal/plan";
import { renderBareMetal, renderNetplan } from "../../../components/baremetal/render";
import { renderCloudInit } from "../../../components/baremetal/cloud-init";
import { activateNetwork, restoreNetwork } from "../../../components/baremetal/takeover";
import { referencesOf, resolveText } from "../../../components/host/text";
import { judge } from "../../helpers/tools";

const args: HostPlanArgs = {
  zone: "fr-par-2",
  domain: "cloud.internal",
  privateNics: PrivateNics.Vlan,
  management: { prefixLength: 20, mtu: 1500 },
  vms: { prefixLength: 22, mtu: 9000 },
  nameserverOfDomain: "10.16.0.10",
};
const host = {
  offer: "EM-A610R-NVME",
  os: "debian-12",
  managementAddress: "10.16.0.11",
  vmAddress: "172.16.24.11",
} as const;
const facts: Record<string, string> = {
  "host01.nic": "enp5s0",
  "host01.mac": "02:00:00:00:00:0b",
  "host01.publicAddresses": '["203.0.113.11/24"]',
  "host01.publicRoutes": '[{"to":"default","via":"203.0.113.1"}]',
  "host01.nameservers": '["203.0.113.1"]',
  "host01.managementVlan": "1200",
  "host01.vmsVlan": "1201",
};

/** What netplan makes of the rendered file, by name of the generated file. */
function generated(privateNics: PrivateNics): (name: string) => string {
  const root = mkdtempSync(join(tmpdir(), "netplan-"));
  try {
    mkdirSync(join(root, "etc/netplan"), { recursive: true });
    const plan = planServer("host01", host, { ...args, privateNics });
    const text = resolveText(renderNetplan(plan.network), (reference) => facts[reference.ref]!);
    writeFileSync(join(root, "etc/netplan/60.yaml"), text, { mode: 0o600 });
    const { status, output } = judge("netplan", ["generate", "--root-dir", root]);
    expect({ status, output }).toEqual({ status: 0, output: "" });
    const files = new Map<string, string>();
    for (const name of [
      "enp5s0.network",
      "hosttohost.netdev",
      "hosttohost.network",
      "vmtovm.network",
      "pn1200.network",
      "pn1201.network",
      `${hostDevices.publicBridge}.netdev`,
      `${hostDevices.publicBridge}.network`,
    ]) {
      try {
        files.set(name, readFileSync(join(root, "run/systemd/network", `10-netplan-${name}`), "utf8"));
      } catch {
        files.set(name, "");
      }
    }
    return (name) => files.get(name) ?? "";
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

describe("the host's network, as netplan reads it", () => {
  it("puts the public NIC into a bridge that keeps its address, route and MAC", () => {
    const file = generated(PrivateNics.Vlan);
    expect(file("enp5s0.network")).toContain(`Bridge=${hostDevices.publicBridge}`);
    expect(file(`${hostDevices.publicBridge}.netdev`)).toContain("MACAddress=02:00:00:00:00:0b");
    expect(file(`${hostDevices.publicBridge}.network`)).toContain("Address=203.0.113.11/24");
    expect(file(`${hostDevices.publicBridge}.network`)).toContain("Gateway=203.0.113.1");
  });

  it("makes VLANs on that NIC, as Elastic Metal delivers private networks", () => {
    const file = generated(PrivateNics.Vlan);
    expect(file("hosttohost.netdev")).toContain("Id=1200");
    expect(file("hosttohost.network")).toContain("Address=10.16.0.11/20");
    expect(file("hosttohost.network")).toContain("Domains=cloud.internal");
    expect(file("vmtovm.network")).toContain("MTUBytes=9000");
  });

  it("lets large frames of a private network through the one NIC, and none of them onto the public network", () => {
    const file = generated(PrivateNics.Vlan);
    expect(file("enp5s0.network")).toContain("MTUBytes=9000");
    expect(file(`${hostDevices.publicBridge}.network`)).toContain("MTUBytes=1500");
    expect(generated(PrivateNics.Dedicated)("pn1201.network")).toContain("MTUBytes=9000");
    expect(generated(PrivateNics.Dedicated)("pn1200.network")).not.toContain("MTUBytes");
    // Nothing is written where nothing is large.
    const plain = planServer("host01", host, { ...args, vms: { prefixLength: 22, mtu: 1500 } });
    expect(resolveText(renderNetplan(plain.network), (reference) => facts[reference.ref]!)).not.toMatch(
      /enp5s0:[^:]*mtu/,
    );
  });

  it("bridges the private networks' own NICs where they come as such, under the same names", () => {
    const file = generated(PrivateNics.Dedicated);
    expect(file("pn1200.network")).toContain("Bridge=hosttohost");
    expect(file("pn1201.network")).toContain("Bridge=vmtovm");
    expect(file("hosttohost.netdev")).toContain("Kind=bridge");
    expect(file("hosttohost.network")).toContain("Address=10.16.0.11/20");
    expect(file("vmtovm.network")).toContain("Address=172.16.24.11/22");
  });
});

describe("the bare-metal layer", () => {
  const plan = planServer("host01", host, {
    ...args,
    timeServers: ["192.0.2.123"],
    packageProxy: "http://192.0.2.9:3142",
  });
  const state = renderBareMetal(plan);

  it("refers to Scaleway's objects by full id", () => {
    expect(plan.osId).toMatch(/^fr-par-2\/[0-9a-f-]{36}$/);
    expect(plan.privateNetworkOptionId).toBe("fr-par-2/cd4158d7-2d65-49be-8803-c4b8ab6f760c");
  });

  it("rolls back unless confirmed, and switches cloud-init's network part off", () => {
    expect(state.commitConfirm?.activateOn).toEqual(["/etc/netplan/60-opennebula-scaleway.yaml"]);
    expect(state.files?.["/etc/cloud/cloud.cfg.d/99-opennebula-scaleway-network.cfg"]?.content).toContain(
      "config: disabled",
    );
  });

  it("names only references that the component resolves", () => {
    const known = [...Object.keys(facts), "host01.hostCertificate", "host01.injectedPublicKey", "knownHosts"];
    expect(
      referencesOf(state)
        .map((reference) => reference.ref)
        .filter((name) => !known.includes(name)),
    ).toEqual([]);
  });

  it("sets time servers and the package proxy only where they are given", () => {
    expect(state.files?.["/etc/chrony/sources.d/opennebula-scaleway.sources"]?.content).toBe(
      "server 192.0.2.123 iburst\n",
    );
    expect(Object.keys(state.aptSettings ?? {})).toEqual(["90opennebula-scaleway-proxy"]);
    const bare = renderBareMetal(planServer("host01", host, args));
    expect(bare.aptSettings).toEqual({});
    expect(bare.files).not.toHaveProperty("/etc/chrony/sources.d/opennebula-scaleway.sources");
  });

  it.each([
    ["activate", activateNetwork(hostDevices.publicBridge)],
    ["restore", restoreNetwork(hostDevices.publicBridge)],
    ...(state.sequence ?? []).flatMap((step) =>
      "action" in step
        ? [
            [`${step.action} needed`, step.needed],
            [`${step.action} run`, step.run],
          ]
        : [],
    ),
  ])("shellcheck has nothing to say of %s", (_name, script) => {
    expect(judge("shellcheck", ["--shell=bash", "--severity=style", "--exclude=SC2154", "-"], script)).toEqual({
      status: 0,
      output: "",
    });
  });
});

describe("user data", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const userData = renderCloudInit({
    hostname: "host01",
    fqdn: "host01.cloud.internal",
    user: "ops",
    authorizedKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl a\n"],
    hostKey: {
      privateKey: privateKey.export({ format: "pem", type: "sec1" }) as string,
      publicKey: "ecdsa-sha2-nistp256 AAAA x\n",
    },
  });

  it("lets nobody in by password and nobody in as root", () => {
    expect(userData).toContain("ssh_pwauth: false");
    expect(userData).toContain("disable_root: true");
  });
});
