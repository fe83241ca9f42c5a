// SPDX-License-Identifier: Apache-2.0
import { TrustZone } from "../../../../catalogue";
import { judge, notApplicable, pairsOf, type Check } from "../../check";
import { mayReach, scanTcp } from "../../scan";

/** The table that the product's firewall loads. */
const TABLE = "nft list tables 2>/dev/null | grep -c opennebula || true";

export const publicZone: Check = {
  id: "firewall/public-zone",
  title: "from the Internet only what the catalogue says can be reached",
  area: "firewall",
  severity: "critical",
  seconds: 110,
  cure: "`drift --fix` loads the firewall's rules again",
  async run(context) {
    const { cloud } = context;
    if (cloud.hosts.length < 2) return notApplicable("there is one host only: nobody to look from");
    const filtered = await Promise.all(cloud.hosts.map(({ name }) => cloud.root(name, TABLE)));
    if (filtered.every((count) => Number(count) === 0))
      return notApplicable("the hosts have no firewall of this product");
    // Another host's public address is no administrator's: to the firewall it is the Internet.
    const scans = await Promise.all(
      pairsOf(cloud.hosts).map(([from, to]) => scanTcp(context, from, { host: to, address: to.publicAddress })),
    );
    const problems = scans.flatMap(({ to, open }) =>
      open
        .filter((port) => !mayReach(TrustZone.Public, to, port))
        .map((port) => `${to.name}: TCP ${port} of ${to.publicAddress} is open to the Internet`),
    );
    return judge(
      [...new Set(problems)],
      scans.map(({ from, to, open }) => `${from} finds open on ${to.publicAddress}: ${open.join(", ") || "nothing"}`),
      {
        threshold: "services with the zone `public` in the catalogue, all of 65535 ports looked at",
      },
    );
  },
};
