// SPDX-License-Identifier: Apache-2.0
import { judge, type Check } from "../../check";
import { lines } from "../../text";

const SCRIPT = `database=$(mariadb -N -e "SELECT schema_name FROM information_schema.schemata WHERE schema_name = 'opennebula'")
test "$database" = opennebula || { echo "there is no database opennebula" >&2; exit 1; }
mariadb-check --check --silent opennebula 2>&1 | sed 's/^/bad /' || true
echo "tables $(mariadb -N -e "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'opennebula'")"`;

export const tables: Check = {
  id: "database/tables",
  title: "every table of oned's database is sound",
  area: "database",
  severity: "critical",
  seconds: 120,
  cure: "restore the last backup (docs/operations/backups.md): a damaged table is the disk's doing; `onedb fsck` counts objects and mends no table",
  async run({ cloud }) {
    const answer = lines(await cloud.root(cloud.frontend.name, SCRIPT, "", 100));
    const problems = answer.filter((line) => line.startsWith("bad ")).map((line) => line.slice(4));
    const count = answer.find((line) => line.startsWith("tables "))?.slice(7) ?? "0";
    return judge(
      [...problems, ...(Number(count) === 0 ? ["the database has no table"] : [])],
      [`${count} tables checked by MariaDB`],
      {
        threshold: "CHECK TABLE finds nothing",
      },
    );
  },
};
