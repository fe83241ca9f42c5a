// SPDX-License-Identifier: Apache-2.0
import { judge, type Check } from "../../check";

/** What `onedb fsck` repairs most often, asked of oned itself while it runs: objects that count each other differently. */
export const references: Check = {
  id: "database/references",
  title: "objects of oned name only objects that exist, and count each other alike",
  area: "database",
  severity: "critical",
  seconds: 60,
  cure: "stop oned, back up, then `onedb fsck` counts anew",
  async run({ cloud, signal }) {
    const { oned } = cloud;
    const [hosts, vms, clusters, datastores, images, networks] = await Promise.all([
      oned.hosts.list({ signal }),
      oned.vms.list({ signal }),
      oned.clusters.list({ signal }),
      oned.datastores.list({ signal }),
      oned.images.list({ signal }),
      oned.vnets.list({ signal }),
    ]);
    const ids = (all: readonly { id: number }[]): Set<number> => new Set(all.map(({ id }) => id));
    const [knownHosts, knownVms, knownStores, knownImages, knownNetworks] = [
      hosts,
      vms,
      datastores,
      images,
      networks,
    ].map(ids) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];
    const lost = (owner: string, what: string, wanted: readonly number[], known: Set<number>): string[] =>
      wanted.filter((id) => !known.has(id)).map((id) => `${owner} names ${what} ${id}, which does not exist`);
    const problems = [
      ...hosts.flatMap(({ name, vmIds }) => lost(`host ${name}`, "VM", vmIds, knownVms)),
      ...clusters.flatMap((one) => [
        ...lost(`cluster ${one.name}`, "host", one.hostIds, knownHosts),
        ...lost(`cluster ${one.name}`, "datastore", one.datastoreIds, knownStores),
        ...lost(`cluster ${one.name}`, "network", one.networkIds, knownNetworks),
      ]),
      ...datastores.flatMap(({ name, imageIds }) => lost(`datastore ${name}`, "image", imageIds, knownImages)),
      ...hosts
        .filter(({ runningVms, vmIds }) => runningVms > vmIds.length)
        .map(
          ({ name, runningVms, vmIds }) => `host ${name} counts ${runningVms} VMs that run and lists ${vmIds.length}`,
        ),
    ];
    const seen = hosts.length + vms.length + clusters.length + datastores.length + images.length + networks.length;
    return judge(problems, [`${seen} objects looked at`], { threshold: "no broken reference" });
  },
};
