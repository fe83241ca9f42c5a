// SPDX-License-Identifier: Apache-2.0
import { askHosts, judge, type Check, type Measurement } from "../../check";
import { figure, lines } from "../../text";

const MIN_PERCENT = 10;
const PLACES = ["/", "/boot", "/var/lib/one", "/var/lib/mysql", "/var/log"];

export const free: Check = {
  id: "storage/free",
  title: "file systems have room and inodes left",
  area: "storage",
  severity: "critical",
  seconds: 30,
  cure: "see `du -xh --max-depth=2 <place>`; old images and logs are the usual reason",
  async run(context) {
    const script = `for place in ${PLACES.join(" ")}; do [ ! -d $place ] || df -PB1 --output=target,size,avail,itotal,iavail $place | tail -n 1; done`;
    const answers = await askHosts(context, undefined, async ({ name }) => {
      const rows = lines(await context.cloud.root(name, script)).map((line) => line.split(/\s+/));
      const unique = new Map(rows.map((row) => [row[0]!, row]));
      return [...unique.values()].map(([place = "", size, avail, inodes, inodesFree]) => ({
        place,
        gib: Number(avail) / 2 ** 30,
        percent: (Number(avail) / Number(size)) * 100,
        // File systems that make inodes as they need them say 0 or "-".
        inodes: Number(inodes) > 0 ? (Number(inodesFree) / Number(inodes)) * 100 : 100,
      }));
    });
    const all = answers.flatMap(({ host, answer }) => answer.map((one) => ({ host: host.name, ...one })));
    const problems = all.flatMap(({ host, place, percent, inodes }) => [
      ...(percent < MIN_PERCENT ? [`${host}: ${place} has ${figure(percent)} % free`] : []),
      ...(inodes < MIN_PERCENT ? [`${host}: ${place} has ${figure(inodes)} % of its inodes free`] : []),
    ]);
    const measurements = all.map(({ host, place, percent }): Measurement => {
      return { name: `free space of ${place}`, from: host, value: percent, unit: "%" };
    });
    const evidence = all.map(
      ({ host, place, gib, percent }) => `${host}: ${place} ${figure(gib)} GiB free, ${figure(percent)} %`,
    );
    return judge(problems, evidence, { threshold: `${MIN_PERCENT} % of bytes and inodes`, measurements });
  },
};
