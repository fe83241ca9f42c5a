// SPDX-License-Identifier: Apache-2.0
import { hostDevices } from "../../../../catalogue";
import { askHosts, judge, type Check } from "../../check";

interface Interface {
  ifname: string;
  operstate: string;
  mtu: number;
  addr_info: { local?: string; prefixlen: number }[];
}

export const interfaces: Check = {
  id: "network/interfaces",
  title: "every host has its bridge and its private networks, with the addresses and MTUs of the stack",
  area: "network",
  severity: "critical",
  seconds: 30,
  cure: "`drift --fix` puts the network configuration back; see `networkctl status` on the host",
  async run(context) {
    const { networks, hosts } = context.cloud.config;
    const answers = await askHosts(
      context,
      undefined,
      async ({ name }) => JSON.parse(await context.cloud.root(name, "ip -j address show")) as Interface[],
    );
    const problems = answers.flatMap(({ host, answer }) => {
      const wanted = [
        { device: hostDevices.publicBridge, address: host.publicAddress },
        { device: hostDevices.management, address: host.managementAddress, mtu: networks.management.mtu },
        { device: hostDevices.vms, address: hosts[host.name]!.vmAddress, mtu: networks.vms.mtu },
      ];
      return wanted.flatMap(({ device, address, mtu }) => {
        const found = answer.find(({ ifname }) => ifname === device);
        if (!found) return [`${host.name}: there is no ${device}`];
        return [
          ...(found.operstate === "DOWN" ? [`${host.name}: ${device} is down`] : []),
          ...(found.addr_info.some(({ local }) => local === address)
            ? []
            : [`${host.name}: ${device} lacks ${address}`]),
          ...(mtu === undefined || found.mtu === mtu
            ? []
            : [`${host.name}: ${device} has MTU ${found.mtu}, not ${mtu}`]),
        ];
      });
    });
    return judge(problems, [`${answers.length} hosts with three networks each`], {
      threshold: "as the stack file says",
    });
  },
};
