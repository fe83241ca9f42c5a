// SPDX-License-Identifier: Apache-2.0

import type { VmJob, VnmAction } from "../oned/drivers";
import { vectors } from "../oned/template";
import type { Shell } from "./shell";
import { REMOTES } from "./sync";

/** The scripts' arguments beside the VM on their standard input. */
const ARGUMENTS: Record<VnmAction, (job: VmJob) => string[]> = {
  pre: () => [],
  post: (job) => [job.deployId, job.host.name],
  clean: (job) => [job.host.name],
  update_nic: (job) => [job.deployId, String(job.networkId ?? "")],
};

const RUN = `script="${REMOTES}/vnm/$1/$2"; shift 2
[ -x "$script" ] || { echo "$script is missing: run onehost sync on the front-end" >&2; exit 1; }
exec "$script" "$@"`;

/** Runs a network action on the job's host: once for each driver among the VM's NICs and aliases. */
export async function networkAction(shell: Shell, action: VnmAction, job: VmJob): Promise<void> {
  const nics = [...vectors(job.template, "NIC"), ...vectors(job.template, "NIC_ALIAS")];
  const drivers = new Set(nics.map(({ VN_MAD = "" }) => VN_MAD).filter((mad) => mad !== ""));
  const input = Buffer.from(job.xml).toString("base64");
  for (const driver of drivers) {
    const args = [driver, action, ...ARGUMENTS[action](job)];
    await shell.on(job.host.name, { text: RUN, args, input, signal: job.signal });
  }
}
