// SPDX-License-Identifier: Apache-2.0
import { askHosts, judge, type Check } from "../../check";
import { keyValues } from "../../text";

export const dns: Check = {
  id: "network/dns",
  title: "every host finds every other by name",
  area: "network",
  severity: "critical",
  seconds: 30,
  cure: "see dnsmasq on the front-end and `resolvectl status` on the host",
  async run(context) {
    const { cloud } = context;
    const names = cloud.hosts.map(({ name }) => name);
    const { domain } = cloud.config;
    const script = `for name in ${names.join(" ")}; do
  for full in $name $name.${domain}; do echo "$full=$(getent ahostsv4 "$full" | awk 'NR == 1 { print $1 }')"; done
done`;
    const answers = await askHosts(context, undefined, async ({ name }) => keyValues(await cloud.root(name, script)));
    const problems = answers.flatMap(({ host, answer }) =>
      cloud.hosts.flatMap(({ name, managementAddress }) =>
        [name, `${name}.${domain}`]
          // Debian gives a host's own name an address on loopback, too.
          .filter(
            (full) => answer[full] !== managementAddress && !(name === host.name && answer[full]?.startsWith("127.")),
          )
          .map((full) => `${host.name}: ${full} is ${answer[full] || "unknown"}, not ${managementAddress}`),
      ),
    );
    return judge(problems, [`${names.length * 2} names asked for on ${answers.length} hosts`], {
      threshold: "the management address of the host",
    });
  },
};
