// SPDX-License-Identifier: Apache-2.0
import { judge, type Check, type Measurement } from "../../check";
import { figure } from "../../text";

const MAX_SECONDS = 30;

export const deploy: Check = {
  id: "vm/deploy",
  title: "VMs come up quickly",
  area: "vm",
  severity: "critical",
  impact: "load",
  exclusive: "guests",
  // The first to ask for the test VMs waits for their image, too.
  seconds: 500,
  cure: "see the VM's log in oned.log and /var/log/one/<id>.log; slow disks show in storage/sequential",
  async run({ guests }) {
    const { publicVm, privateVm } = await guests();
    const vms = [{ name: "public VM", ...publicVm }, ...(privateVm ? [{ name: "private VM", ...privateVm }] : [])];
    const problems = vms
      .filter(({ deploySeconds }) => deploySeconds >= MAX_SECONDS)
      .map(({ name, deploySeconds }) => `${name}: ${figure(deploySeconds)} s`);
    const measurements = vms.map(({ name, deploySeconds }): Measurement => {
      return { name: "deployment of a VM", from: name, value: deploySeconds, unit: "s" };
    });
    const evidence = vms.map(
      ({ name, address, deploySeconds }) => `${name}: ${address} runs after ${figure(deploySeconds)} s`,
    );
    return judge(problems, evidence, {
      threshold: `below ${MAX_SECONDS} s from the order until it runs`,
      measurements,
    });
  },
};
