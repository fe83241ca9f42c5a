// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { askHosts, judge, type Check } from "../../check";

const SCRIPT = "virsh -c qemu:///system domcapabilities --virttype kvm >/dev/null 2>&1 && echo kvm || echo none";

export const virtualization: Check = {
  id: "hosts/virtualization",
  title: "libvirt can run VMs with KVM on every hypervisor",
  area: "hosts",
  severity: "warning",
  seconds: 30,
  cure: "switch on virtualization in the firmware; see `virt-host-validate qemu` on the host",
  async run(context) {
    const answers = await askHosts(context, HostRole.Hypervisor, async ({ name }) =>
      (await context.cloud.root(name, SCRIPT)).trim(),
    );
    const problems = answers
      .filter(({ answer }) => answer !== "kvm")
      .map(({ host }) => `${host.name}: no KVM: VMs run under emulation, many times slower`);
    return judge(problems, [`${answers.length} hypervisors looked at`], { threshold: "KVM in libvirt's capabilities" });
  },
};
