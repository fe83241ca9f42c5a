// SPDX-License-Identifier: Apache-2.0

/** The drivers of the stand-in oned for real hosts: libvirt and QEMU, files and networks, over SSH from the front-end. */

import { dummyDrivers } from "../oned/drivers-dummy";
import type { Drivers, HostDrivers, ImageDrivers } from "../oned/drivers";
import type { Prober } from "../oned/monitor";
import { fileImages } from "./images";
import { resticImages } from "./restic";
import { sshShell, sshTo } from "./shell";
import type { Shell } from "./shell";
import { syncingProber } from "./sync";
import { filesAction, renewContext } from "./tm";
import { hypervisorAction, Poller } from "./vmm";
import { networkAction } from "./vnm";

export { sshShell } from "./shell";
export { syncRemotes } from "./sync";

/** The VM_MAD and IM_MAD of hosts that these drivers serve: whether a VM is emulated depends on the host alone. */
export const SSH_DRIVERS = ["kvm", "qemu"];

export interface SshDriversOptions {
  /** @default over SSH */
  shell?: Shell;
  /** A VM's token for OneGate. */
  token: (vmId: number) => string;
}

/** Drivers for hosts `kvm` and `qemu` and for datastores `fs` and `restic`; what is `dummy` stays that. */
export function sshDrivers({ shell = sshShell, token }: SshDriversOptions): Drivers {
  const poller = new Poller(shell);
  const files = { shell, token };
  const host: HostDrivers = {
    vmm: async (action, job) => {
      // A guest that sees a new NIC looks at once for what it is told about it.
      if (action === "attach_nic") await renewContext(files, job);
      const answer = await hypervisorAction(shell, action, job);
      if (action === "detach_nic") await renewContext(files, job);
      return answer;
    },
    tm: (action, job) => filesAction(files, action, job),
    vnm: (action, job) => networkAction(shell, action, job),
    poll: (where, _known, signal) => poller.poll(where, signal),
  };
  const images: Record<string, ImageDrivers> = { fs: fileImages(shell), restic: resticImages(shell) };
  return {
    host: (vmMad) => (SSH_DRIVERS.includes(vmMad) ? host : dummyDrivers.host(vmMad)),
    image: (dsMad) => images[dsMad] ?? (dsMad === "dummy" ? dummyDrivers.image(dsMad) : undefined),
    login: sshTo,
  };
}

/** Contacts hosts as `prober` does; a new one gets the front-end's scripts first. */
export const withScripts = (prober: Prober, shell = sshShell): Prober => syncingProber(shell, prober, SSH_DRIVERS);
