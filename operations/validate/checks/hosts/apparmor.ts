// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { askHosts, judge, type Check } from "../../check";

const SCRIPT = `if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ]; then echo off
elif grep -q '^libvirtd (enforce)\\|^virt-aa-helper (enforce)' /sys/kernel/security/apparmor/profiles 2>/dev/null; then echo enforced
else echo 'on, without a profile of libvirt'; fi`;

export const apparmor: Check = {
  id: "hosts/apparmor",
  title: "AppArmor confines libvirt's VMs",
  area: "hosts",
  severity: "warning",
  seconds: 30,
  cure: "boot a kernel with AppArmor (`apparmor=1 security=apparmor`) and load libvirt's profiles: `aa-status`",
  async run(context) {
    const answers = await askHosts(context, HostRole.Hypervisor, async ({ name }) =>
      (await context.cloud.root(name, SCRIPT)).trim(),
    );
    const problems = answers
      .filter(({ answer }) => answer !== "enforced")
      .map(({ host, answer }) => `${host.name}: AppArmor is ${answer}`);
    return judge(problems, [`${answers.length} hypervisors looked at`], { threshold: "libvirt's profiles enforced" });
  },
};
