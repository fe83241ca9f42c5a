// SPDX-License-Identifier: Apache-2.0
import { isRunning } from "../../../../opennebula";
import { judge, notApplicable, type Check, type Measurement } from "../../check";
import { parsePing } from "../../ping";
import { figure } from "../../text";

export const vxlan: Check = {
  id: "vm/vxlan",
  title: "a NIC is attached to a running VM, and VMs on two hosts reach each other over a VXLAN",
  area: "vm",
  severity: "critical",
  impact: "load",
  exclusive: "guests",
  seconds: 120,
  cure: "see `ip -d link show type vxlan` on the hosts; UDP of the service vxlan must pass between them",
  async run({ guests }) {
    const pair = await guests();
    const { privateVm, privateNetworkId } = pair;
    if (!privateVm || privateNetworkId === undefined) return notApplicable("the stack has no VXLAN");
    await pair.attachNic(privateNetworkId);
    const vm = await pair.until("running with a second NIC", (now) => isRunning(now) && now.nics.length > 1, 60);
    const nic = vm.nics.find(({ networkId }) => networkId === privateNetworkId);
    // The guest configures the NIC by its context a moment after it was plugged in.
    const ping = `for try in 1 2 3 4 5 6 7 8 9 10; do ping -c 1 -W 1 ${privateVm.address} >/dev/null && break; sleep 1; done; ping -q -c 5 -W 2 ${privateVm.address} || true`;
    const result = parsePing(await pair.inside(ping, 60));
    const problems = [
      ...(nic ? [] : ["the VM has no NIC in the VXLAN"]),
      ...(result.loss > 0 ? [`${result.loss} % of packets to ${privateVm.address} were lost`] : []),
    ];
    const measurements: Measurement[] =
      result.average === undefined
        ? []
        : [{ name: "latency between VMs", from: "public VM", value: result.average, unit: "ms" }];
    return judge(problems, [`${nic?.ip ?? "?"} to ${privateVm.address}: ${figure(result.average ?? NaN)} ms`], {
      threshold: "nothing lost",
      measurements,
    });
  },
};
