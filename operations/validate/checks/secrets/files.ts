// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { askHosts, judge, type Check } from "../../check";
import { lines } from "../../text";

/** Directories in which every regular file is a secret, and files that are. */
const PLACES = [
  "/var/lib/one/.one",
  "/var/lib/one/.ssh/id_*",
  "/var/lib/one/.flexible-ip/key",
  "/etc/one/oned.conf",
  "/etc/opennebula-flexible-ip",
  "/etc/ssh/ssh_host_*_key",
  "/etc/opennebula-scaleway",
];

export const secretFiles: Check = {
  id: "secrets/files",
  title: "files with secrets are closed to everybody else",
  area: "secrets",
  severity: "critical",
  seconds: 30,
  cure: "`drift --fix` puts owner and mode back",
  async run(context) {
    // Public keys beside private ones are meant to be read.
    const script = `find ${PLACES.join(" ")} -type f -perm /o=rwx ! -name '*.pub' ! -name '*-cert.pub' ! -name host.json -printf '%m %p\\n' 2>/dev/null || true
echo "count=$(find ${PLACES.join(" ")} -type f 2>/dev/null | wc -l)"`;
    const answers = await askHosts(context, HostRole.Hypervisor, async ({ name }) =>
      lines(await context.cloud.root(name, script)),
    );
    const problems = answers.flatMap(({ host, answer }) =>
      answer
        .filter((line) => !line.startsWith("count="))
        .map((line) => `${host.name}: ${line.replace(" ", " ")}: others may open it`),
    );
    const evidence = answers.map(({ host, answer }) => `${host.name}: ${answer.at(-1)?.slice(6)} files looked at`);
    return judge(problems, evidence, { threshold: "no right for others" });
  },
};
