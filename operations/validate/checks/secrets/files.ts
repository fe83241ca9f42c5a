// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { askHosts, judge, type Check } from "../../check";
import { lines } from "../../text";

/** Directories in which every regular file is a secret, and files that are. */
const SECRETS = [
  "/var/lib/one/.one",
  "/var/lib/one/.ssh/id_*",
  "/var/lib/one/.flexible-ip/key",
  "/etc/one/oned.conf",
  "/etc/opennebula-flexible-ip",
  "/etc/ssh/ssh_host_*_key",
];

/** Directories in which files that hold a private key are secrets, beside others. */
const KEYS = ["/etc/opennebula-scaleway", "/etc/ssl/private", "/etc/nginx"];

/** Public keys beside private ones, and the host's part of the flexible-IP driver, are meant to be read. */
const SCRIPT = `files=$(find ${SECRETS.join(" ")} -type f ! -name '*.pub' ! -name '*-cert.pub' ! -name host.json 2>/dev/null || true
grep -rlE -e '-----BEGIN [A-Z ]*PRIVATE KEY-----' ${KEYS.join(" ")} 2>/dev/null || true)
printf '%s\\n' "$files" | while read -r file; do
  if [ -n "$file" ]; then find "$file" -perm /o=rwx -printf '%m %p\\n'; fi
done
echo "count=$(printf '%s\\n' "$files" | wc -l)"`;

export const secretFiles: Check = {
  id: "secrets/files",
  title: "files with secrets are closed to everybody else",
  area: "secrets",
  severity: "critical",
  seconds: 30,
  cure: "`drift --fix` puts owner and mode back",
  async run(context) {
    const answers = await askHosts(context, HostRole.Hypervisor, async ({ name }) =>
      lines(await context.cloud.root(name, SCRIPT)),
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
