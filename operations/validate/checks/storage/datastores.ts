// SPDX-License-Identifier: Apache-2.0
import { DatastoreState, DatastoreType } from "../../../../opennebula";
import { judge, type Check } from "../../check";
import { figure } from "../../text";

const MIN_PERCENT = 10;

export const datastores: Check = {
  id: "storage/datastores",
  title: "datastores are on, monitored, and have room; there is one for images and one for running VMs",
  area: "storage",
  severity: "critical",
  seconds: 30,
  cure: "see `onedatastore show <id>` and the datastore driver's lines in oned.log",
  async run({ cloud, signal }) {
    const all = await cloud.oned.datastores.list({ signal });
    const share = (free: bigint, total: bigint): number => (Number(free) / Number(total)) * 100;
    const missing = [DatastoreType.Image, DatastoreType.System]
      .filter((type) => !all.some((one) => one.type === (type as number)))
      .map((type) => `there is no datastore of type ${DatastoreType[type].toLowerCase()}`);
    const problems = all.flatMap(({ name, type, state, totalMb, freeMb }) => [
      ...(state === (DatastoreState.Disabled as number) ? [`${name} is disabled`] : []),
      // A system datastore that lives on each host has no figures of its own.
      ...(totalMb === 0n && type !== (DatastoreType.System as number) ? [`${name} is not monitored`] : []),
      ...(totalMb > 0n && share(freeMb, totalMb) < MIN_PERCENT
        ? [`${name} has ${figure(share(freeMb, totalMb))} % free`]
        : []),
    ]);
    const evidence = all.map(
      ({ name, tmMad, freeMb, totalMb }) => `${name} (${tmMad}): ${freeMb} of ${totalMb} MiB free`,
    );
    return judge([...missing, ...problems], evidence, { threshold: `on, ${MIN_PERCENT} % free` });
  },
};
