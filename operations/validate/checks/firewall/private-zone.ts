// SPDX-License-Identifier: Apache-2.0
import { TrustZone } from "../../../../catalogue";
import { judge, notApplicable, pairsOf, type Check } from "../../check";
import { mayReach, scanTcp } from "../../scan";

export const privateZone: Check = {
  id: "firewall/private-zone",
  title: "hosts open to each other only what the catalogue says",
  area: "firewall",
  severity: "critical",
  seconds: 110,
  cure: "bind the program elsewhere or remove it; a service that is meant belongs into the catalogue",
  async run(context) {
    const { cloud } = context;
    if (cloud.hosts.length < 2) return notApplicable("there is one host only: nobody to look from");
    const scans = await Promise.all(
      pairsOf(cloud.hosts).map(([from, to]) => scanTcp(context, from, { host: to, address: to.managementAddress })),
    );
    const problems = scans.flatMap(({ from, to, open }) =>
      open
        .filter((port) => !mayReach(TrustZone.Private, to, port))
        .map((port) => `${to.name}: ${from} reaches TCP ${port}, which the private zone must not`),
    );
    return judge(
      problems,
      scans.map(({ from, to, open }) => `${from} finds open on ${to.name}: ${open.join(", ") || "nothing"}`),
      {
        threshold: "services with the zone `private` in the catalogue, all of 65535 ports looked at",
      },
    );
  },
};
