// SPDX-License-Identifier: Apache-2.0
import { cloudDefaults, HostRole } from "../../../../catalogue";
import { quoteWord } from "../../../quote";
import { askHosts, judge, type Check, type CheckContext } from "../../check";
import { lines } from "../../text";

const VENDOR_REPOSITORY = "https://downloads.opennebula.io/repo/repo2.key";

export const outbound: Check = {
  id: "network/outbound",
  title: "hosts reach what they need outside: packages, and Scaleway's API from the front-end",
  area: "network",
  severity: "critical",
  seconds: 60,
  cure: "see the host's default route, resolvers and the firewall's outgoing rules",
  async run(context) {
    const answers = await askHosts(context, undefined, async ({ name, roles }) => {
      const urls = destinations(context, roles);
      const probe = (url: string): string =>
        `printf '%s ' ${quoteWord(url)}; curl -s -o /dev/null -m 10 -w '%{http_code}\\n' ${quoteWord(url)} || true`;
      return lines(await context.cloud.root(name, urls.map(probe).join("\n"), "", 45));
    });
    const problems = answers.flatMap(({ host, answer }) =>
      answer
        .filter((line) => line.endsWith(" 000"))
        .map((line) => `${host.name}: ${line.split(" ")[0]} does not answer`),
    );
    return judge(
      problems,
      answers.map(({ host, answer }) => `${host.name}: ${answer.length} places asked`),
      {
        threshold: "an answer of any kind within 10 s",
      },
    );
  },
};

function destinations({ cloud }: Pick<CheckContext, "cloud">, roles: readonly HostRole[]): string[] {
  const { packageProxy, opennebula, networks } = cloud.config;
  const api = networks.scalewayApi ?? cloudDefaults.scalewayApi;
  const needsApi = roles.includes(HostRole.Frontend) && Object.keys(networks.flexibleIps).length > 0;
  return [
    // Mirrors without a proxy are whatever the host's apt sources name: apt itself is their test.
    ...(packageProxy === undefined ? [] : [packageProxy]),
    opennebula.repository?.keyUrl ?? VENDOR_REPOSITORY,
    ...(needsApi ? [api] : []),
  ];
}
