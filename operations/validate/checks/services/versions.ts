// SPDX-License-Identifier: Apache-2.0
import { askHosts, judge, type Check } from "../../check";
import { lines } from "../../text";

export const versions: Check = {
  id: "services/versions",
  title: "OpenNebula's packages have one version on all hosts, the one that the stack names",
  area: "services",
  severity: "critical",
  seconds: 30,
  cure: "deploy again: packages are pinned to the series; an interrupted upgrade leaves hosts apart",
  async run(context) {
    const { cloud } = context;
    const query = "dpkg-query -W -f='${db:Status-Abbrev}${Package} ${Version}\\n' 'opennebula*' | grep '^i' || true";
    const answers = await askHosts(context, undefined, async ({ name }) =>
      lines(await cloud.root(name, query)).map((line) => line.replace(/^i\S*\s*/, "").split(" ") as [string, string]),
    );
    const all = answers.flatMap(({ host, answer }) =>
      answer.map(([name, version]) => ({ host: host.name, name, version })),
    );
    const series = cloud.config.opennebula.version;
    const oned = await cloud.oned.version({ signal: context.signal });
    const found = [...new Set(all.map(({ version }) => version))];
    const problems = [
      ...(found.length > 1 ? all.map(({ host, name, version }) => `${host}: ${name} ${version}`) : []),
      ...found
        .filter((version) => !version.startsWith(`${series}.`))
        .map((version) => `version ${version} is not of series ${series}`),
      ...(found.some((version) => version.startsWith(oned))
        ? []
        : [`oned that runs is ${oned}, installed is ${found.join(", ")}: it was not restarted`]),
      ...answers
        .filter(({ answer }) => answer.length === 0)
        .map(({ host }) => `${host.name}: no package of OpenNebula`),
    ];
    return judge(problems, [`${all.length} packages of version ${found.join(", ")}; oned ${oned}`], {
      threshold: `one version, of series ${series}`,
    });
  },
};
