// SPDX-License-Identifier: Apache-2.0
import { cloudDefaults, hostDevices, PrivateNics } from "../../catalogue";
import type { FileEntry, HostState, Step } from "../host/state";
import { token, yamlText } from "../host/structured";
import { ref, text, type Text } from "../host/text";
import type { HostNetworkPlan, ServerPlan } from "./plan";
import { renderEncryption } from "./encryption";
import { activateNetwork, NETPLAN_FILE, restoreNetwork } from "./takeover";

const CLOUD_INIT_NETWORK = "/etc/cloud/cloud.cfg.d/99-opennebula-scaleway-network.cfg";
const SSHD_DROP_IN = "/etc/ssh/sshd_config.d/50-opennebula-scaleway.conf";
const HOST_CERTIFICATE = "/etc/ssh/ssh_host_ed25519_key-cert.pub";
const TIME_SOURCES = "/etc/chrony/sources.d/opennebula-scaleway.sources";
const RESOLVED_DROP_IN = "/etc/systemd/resolved.conf.d/50-opennebula-scaleway.conf";
/** Nobody asks these hosts by link-local names, and a resolver that answers the Internet is one door too many. */
const RESOLVED = "[Resolve]\nLLMNR=no\nMulticastDNS=no\n";
/** What `validate` measures and scans with. */
const VALIDATION_TOOLS = { iperf3: "*", fio: "*", nmap: "*" };
const KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts";

/** References that the bare-metal layer resolves for a host; the facts come from the host's first answer. */
const hostFact = {
  nic: (host: string) => ref(`${host}.nic`),
  mac: (host: string) => ref(`${host}.mac`),
  /** JSON list of addresses with prefix length. */
  publicAddresses: (host: string) => ref(`${host}.publicAddresses`),
  /** JSON list of netplan routes. */
  publicRoutes: (host: string) => ref(`${host}.publicRoutes`),
  /** JSON list of resolvers. */
  nameservers: (host: string) => ref(`${host}.nameservers`),
  managementVlan: (host: string) => ref(`${host}.managementVlan`),
  vmsVlan: (host: string) => ref(`${host}.vmsVlan`),
  certificate: (host: string) => ref(`${host}.hostCertificate`),
  injectedKey: (host: string) => ref(`${host}.injectedPublicKey`),
};

/** What every server gets before any role: network, names, time, packages' settings, SSH. */
export function renderBareMetal(plan: ServerPlan): HostState {
  const { host } = plan;
  const files: Record<string, FileEntry> = {
    [NETPLAN_FILE]: { content: renderNetplan(plan.network), mode: "0600" },
    [CLOUD_INIT_NETWORK]: { content: "network:\n  config: disabled\n" },
    [HOST_CERTIFICATE]: { content: text`${hostFact.certificate(host)}\n` },
    [KNOWN_HOSTS]: { content: text`${ref("knownHosts")}\n` },
    [SSHD_DROP_IN]: { content: sshdDropIn() },
    [RESOLVED_DROP_IN]: { content: RESOLVED },
  };
  if (plan.timeServers) {
    files[TIME_SOURCES] = {
      content: plan.timeServers.map((server) => `server ${server} iburst\n`).join(""),
    };
  }
  const encrypted = plan.encryption && renderEncryption(plan.host, plan.encryption);
  return {
    aptSettings:
      plan.packageProxy === undefined
        ? {}
        : { "90opennebula-scaleway-proxy": `Acquire::http::Proxy "${plan.packageProxy}";\n` },
    packages: {
      ...{ "netplan.io": "*", "systemd-resolved": "*", chrony: "*", "ca-certificates": "*" },
      ...(plan.validationTools ? VALIDATION_TOOLS : {}),
      ...encrypted?.packages,
    },
    files: { ...files, ...encrypted?.files },
    blocks: {
      "/etc/hosts": { content: `${plan.network.management.address} ${plan.fqdn} ${host}\n`, marker: "own name" },
    },
    // First of all layers: what is installed later is on the disk from its first file on.
    sequence: [...(encrypted?.sequence ?? []), ...bareMetalSequence(host, plan.timeServers ? [TIME_SOURCES] : [])],
    commitConfirm: {
      // The operator's confirmation is the next command of the same run; two minutes cover a slow bridge and a retry.
      deadlineSeconds: 120,
      activate: activateNetwork(hostDevices.publicBridge),
      restore: restoreNetwork(hostDevices.publicBridge),
      activateOn: [NETPLAN_FILE],
    },
  };
}

function sshdDropIn(): string {
  return [
    "HostKey /etc/ssh/ssh_host_ed25519_key",
    "HostKey /etc/ssh/ssh_host_ecdsa_key",
    `HostCertificate ${HOST_CERTIFICATE}`,
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin no",
    "",
  ].join("\n");
}

function bareMetalSequence(host: string, timeSources: string[]): Step[] {
  return [
    {
      // The injected key can be read in Scaleway's API for as long as the server exists. Connections pin the host's own ed25519
      // key from here on, so the ECDSA key can change under them.
      action: "replace-injected-host-key",
      needed:
        'test "$(cut -d" " -f1,2 /etc/ssh/ssh_host_ecdsa_key.pub 2>/dev/null)" = "$(printf %s "$INJECTED" | cut -d" " -f1,2)"',
      run: [
        "rm -f /etc/ssh/ssh_host_ecdsa_key.new /etc/ssh/ssh_host_ecdsa_key.new.pub",
        "ssh-keygen -q -t ecdsa -b 256 -N '' -C \"$(hostname)\" -f /etc/ssh/ssh_host_ecdsa_key.new",
        "mv /etc/ssh/ssh_host_ecdsa_key.new /etc/ssh/ssh_host_ecdsa_key",
        "mv /etc/ssh/ssh_host_ecdsa_key.new.pub /etc/ssh/ssh_host_ecdsa_key.pub",
      ].join("\n"),
      environment: { INJECTED: text`${hostFact.injectedKey(host)}` },
    },
    {
      unit: "ssh.service",
      reload: true,
      restartOn: [SSHD_DROP_IN, HOST_CERTIFICATE, "action:replace-injected-host-key"],
    },
    { unit: "chrony.service", restartOn: timeSources },
    { unit: "systemd-resolved.service", restartOn: [RESOLVED_DROP_IN] },
  ];
}

/** The host's network for netplan: the public NIC in a bridge that carries its address and MAC, the private networks beside it. */
export function renderNetplan(plan: HostNetworkPlan): Text {
  const { host } = plan;
  const nic = token(hostFact.nic(host));
  const vlanOf = { management: token(hostFact.managementVlan(host)), vms: token(hostFact.vmsVlan(host)) };
  const plainBridge = { stp: false, "forward-delay": 0 };
  const quiet = { dhcp4: false, dhcp6: false, "accept-ra": false };
  const management = {
    addresses: [`${plan.management.address}/${plan.management.prefixLength}`],
    mtu: plan.management.mtu,
    nameservers: { addresses: [plan.nameserverOfDomain], search: [plan.domain] },
  };
  const vms = { addresses: [`${plan.vms.address}/${plan.vms.prefixLength}`], mtu: plan.vms.mtu };
  const tagged = plan.privateNics === PrivateNics.Vlan;
  const ownNics = [`pn${vlanOf.management}`, `pn${vlanOf.vms}`];
  // A VLAN or a bridge carries no more than the NIC under it, and the public network shares that NIC.
  const { mtu: publicMtu } = cloudDefaults;
  const large = (mtu: number): object => (mtu > publicMtu ? { mtu } : {});
  const carrier = Math.max(plan.management.mtu, plan.vms.mtu);
  const ownMtu = [plan.management.mtu, plan.vms.mtu];
  const nics = {
    [nic]: { ...quiet, ...(tagged && large(carrier)) },
    ...(!tagged && Object.fromEntries(ownNics.map((name, index) => [name, { ...quiet, ...large(ownMtu[index]!) }]))),
  };
  const nameservers = plan.nameservers ? JSON.stringify(plan.nameservers) : token(hostFact.nameservers(host));
  return yamlText({
    network: {
      version: 2,
      renderer: "networkd",
      ethernets: nics,
      ...(tagged && {
        vlans: {
          [hostDevices.management]: { id: vlanOf.management, link: nic, ...management },
          [hostDevices.vms]: { id: vlanOf.vms, link: nic, ...vms },
        },
      }),
      bridges: {
        // VLAN numbers differ from host to host, and so do the names of such NICs; what stands on them needs one name everywhere.
        ...(!tagged && {
          [hostDevices.management]: { ...quiet, interfaces: [ownNics[0]], ...management, parameters: plainBridge },
          [hostDevices.vms]: { ...quiet, interfaces: [ownNics[1]], ...vms, parameters: plainBridge },
        }),
        [hostDevices.publicBridge]: {
          ...quiet,
          interfaces: [nic],
          ...(tagged && carrier > publicMtu && { mtu: publicMtu }),
          // Scaleway's switch expects the NIC's own address; a bridge would otherwise take the lowest of its ports.
          macaddress: token(hostFact.mac(host)),
          addresses: token(hostFact.publicAddresses(host)),
          routes: token(hostFact.publicRoutes(host)),
          nameservers: { addresses: plan.nameservers ?? nameservers },
          parameters: plainBridge,
        },
      },
    },
  });
}
