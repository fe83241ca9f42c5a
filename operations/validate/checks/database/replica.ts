// SPDX-License-Identifier: Apache-2.0
import { judge, notApplicable, type Check } from "../../check";

const MAX_SECONDS = 60;

export const replica: Check = {
  id: "database/replica",
  title: "the database's replicas keep up",
  area: "database",
  severity: "critical",
  seconds: 30,
  cure: "see `SHOW ALL REPLICAS STATUS` on the replica",
  async run({ cloud }) {
    const text = await cloud.root(cloud.frontend.name, "mariadb -e 'SHOW ALL SLAVES STATUS\\G'");
    const lags = [...text.matchAll(/Seconds_Behind_Master: (\S+)/g)].map(([, lag]) => lag ?? "");
    if (lags.length === 0) return notApplicable("the database has no replica");
    const problems = lags
      .filter((lag) => !(Number(lag) <= MAX_SECONDS))
      .map((lag) => (lag === "NULL" ? "a replica does not run" : `a replica is ${lag} s behind`));
    return judge(
      problems,
      lags.map((lag) => `${lag} s behind`),
      { threshold: `at most ${MAX_SECONDS} s` },
    );
  },
};
