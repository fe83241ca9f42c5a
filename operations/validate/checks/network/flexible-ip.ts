// SPDX-License-Identifier: Apache-2.0
import { flexibleIpHost } from "../../../../components/host/flexible-ip";
import { judge, notApplicable, type Check } from "../../check";

interface Report {
  addresses: { address: string; status: string; action: string; outcome: string; ok: boolean }[];
  problems: string[];
}

export const flexibleIp: Check = {
  id: "network/flexible-ip",
  title: "every flexible IP is attached to the server whose VM has it",
  area: "network",
  severity: "critical",
  seconds: 60,
  cure: "see `journalctl -t opennebula-flexible-ip` on the front-end; the reconciler repairs within minutes",
  async run({ cloud }) {
    if (Object.keys(cloud.config.networks.flexibleIps).length === 0)
      return notApplicable("the stack has no flexible IP");
    const { node, program, brokerSettings, user } = flexibleIpHost;
    // Ends with 1 where something is to be repaired, and says what.
    const line = `runuser -u ${user} -- ${node} ${program} status --settings ${brokerSettings} 2>/dev/null || test $? = 1`;
    const report = JSON.parse(await cloud.root(cloud.frontend.name, line, "", 45)) as Report;
    const problems = [
      ...report.problems,
      ...report.addresses
        .filter(({ ok, action }) => !ok || (action !== "none" && action !== "report"))
        .map(({ address, action, outcome }) => `${address}: ${action}: ${outcome}`),
    ];
    return judge(
      problems,
      report.addresses.map(({ address, status, outcome }) => `${address}: ${status}, ${outcome}`),
      {
        threshold: "nothing to repair",
      },
    );
  },
};
