// SPDX-License-Identifier: Apache-2.0
import { services, servicesOf, TrustZone } from "../../../../catalogue";
import { judge, notApplicable, type Check } from "../../check";
import { mayReach } from "../../scan";

export const guestZone: Check = {
  id: "firewall/guest-zone",
  title: "VMs reach of the hosts only what the catalogue says",
  area: "firewall",
  severity: "critical",
  impact: "load",
  exclusive: "guests",
  seconds: 120,
  cure: "`drift --fix` loads the firewall's rules again",
  async run({ cloud, guests }) {
    const pair = await guests();
    const filtered = await Promise.all(
      cloud.hosts.map(({ name }) => cloud.root(name, "nft list tables 2>/dev/null | grep -c opennebula || true")),
    );
    if (filtered.every((count) => Number(count) === 0))
      return notApplicable("the hosts have no firewall of this product");
    const targets = cloud.hosts.flatMap((host) => {
      const ports = Object.values(servicesOf(host.roles))
        .filter(({ protocols }) => protocols.includes("tcp"))
        .map(({ port }) => port);
      return [host.publicAddress, host.managementAddress].flatMap((address) =>
        [...new Set([...ports, services.ssh.port])].map((port) => ({ host, address, port })),
      );
    });
    const knock = targets
      .map(({ address, port }) => `nc -w 1 ${address} ${port} </dev/null >/dev/null 2>&1 && echo ${address} ${port} &`)
      .join("\n");
    const open = (await pair.inside(`${knock}\nwait`, 90)).trim().split("\n").filter(Boolean);
    // The VM has a public address: on a host's own it is anybody from the Internet.
    const allowed = ({ host, address, port }: (typeof targets)[number]): boolean =>
      mayReach(TrustZone.Guests, host, port) ||
      (address === host.publicAddress && mayReach(TrustZone.Public, host, port));
    const problems = targets
      .filter((target) => open.includes(`${target.address} ${target.port}`) && !allowed(target))
      .map(({ host, address, port }) => `${host.name}: a VM reaches TCP ${port} of ${address}`);
    return judge(problems, [`${targets.length} ports knocked at, ${open.length} open`], {
      threshold: "services with the zone `guests` in the catalogue, and those for everybody",
    });
  },
};
