// SPDX-License-Identifier: Apache-2.0
import { judge, notApplicable, type Check } from "../../check";
import { lines } from "../../text";

/** Accounts from elsewhere that may replicate, whether each must use TLS, and the replicas that are connected. */
const SCRIPT = `mariadb --batch --skip-column-names -e "
SELECT 'account', CONCAT(user, '@', host), IF(ssl_type = '', 'plain', 'tls') FROM mysql.user
  WHERE Repl_slave_priv = 'Y' AND host NOT IN ('localhost', '127.0.0.1', '::1');
SELECT 'replica', host, '' FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%';
SELECT 'have_ssl', @@have_ssl, '';
SELECT 'versions', @@tls_version, '';"`;

export const replicaTls: Check = {
  id: "database/replica-tls",
  title: "replicas of the database are fed over TLS alone",
  area: "database",
  severity: "critical",
  seconds: 30,
  cure: "`ALTER USER ... REQUIRE SSL` for each account that replicates, with a certificate for MariaDB",
  async run({ cloud }) {
    const rows = lines(await cloud.root(cloud.frontend.name, SCRIPT)).map((line) => line.split("\t"));
    const of = (kind: string): string[][] => rows.filter(([first]) => first === kind).map(([, ...rest]) => rest);
    const [accounts, replicas] = [of("account"), of("replica")];
    // With nobody to feed there is nothing that could be encrypted: that is no pass.
    if (accounts.length === 0 && replicas.length === 0) return notApplicable("the database has no replica");
    const [have = "", versions = ""] = [of("have_ssl")[0]?.[0], of("versions")[0]?.[0]];
    const problems = [
      ...(have === "YES" ? [] : [`the database does not speak TLS (have_ssl is ${have || "not told"})`]),
      ...versions
        .split(",")
        .filter((version) => /^TLSv1(\.[01])?$/.test(version))
        .map((version) => `it takes ${version}`),
      ...accounts.filter(([, way]) => way !== "tls").map(([name]) => `${name} may replicate without TLS`),
    ];
    return judge(problems, [
      ...accounts.map(([name]) => `${name} must use TLS`),
      ...replicas.map(([host]) => `${host} is fed`),
    ]);
  },
};
