// SPDX-License-Identifier: Apache-2.0

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nicChains } from "../../../lab/opennebula/drivers/host/firewall";
import type { Host } from "../../../lab/opennebula/drivers/host/host";
import { networkSettings } from "../../../lab/opennebula/drivers/host/host";
import { multicastGroup } from "../../../lab/opennebula/drivers/host/links";
import { networkScript } from "../../../lab/opennebula/drivers/host/main";
import { networkVm } from "../../../lab/opennebula/drivers/host/vm";
import type { Script, Shell } from "../../../lab/opennebula/drivers/shell";
import { networkAction } from "../../../lab/opennebula/drivers/vnm";
import type { VmJob } from "../../../lab/opennebula/oned/drivers";
import { parseTemplate } from "../../../lab/opennebula/oned/template";

const document = (nics: string, rules = ""): string =>
  Buffer.from(`<VM><ID>4</ID><TEMPLATE>${nics}${rules}</TEMPLATE></VM>`).toString("base64");
const vector = (name: string, values: Record<string, string>): string =>
  `<${name}>${Object.entries(values)
    .map(([key, value]) => `<${key}><![CDATA[${value}]]></${key}>`)
    .join("")}</${name}>`;
const vxlan = vector("NIC", { NIC_ID: "0", VN_MAD: "vxlan", PHYDEV: "vmtovm", VLAN_ID: "300", BRIDGE: "onebr.300" });

/** A host of which only devices and bridges are there; commands change them as the kernel would. */
function fakeHost(devices: Record<string, string[]>, settings = ""): Host & { commands: string[] } {
  const commands: string[] = [];
  return {
    commands,
    settings: networkSettings(settings),
    proxyScript: "tproxy",
    has: (device) => devices[device] !== undefined,
    ports: (bridge) => devices[bridge] ?? [],
    root: async (argv) => {
      commands.push(argv.join(" "));
      const line = argv.join(" ");
      const added = /^ip link add name (\S+)/.exec(line)?.[1];
      if (added !== undefined) devices[added] = [];
      const [, port = "", bridge = ""] = /^ip link set (\S+) master (\S+)/.exec(line) ?? [];
      if (bridge !== "") devices[bridge]?.push(port);
      const gone = /^ip link delete (\S+)/.exec(line)?.[1];
      if (gone !== undefined) delete devices[gone];
      const [, proxy, proxied = ""] = /^tproxy (up|down) (\S+)/.exec(line) ?? [];
      if (proxy === "up") devices[`${proxied}b`] = [];
      if (proxy === "up" && !devices[proxied]?.includes(`${proxied}b`)) devices[proxied]?.push(`${proxied}b`);
      if (proxy === "down") delete devices[`${proxied}b`];
    },
  };
}

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "vnm-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (host: Host, words: string[], input: string): Promise<void> => networkScript(host, folder, words, input);

describe("bridges and what carries them", () => {
  test("VXLAN: device, bridge, and both gone with the last VM", async () => {
    const devices: Record<string, string[]> = { vmtovm: [] };
    const host = fakeHost(devices);
    await run(host, ["vxlan", "pre"], document(vxlan));
    expect(host.commands).toContain(
      "ip link add name vmtovm.300 type vxlan id 300 group 239.0.1.44 ttl 16 dev vmtovm dstport 8472",
    );
    expect(devices["onebr.300"]).toEqual(["vmtovm.300"]);
    host.commands.length = 0;
    await run(host, ["vxlan", "pre"], document(vxlan));
    expect(host.commands.filter((command) => /add|master/.test(command))).toEqual([]);
    devices["onebr.300"]!.push("one-5-0");
    await run(host, ["vxlan", "clean", "fe"], document(vxlan));
    expect(devices["onebr.300"]).toBeDefined();
    devices["onebr.300"]!.pop();
    await run(host, ["vxlan", "clean", "fe"], document(vxlan));
    expect(Object.keys(devices)).toEqual(["vmtovm"]);
  });

  test("a changed network moves its VMs to another carrier", async () => {
    const devices: Record<string, string[]> = { vmtovm: [] };
    const host = fakeHost(devices);
    const with7 = vxlan.replace("</NIC>", "<NETWORK_ID>7</NETWORK_ID></NIC>");
    await run(host, ["vxlan", "pre"], document(with7));
    const other = with7.replaceAll("[300]", "[301]");
    const change = vector("VNET_UPDATE", { VLAN_ID: "300", MTU: "" });
    await run(host, ["vxlan", "update_nic", "one-4", "8"], document(other + change));
    expect(devices["onebr.300"]).toContain("vmtovm.300");
    await run(host, ["vxlan", "update_nic", "one-4", "7"], document(other + change));
    expect([devices["vmtovm.300"], devices["onebr.300"]]).toEqual([undefined, ["vmtovm.300", "vmtovm.301"]]);
  });

  test("OneGate's proxy stands on the bridges of its networks and goes with the last VM", async () => {
    const entry = (port: number, more = ""): string =>
      `  - :service_port: ${port}\n    :remote_addr: 10.16.0.10\n    :remote_port: 5030\n${more}`;
    const settings = [":tproxy:\n", entry(5030), entry(5030), entry(81, "    :networks: [7, other]\n")].join("");
    const devices: Record<string, string[]> = { vmtovm: [] };
    const host = fakeHost(devices, `${settings}  - :service_port: 82\n`);
    await run(host, ["vxlan", "pre"], document(vxlan));
    expect(host.commands.at(-1)).toBe("tproxy up onebr.300 5030:10.16.0.10:5030");
    const named = vxlan.replace("</NIC>", "<NETWORK_ID>7</NETWORK_ID></NIC>");
    await run(host, ["vxlan", "pre"], document(named));
    expect(host.commands.at(-1)).toBe("tproxy up onebr.300 5030:10.16.0.10:5030 81:10.16.0.10:5030");
    devices["onebr.300"]!.push("one-5-0");
    await run(host, ["vxlan", "clean", "fe"], document(vxlan));
    expect(devices["onebr.300b"]).toBeDefined();
    devices["onebr.300"]!.pop();
    await run(host, ["vxlan", "clean", "fe"], document(vxlan));
    expect(Object.keys(devices)).toEqual(["vmtovm"]);
  });

  test("a bridge that holds the host's own NIC stays", async () => {
    const devices = { eno1: [], pubridge: ["eno1"] };
    const nic = vector("NIC", { NIC_ID: "0", VN_MAD: "bridge", BRIDGE: "pubridge", PHYDEV: "eno1" });
    const host = fakeHost(devices);
    await run(host, ["bridge", "pre"], document(nic));
    await run(host, ["bridge", "clean", "fe"], document(nic));
    expect(host.commands).toEqual(["ip link set pubridge up"]);
  });

  test("VLANs that the kernel does not have are an error in its own words", async () => {
    const nic = vector("NIC", { NIC_ID: "0", VN_MAD: "802.1Q", PHYDEV: "eno1", VLAN_ID: "5", BRIDGE: "onebr.5" });
    const host = fakeHost({ eno1: [], "onebr.5": [] });
    host.root = (argv) =>
      argv.includes("vlan") ? Promise.reject(new Error("Unknown device type")) : Promise.resolve();
    await expect(run(host, ["802.1Q", "pre"], document(nic))).rejects.toThrow("Unknown device type");
  });

  test("a network without what its driver needs is refused by name", async () => {
    const nic = vector("NIC", { NIC_ID: "3", VN_MAD: "vxlan", BRIDGE: "b" });
    await expect(run(fakeHost({}), ["vxlan", "pre"], document(nic))).rejects.toThrow("NIC 3 has no PHYDEV");
  });

  test("groups count on from the first", () => {
    expect(multicastGroup("239.0.0.0", 1)).toBe("239.0.0.1");
    expect(multicastGroup("239.0.0.250", 10)).toBe("239.0.1.4");
  });
});

describe("which NICs", () => {
  const nics = ["0", "1"].map((id) => vector("NIC", { NIC_ID: id, VN_MAD: "bridge", BRIDGE: `b${id}` }));

  test("all of the driver; the attached one alone when there is one", () => {
    const other = vector("NIC", { NIC_ID: "2", VN_MAD: "fw", BRIDGE: "b2", ATTACH: "YES" });
    const attached = vector("NIC", { NIC_ID: "3", VN_MAD: "bridge", BRIDGE: "b3", ATTACH: "YES" });
    const ids = (text: string, driver: string): string[] =>
      networkVm(document(text), driver).nics.map((nic) => nic.NIC_ID!);
    expect(ids(nics.join("") + other, "bridge")).toEqual(["0", "1"]);
    expect(ids(nics.join("") + attached, "bridge")).toEqual(["3"]);
  });

  test("what is no VM is refused", () => expect(() => networkVm("PEE+", "bridge")).toThrow());
});

describe("security groups", () => {
  const nic = { NIC_ID: "0", MAC: "02:00:00:00:00:01", IP: "10.0.0.5", SECURITY_GROUPS: "0,9" };
  const rules: Record<string, string>[] = [
    { SECURITY_GROUP_ID: "9", RULE_TYPE: "INBOUND", PROTOCOL: "TCP", RANGE: "22,80:90", IP: "10.0.0.250", SIZE: "10" },
    { SECURITY_GROUP_ID: "0", RULE_TYPE: "OUTBOUND", PROTOCOL: "ALL" },
    { SECURITY_GROUP_ID: "8", RULE_TYPE: "INBOUND", PROTOCOL: "UDP" },
    { SECURITY_GROUP_ID: "9", RULE_TYPE: "INBOUND", PROTOCOL: "ICMP", ICMP_TYPE: "8" },
  ];

  test("let through what the NIC's own groups say, and drop the rest", () => {
    const text = nicChains({ id: 4, nics: [nic], rules, before: {} }, nic, "iptables");
    expect(text).toContain(
      "-A one-4-0-i -p tcp -m iprange --src-range 10.0.0.250-10.0.1.3 -m multiport --dports 22,80:90 -j RETURN",
    );
    expect(text).toContain("-A one-4-0-i -p icmp --icmp-type 8 -j RETURN");
    expect(text).not.toContain("udp");
    expect(text).toMatch(
      /-A one-4-0-i -j DROP\n[^]*-A one-4-0-o -g one-4-0-c\n[^]*-A one-4-0-c -j RETURN\n-A one-4-0-c -j DROP/,
    );
  });

  test("of IPv4 are not those of IPv6", () => {
    const text = nicChains({ id: 4, nics: [nic], rules, before: {} }, nic, "ip6tables");
    expect(text).not.toContain("10.0.0.250");
    expect(text).not.toContain("-p icmp ");
    expect(text).toContain("-p icmpv6 --icmpv6-type 135 -j RETURN");
  });

  test("false senders are dropped where the network asks for it", () => {
    const strict = { ...nic, FILTER_MAC_SPOOFING: "YES", FILTER_IP_SPOOFING: "YES" };
    const chain = nicChains({ id: 4, nics: [strict], rules, before: {} }, strict, "iptables")
      .split("\n")
      .filter((line) => line.startsWith("-A one-4-0-o "));
    expect(chain).toEqual([
      "-A one-4-0-o -m mac ! --mac-source 02:00:00:00:00:01 -j DROP",
      ...["-A one-4-0-o -s 10.0.0.5 -g one-4-0-c", "-A one-4-0-o -s 0.0.0.0 -g one-4-0-c", "-A one-4-0-o -j DROP"],
    ]);
  });
});

describe("hooks", () => {
  const input = document(vector("NIC", { NIC_ID: "0", VN_MAD: "bridge", BRIDGE: "b" }));
  const hook = (name: string, body: string, mode = 0o755): void => {
    mkdirSync(join(folder, "bridge/post.d"), { recursive: true });
    writeFileSync(join(folder, "bridge/post.d", name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, "bridge/post.d", name), mode);
  };
  const log = (): string => readFileSync(join(folder, "log"), "utf8");

  test("executable files run by name with the script's arguments and input", async () => {
    for (const name of ["20-b", "10-a"]) hook(name, `echo "${name} $* $(wc -c)" >>${folder}/log`);
    hook("00-not", `echo never >>${folder}/log`, 0o644);
    await run(fakeHost({ b: [] }), ["bridge", "post", "uuid", "fe"], input);
    expect(log()).toBe(`10-a uuid fe ${input.length}\n20-b uuid fe ${input.length}\n`);
  });

  test("the first that fails ends the action, with its own words; one that ignores its input does not matter", async () => {
    hook("10-fails", "echo 'no such IP' >&2; exit 4");
    hook("20-later", `echo later >>${folder}/log`);
    const failed = run(fakeHost({ b: [] }), ["bridge", "post"], input);
    await expect(failed).rejects.toThrow(`Error running ${join(folder, "bridge/post.d/10-fails")}: no such IP`);
    expect(log).toThrow();
  });
});

test("the front-end runs each driver of a VM once, with OpenNebula's arguments", async () => {
  const scripts: (Script & { host: string })[] = [];
  const shell = {
    on: async (host: string, script: Script) => (scripts.push({ host, ...script }), ""),
  } as unknown as Shell;
  const template = parseTemplate(
    'NIC = [ VN_MAD = "fw" ] NIC = [ VN_MAD = "bridge" ] NIC = [ VN_MAD = "fw" ] NIC_ALIAS = [ VN_MAD = "vxlan" ]',
  );
  const host = { id: 0, name: "host01", vmMad: "kvm" };
  const job = { xml: "<VM/>", template, host, deployId: "uuid" } as unknown as VmJob;
  await networkAction(shell, "post", job);
  await networkAction(shell, "clean", job);
  expect(scripts.map(({ args }) => args)).toEqual([
    ...["fw", "bridge", "vxlan"].map((driver) => [driver, "post", "uuid", "host01"]),
    ...["fw", "bridge", "vxlan"].map((driver) => [driver, "clean", "host01"]),
  ]);
  expect(new Set(scripts.map(({ input }) => input))).toEqual(new Set([Buffer.from("<VM/>").toString("base64")]));
});
