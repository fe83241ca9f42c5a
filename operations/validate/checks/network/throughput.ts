// SPDX-License-Identifier: Apache-2.0
import { services } from "../../../../catalogue";
import type { DeployedHost } from "../../../cloud";
import { judge, notApplicable, pairsOf, type Check, type CheckContext, type Measurement } from "../../check";
import { MARK } from "../../mark";
import { figure } from "../../text";

const STREAMS = 4;
const SECONDS = 4;
/** Where the kernel knows the NIC's speed that share of it; elsewhere what the slowest offer's private network carries. */
const SHARE = 0.7;
const MIN_MBIT = 500;

export const throughput: Check = {
  id: "network/throughput",
  title: "hosts carry the NIC's speed between them",
  area: "network",
  severity: "warning",
  impact: "load",
  exclusive: "load",
  seconds: 600,
  cure: "see `ethtool` and the interface's errors on both hosts, and what else uses the network",
  async run(context) {
    const pairs = pairsOf(context.cloud.hosts);
    if (pairs.length === 0) return notApplicable("there is one host only");
    const results: { from: string; to: string; mbit: number; wanted: number }[] = [];
    // One pair at a time: two would share what is measured.
    for (const [from, to] of pairs)
      results.push({ from: from.name, to: to.name, ...(await measure(context, from, to)) });
    const problems = results
      .filter(({ mbit, wanted }) => mbit < wanted)
      .map(({ from, to, mbit, wanted }) => `${from} to ${to}: ${figure(mbit)} Mbit/s, wanted ${figure(wanted)}`);
    const measurements = results.map(({ from, to, mbit }): Measurement => {
      return { name: "throughput on the management network", from, to, value: mbit, unit: "Mbit/s" };
    });
    return judge(
      problems,
      results.map(({ from, to, mbit }) => `${from} to ${to}: ${figure(mbit)} Mbit/s`),
      {
        threshold: `${SHARE * 100} % of the NIC's speed, ${MIN_MBIT} Mbit/s where it is unknown; ${STREAMS} streams`,
        measurements,
      },
    );
  },
};

async function measure(
  { cloud }: CheckContext,
  from: DeployedHost,
  to: DeployedHost,
): Promise<{ mbit: number; wanted: number }> {
  const { port } = services.iperf3;
  const address = to.managementAddress;
  // The server ends after one client, or by itself when the client never comes.
  const server = `systemd-run --quiet --collect --unit=${MARK}-iperf3-$(date +%s%N) -p RuntimeMaxSec=${SECONDS + 20} iperf3 -s -1 -B ${address} -p ${port}
for try in $(seq 50); do ss -Hltn "sport = :${port}" | grep -q . && exit 0; sleep 0.1; done
echo "iperf3 does not listen" >&2; exit 1`;
  await cloud.root(to.name, server);
  const speed = `device=$(ip -o route get ${address} | sed 's/.* dev \\([^ ]*\\).*/\\1/'); cat /sys/class/net/$device/speed 2>/dev/null || echo -1`;
  const [output, known] = await Promise.all([
    cloud.root(from.name, `iperf3 -c ${address} -p ${port} -P ${STREAMS} -t ${SECONDS} -J`, "", SECONDS + 20),
    cloud.root(from.name, speed),
  ]);
  const answer = JSON.parse(output) as { end: { sum_received: { bits_per_second: number } } };
  // Bridges and virtual NICs call themselves 10000 without being it: only what a real NIC says counts.
  const nic = Number(known);
  return {
    mbit: answer.end.sum_received.bits_per_second / 1e6,
    wanted: nic > 0 && nic < 10_000 ? nic * SHARE : MIN_MBIT,
  };
}
