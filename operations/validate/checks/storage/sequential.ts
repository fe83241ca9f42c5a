// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { judge, type Check, type Measurement } from "../../check";
import { fio } from "../../fio";
import { MEASURED } from "../../mark";
import { figure } from "../../text";

const MIN_MB = 100;
const SECONDS = 5;
const OPTIONS = ["--size=256M", "--bs=1M", "--ioengine=libaio", "--iodepth=8", "--direct=1", "--end_fsync=1"];

export const sequential: Check = {
  id: "storage/sequential",
  title: "disks of VMs are written and read quickly in sequence",
  area: "storage",
  severity: "warning",
  impact: "load",
  exclusive: "load",
  seconds: 300,
  cure: "see `smartctl -a` and storage/raid; another VM that writes much shows here too",
  async run(context) {
    const [parent] = MEASURED;
    const results: { host: string; way: string; mb: number }[] = [];
    // One host at a time, so that shared disks are not measured twice at once.
    for (const { name: host } of context.cloud.withRole(HostRole.Hypervisor)) {
      const write = await fio(context, { host, parent }, { options: ["--rw=write", ...OPTIONS], seconds: SECONDS });
      const read = await fio(context, { host, parent }, { options: ["--rw=read", ...OPTIONS], seconds: SECONDS });
      results.push({ host, way: "write", mb: write.writeMb }, { host, way: "read", mb: read.readMb });
    }
    const problems = results
      .filter(({ mb }) => mb < MIN_MB)
      .map(({ host, way, mb }) => `${host}: ${way} ${figure(mb)} MB/s`);
    const measurements = results.map(({ host, way, mb }): Measurement => ({
      name: `sequential ${way}`,
      from: host,
      value: mb,
      unit: "MB/s",
    }));
    return judge(
      problems,
      results.map(({ host, way, mb }) => `${host}: ${way} ${figure(mb)} MB/s`),
      {
        threshold: `above ${MIN_MB} MB/s, past the page cache`,
        measurements,
      },
    );
  },
};
