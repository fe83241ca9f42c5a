// SPDX-License-Identifier: Apache-2.0
import { ImageType } from "../../../../opennebula";
import { judge, type Check } from "../../check";

/**
 * What `onedb fsck` repairs most often, asked of oned itself. The tool is none for a check: it refuses while oned runs, whichever
 * database it is to look at, it needs the database's password and a port, and it repairs what it finds.
 */
export const references: Check = {
  id: "database/references",
  title: "objects of oned name only objects that exist, and count each other alike",
  area: "database",
  severity: "critical",
  seconds: 60,
  cure: "in a maintenance window: `backup run database`, stop oned, `onedb fsck` counts anew, start oned",
  async run({ cloud, signal }) {
    const { oned } = cloud;
    const [hosts, vms, clusters, datastores, images, networks, users, groups] = await Promise.all([
      oned.hosts.list({ signal }),
      oned.vms.list({ signal }),
      oned.clusters.list({ signal }),
      oned.datastores.list({ signal }),
      oned.images.list({ signal }),
      oned.vnets.list({ signal }),
      oned.users.list({ signal }),
      oned.groups.list({ signal }),
    ]);
    const lost = (owner: string, what: string, wanted: readonly number[], known: readonly { id: number }[]): string[] =>
      wanted
        .filter((wantedId) => !known.some(({ id }) => id === wantedId))
        .map((id) => `${owner} names ${what} ${id}, which does not exist`);
    // Of a VM that is gone its backups stay.
    const isBackup = ({ type }: { type: number }): boolean => (type as ImageType) === ImageType.Backup;
    const problems = [
      ...hosts.flatMap(({ name, vmIds }) => lost(`host ${name}`, "VM", vmIds, vms)),
      ...clusters.flatMap((one) => [
        ...lost(`cluster ${one.name}`, "host", one.hostIds, hosts),
        ...lost(`cluster ${one.name}`, "datastore", one.datastoreIds, datastores),
        ...lost(`cluster ${one.name}`, "network", one.networkIds, networks),
      ]),
      ...datastores.flatMap(({ name, imageIds }) => lost(`datastore ${name}`, "image", imageIds, images)),
      ...images.filter((one) => !isBackup(one)).flatMap(({ name, vmIds }) => lost(`image ${name}`, "VM", vmIds, vms)),
      ...users.flatMap(({ name, groupIds }) => lost(`user ${name}`, "group", groupIds, groups)),
      ...groups.flatMap(({ name, userIds }) => lost(`group ${name}`, "user", userIds, users)),
      ...groups.flatMap((group) =>
        group.userIds
          .filter((member) => users.some(({ id, groupIds }) => id === member && !groupIds.includes(group.id)))
          .map((member) => `group ${group.name} counts user ${member}, who does not count it`),
      ),
      ...[...hosts.map((one) => ({ ...one, what: "host" })), ...images.map((one) => ({ ...one, what: "image" }))]
        .filter(({ what, runningVms, vmIds }) =>
          what === "host" ? runningVms > vmIds.length : runningVms !== vmIds.length,
        )
        .map(
          ({ what, name, runningVms, vmIds }) =>
            `${what} ${name} counts ${runningVms} VMs that run and lists ${vmIds.length}`,
        ),
    ];
    const all = [hosts, vms, clusters, datastores, images, networks, users, groups];
    const seen = all.reduce((sum, { length }) => sum + length, 0);
    return judge(problems, [`${seen} objects looked at, as oned has them`], { threshold: "no broken reference" });
  },
};
