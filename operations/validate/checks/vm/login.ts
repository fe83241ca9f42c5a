// SPDX-License-Identifier: Apache-2.0
import { judge, type Check } from "../../check";

export const login: Check = {
  id: "vm/login",
  title: "a VM with a flexible IP answers SSH from the Internet and knows its own address",
  area: "vm",
  severity: "critical",
  impact: "load",
  exclusive: "guests",
  seconds: 90,
  cure: "see network/flexible-ip; the VM's security group must let TCP 22 in, and its context sets the address",
  async run({ guests }) {
    const pair = await guests();
    const answer = await pair.inside("ip -4 address show; uname -sr", 80);
    const { address } = pair.publicVm;
    const problems = answer.includes(` ${address}/`) ? [] : [`the guest has no address ${address}`];
    return judge(problems, [`root@${address}: ${answer.trim().split("\n").at(-1) ?? ""}`], {
      threshold: "a login within 80 s",
    });
  },
};
