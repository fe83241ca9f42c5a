// SPDX-License-Identifier: Apache-2.0
import { services } from "../../../../catalogue";
import { judge, type Check } from "../../check";
import { lines } from "../../text";

/** What installers, examples and people choose. */
const GUESSES = ["opennebula", "oneadmin", "password", "admin", "changeme"];

/** Signs in as every account with every guess, on the front-end itself: one login instead of one for each. */
const SIGN_IN = `import json, sys, xmlrpc.client
ask = json.load(sys.stdin)
oned = xmlrpc.client.ServerProxy(ask["endpoint"])
oned("transport").timeout = 20
for name in ask["names"]:
    for word in ask["words"] + [name]:
        if oned.one.user.info(name + ":" + word, -1, False)[0]:
            print(name)
            break
`;

/** root of the database comes in over the socket by its system account alone. */
const DATABASE_ROOT = `for word in '' root opennebula password; do
  if mariadb --protocol=tcp -h 127.0.0.1 -u root --password="$word" -e 'SELECT 1' >/dev/null 2>&1; then echo open; fi
done`;

export const defaultPasswords: Check = {
  id: "secrets/default-passwords",
  title: "no well-known password opens OpenNebula or its database",
  area: "secrets",
  severity: "critical",
  seconds: 60,
  cure: "`rotate` makes a new password; for a person's account `oneuser passwd`",
  async run({ cloud, signal }) {
    const { name: host } = cloud.frontend;
    const users = await cloud.oned.users.list({ signal });
    const names = users.filter((user) => user.enabled && user.authDriver === "core").map(({ name }) => name);
    const endpoint = `http://127.0.0.1:${services.oned.port}/RPC2`;
    const ask = JSON.stringify({ endpoint, names, words: GUESSES });
    const [opened, database] = await Promise.all([
      cloud.root(host, `python3 -c '${SIGN_IN}'`, ask, 45),
      cloud.root(host, DATABASE_ROOT),
    ]);
    const problems = [
      ...lines(opened).map((name) => `${name}: a password that everybody knows opens the account`),
      ...(database.includes("open") ? ["MariaDB: root logs in over TCP with a password that everybody knows"] : []),
    ];
    return judge(problems, [`${names.length} accounts with ${GUESSES.length + 1} passwords each, and MariaDB's root`], {
      threshold: "none opens",
    });
  },
};
