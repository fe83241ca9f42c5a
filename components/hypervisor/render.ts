// SPDX-License-Identifier: Apache-2.0
import { flexibleIpHostState } from "../host/flexible-ip";
import { oneadminAuthorizedKeys } from "../host/oneadmin";
import { openNebulaRepository } from "../host/opennebula-repository";
import type { HostState } from "../host/state";
import type { HypervisorPlan } from "./plan";

const APPARMOR = "/etc/apparmor.d/abstractions/libvirt-qemu.d/opennebula-scaleway";

/** libvirt, OpenNebula's node package, oneadmin's login, and what VXLAN networks need of the kernel. */
export function renderHypervisor(plan: HypervisorPlan): HostState {
  const driver = plan.flexibleIps && flexibleIpHostState(plan.flexibleIps.broker, plan.flexibleIps.bridge);
  return {
    repositories: plan.sharesFrontend
      ? {}
      : { opennebula: openNebulaRepository(plan.version, plan.os, plan.repository) },
    packages: { "opennebula-node-kvm": plan.packageVersion, ...driver?.packages },
    // Each VXLAN network of a multicast group is one membership; the kernel's default of 20 would be the limit of networks.
    sysctls: { "net.ipv4.igmp_max_memberships": "1024" },
    directories: {
      "/var/lib/one/.ssh": { owner: "oneadmin", group: "oneadmin", mode: "0700" },
      "/etc/apparmor.d/abstractions/libvirt-qemu.d": {},
      ...driver?.directories,
    },
    files: {
      [APPARMOR]: { content: "  # images of OpenNebula's datastores\n  /var/lib/one/datastores/** rwk,\n" },
      ...oneadminAuthorizedKeys(),
      ...driver?.files,
    },
    sequence: [
      {
        unit: "libvirtd.service",
        restartOn: ["package:opennebula-node-kvm", APPARMOR],
        ready: "file:/run/libvirt/libvirt-sock",
      },
      {
        // libvirt's own NAT network would answer DHCP and DNS on a bridge that nobody asked for.
        action: "no-default-network",
        // The file, not virsh: a daemon that is just starting lists nothing, which would read as "not needed".
        needed: "test -e /etc/libvirt/qemu/networks/default.xml",
        run: [
          "virsh --connect qemu:///system net-destroy default >/dev/null 2>&1 || true",
          "virsh --connect qemu:///system net-undefine default >/dev/null",
        ].join("\n"),
      },
      ...(driver ? [driver.key] : []),
    ],
  };
}
