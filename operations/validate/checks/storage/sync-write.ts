// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { judge, type Check, type Measurement } from "../../check";
import { fio } from "../../fio";
import { MEASURED } from "../../mark";
import { figure } from "../../text";

const MAX_MS = 20;
const SECONDS = 5;
const OPTIONS = ["--rw=write", "--size=32M", "--bs=2300", "--ioengine=sync", "--fdatasync=1"];

export const syncWrite: Check = {
  id: "storage/sync-write",
  title: "what must be on disk gets there quickly: databases wait for it",
  area: "storage",
  severity: "warning",
  impact: "load",
  exclusive: "load",
  seconds: 300,
  cure: "disks without power-loss protection are slow here; see `smartctl -a` for a disk that retries",
  async run(context) {
    const [vms, database] = MEASURED;
    const { cloud } = context;
    const places = [
      ...cloud.withRole(HostRole.Hypervisor).map(({ name: host }) => ({ host, parent: vms })),
      { host: cloud.frontend.name, parent: database },
    ];
    const results: { place: string; ms: number }[] = [];
    for (const place of places) {
      const { syncP99 } = await fio(context, place, { options: OPTIONS, seconds: SECONDS });
      results.push({ place: `${place.host}:${place.parent}`, ms: syncP99 });
    }
    const problems = results.filter(({ ms }) => !(ms < MAX_MS)).map(({ place, ms }) => `${place}: ${figure(ms)} ms`);
    const measurements = results.map(({ place, ms }): Measurement => ({
      name: "fdatasync, 99 of 100 within",
      from: place,
      value: ms,
      unit: "ms",
    }));
    return judge(
      problems,
      results.map(({ place, ms }) => `${place}: 99 of 100 within ${figure(ms)} ms`),
      {
        threshold: `99 of 100 within ${MAX_MS} ms`,
        measurements,
      },
    );
  },
};
