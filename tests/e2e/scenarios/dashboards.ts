// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../../lab/hosts/layout";
import { askPrometheus } from "../../../lab/dashboards";
import { subjects } from "../../../tools/dashboards";
import { dashboardData } from "../../../tools/dashboards/data";
import { type CloudUnderTest, now } from "../../helpers/e2e";

/** Every query of every dashboard, asked of the lab's own Prometheus. */
export function dashboards(cloud: CloudUnderTest): void {
  describe("dashboards", () => {
    test.each(subjects.map((subject) => [subject.title, subject] as const))(
      "%s: every panel has data, or says why it may have none",
      async (_title, subject) => {
        expect(cloud.isUp).toBe(true);
        const data = await dashboardData(subject, askPrometheus(cloud.lab), {
          end: Math.floor(now()),
          seconds: 120,
          step: 15,
        });
        const empty = data.filter(({ series }) => !series.some(({ points }) => points.length > 0));
        expect(empty.filter(({ panel }) => panel.mayBeEmpty === undefined).map(({ panel }) => panel.title)).toEqual([]);
        expect(empty.length).toBeLessThan(data.length);
      },
      120_000,
    );

    test("are drawn: one page with a picture of each, which loads nothing", async () => {
      const { stdout } = await cloud.succeed(["dashboards", "--minutes", "5"]);
      const page = readFileSync(join(checkout, stdout.trim()), "utf8");
      expect(page.match(/<svg /g)).toHaveLength(subjects.length);
      for (const { title } of subjects) expect(page).toContain(`>${title}</text>`);
      expect(page).not.toMatch(/(src|href)="(?!#)/);
    }, 120_000);
  });
}
