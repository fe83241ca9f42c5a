// SPDX-License-Identifier: Apache-2.0
import { judge, notApplicable, type Check } from "../../check";
import { hostPaths, parsePing } from "../../ping";

/** IPv4 and ICMP headers. */
const HEADERS = 28;

export const mtu: Check = {
  id: "network/mtu",
  title: "packets of the full MTU get from host to host unbroken",
  area: "network",
  severity: "critical",
  seconds: 60,
  cure: "the private network carries less than the stack file says: lower `networks.<name>.mtu`",
  async run(context) {
    const paths = hostPaths(context);
    if (paths.length === 0) return notApplicable("there is one host only");
    const results = await Promise.all(
      paths.map(async (path) => {
        const ping = `ping -n -q -c 3 -i 0.05 -W 2 -M do -s ${path.mtu - HEADERS} ${path.address} 2>&1 || true`;
        return { ...path, ...parsePing(await context.cloud.root(path.from, ping)) };
      }),
    );
    const problems = results
      .filter(({ loss }) => loss === 100)
      .map(
        ({ network, from, to, mtu: bytes }) =>
          `${from} to ${to} on the ${network} network: ${bytes} bytes do not get through`,
      );
    const evidence = [...new Set(results.map(({ network, mtu: bytes }) => `${network}: ${bytes} bytes`))];
    return judge(problems, evidence, { threshold: "the MTU of the stack file, without fragments" });
  },
};
