// SPDX-License-Identifier: Apache-2.0
import { services } from "../../../catalogue";
import { subjects } from "../../../tools/dashboards";
import { dashboardData } from "../../../tools/dashboards/data";
import { type CloudUnderTest, now } from "../../helpers/e2e";

/** Every query of every dashboard, asked of the lab's own Prometheus. */
export function dashboards(cloud: CloudUnderTest): void {
  const prometheus = `http://127.0.0.1:${services.prometheus.port}/prometheus`;
  const ask = (path: string): Promise<string> =>
    cloud.lab.exec("fe", ["curl", "-sS", "--max-time", "30", `${prometheus}/${path}`], { timeoutSeconds: 60 });

  describe("dashboards", () => {
    test.each(subjects.map((subject) => [subject.title, subject] as const))(
      "%s: every panel has data, or says why it may have none",
      async (_title, subject) => {
        expect(cloud.isUp).toBe(true);
        const data = await dashboardData(subject, ask, { end: Math.floor(now()), seconds: 120, step: 15 });
        const empty = data.filter(({ series }) => !series.some(({ points }) => points.length > 0));
        expect(empty.filter(({ panel }) => panel.mayBeEmpty === undefined).map(({ panel }) => panel.title)).toEqual([]);
        expect(empty.length).toBeLessThan(data.length);
      },
      120_000,
    );
  });
}
