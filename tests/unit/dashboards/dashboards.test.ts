// SPDX-License-Identifier: Apache-2.0
import Ajv from "ajv";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createGenerator } from "ts-json-schema-generator";
import { stringify } from "yaml";
import { subjects, type PanelSpec, type Subject } from "../../../tools/dashboards";
import { dashboardData, plainQuery } from "../../../tools/dashboards/data";
import { picturePage } from "../../../tools/dashboards/page";
import { knownUnits, valueText } from "../../../tools/dashboards/units";
import { judge } from "../../helpers/tools";

const root = resolve(__dirname, "../../..");
const FOLDER = join(root, "onhost/grafana/dashboards");

/** What Grafana reads, as far as the rules below look. */
interface Panel {
  type: string;
  title?: string;
  description?: string;
  datasource?: { type: string; uid: string };
  fieldConfig?: { defaults: { unit?: string } };
  options?: { legend?: { showLegend: boolean } };
  links?: { url: string }[];
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat?: string; refId: string; datasource?: { uid: string }; instant?: boolean }[];
}
interface Schema {
  definitions: Record<string, { properties?: Record<string, object>; required?: string[] }>;
}
interface Dashboard {
  uid: string;
  title: string;
  editable: boolean;
  templating: {
    list: { name: string; type: string; label?: string; query?: string; multi: boolean; includeAll: boolean }[];
  };
  panels: Panel[];
}

const dashboards = readdirSync(FOLDER).map((name) => ({
  name,
  board: JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Dashboard,
}));
const panelsOf = ({ board }: (typeof dashboards)[number]): Panel[] => board.panels.filter(({ type }) => type !== "row");
const specs: [string, PanelSpec][] = subjects.flatMap((subject) =>
  subject.rows.flatMap((row) =>
    row.panels.map((panel): [string, PanelSpec] => [`${subject.uid}: ${panel.title}`, panel]),
  ),
);

it("there is one file for each subject, and no other", () => {
  expect(readdirSync(FOLDER).sort()).toEqual(subjects.map(({ uid }) => `${uid}.json`).sort());
});

describe("every dashboard", () => {
  it("is what Grafana's own types say", () => {
    const schemaOf = (subject: string, type: string): Schema =>
      createGenerator({
        path: join(root, `node_modules/@grafana/grafana-foundation-sdk/dist/${subject}/types.gen.d.ts`),
        type,
        tsconfig: join(root, "tsconfig.json"),
        skipTypeCheck: true,
      }).createSchema(type) as Schema;
    const schema = schemaOf("dashboard", "Dashboard");
    // A query is open there, because each data source has its own: Prometheus' takes its place.
    const query = schemaOf("prometheus", "Dataquery");
    delete query.definitions.Dataquery!.properties!._implementsDataqueryVariant;
    query.definitions.Dataquery!.required = [];
    schema.definitions = { ...schema.definitions, ...query.definitions };
    const ajv = new Ajv({ allErrors: true, strict: false });
    const validate = ajv.compile(schema);
    for (const { board } of dashboards) {
      const valid = validate(board);
      expect({ uid: board.uid, errors: valid ? [] : validate.errors }).toEqual({ uid: board.uid, errors: [] });
    }
    expect(validate({ ...dashboards[0]!.board, graphTooltip: "crosshair" })).toBe(false);
  }, 60_000);

  it.each(dashboards)("$name keeps dashboard-linter's rules", (dashboard) => {
    const { board } = dashboard;
    // uneditable-dashboard, template-datasource-rule, template-label-promql-rule, template-on-time-change-reload-rule
    expect(board.editable).toBe(false);
    const [source, host] = board.templating.list;
    expect(source).toMatchObject({ name: "datasource", type: "datasource", label: "Data source", query: "prometheus" });
    // The linter's `job` and `instance` are one here: hosts, which is what people choose by.
    expect(host).toMatchObject({
      name: "host",
      label: "Host",
      multi: true,
      includeAll: true,
      allValue: ".+",
      refresh: 2,
    });
    for (const panel of panelsOf(dashboard)) {
      // panel-title-description-rule, panel-datasource-rule, panel-units-rule, panel-no-targets-rule
      const where = `${board.uid}: ${panel.title}`;
      expect([where, Boolean(panel.title), Boolean(panel.description)]).toEqual([where, true, true]);
      expect([where, panel.datasource?.uid]).toEqual([where, "${datasource}"]);
      expect([where, knownUnits.includes(panel.fieldConfig?.defaults.unit ?? "")]).toEqual([where, true]);
      expect([where, (panel.targets ?? []).length > 0]).toEqual([where, true]);
      if (panel.type === "timeseries") expect([where, panel.options?.legend?.showLegend]).toEqual([where, true]);
      for (const target of panel.targets!) {
        expect([where, Boolean(target.legendFormat), target.datasource?.uid]).toEqual([where, true, "${datasource}"]);
        // target-rate-interval-rule, target-counter-agg-rule
        const ranges = [...target.expr.matchAll(/\brate\([^[]*\[([^\]]+)\]/g)].map(([, range]) => range);
        expect([where, ranges.every((range) => range === "$__rate_interval")]).toEqual([where, true]);
        for (const [, name] of target.expr.matchAll(/(?<!\w)(\w+_total)\b/g))
          expect([
            where,
            name,
            new RegExp(`(rate|increase|count by \\(host\\) )\\((?=[^)]*${name})`).test(target.expr),
          ]).toEqual([where, name, true]);
      }
      const references = panel.targets!.map(({ refId }) => refId);
      expect([where, new Set(references).size]).toEqual([where, references.length]);
    }
  });

  it.each(dashboards)("$name has panels side by side, none over another, none past the edge", (dashboard) => {
    const taken = dashboard.board.panels.map(({ gridPos }) => gridPos);
    for (const [index, one] of taken.entries()) {
      expect(one.x + one.w).toBeLessThanOrEqual(24);
      const over = taken.slice(0, index).filter((other) => overlap(one, other));
      expect(over).toEqual([]);
    }
  });

  it("links runbooks that exist", () => {
    const runbooks = join(root, "docs/operations/alerts.md");
    const written = existsSync(runbooks)
      ? [...readFileSync(runbooks, "utf8").matchAll(/^#+ (\S+)$/gm)].map(([, title]) => title!.toLowerCase())
      : [];
    const linked = dashboards.flatMap((dashboard) =>
      panelsOf(dashboard).flatMap(({ links = [] }) => links.map(({ url }) => url.split("#")[1]!)),
    );
    expect(linked.length).toBeGreaterThan(10);
    expect(linked.filter((anchor) => !written.includes(anchor))).toEqual([]);
  });
});

describe("queries", () => {
  it("are PromQL", () => {
    const folder = mkdtempSync(join(tmpdir(), "dashboards-"));
    try {
      const rules = specs.flatMap(([title, panel]) =>
        panel.queries.map(({ expr }, index) => ({
          record: `test:query${index}`,
          expr: plainQuery(expr, 15),
          labels: { panel: title },
        })),
      );
      const file = join(folder, "rules.yml");
      writeFileSync(file, stringify({ groups: [{ name: "queries", rules }] }, { lineWidth: 0 }));
      const verdict = judge("promtool", ["check", "rules", "--lint=none", file]);
      expect(verdict).toMatchObject({ status: 0 });
      expect(verdict.output).toContain(`${rules.length} rules found`);
      writeFileSync(file, stringify({ groups: [{ name: "queries", rules: [{ record: "x", expr: "sum(up" }] }] }));
      expect(judge("promtool", ["check", "rules", file]).status).not.toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.each(specs)("%s: a legend names what tells its series apart", (_title, { queries }) => {
    const legends = queries.map(({ legend }) => legend);
    expect(new Set(legends).size).toBe(legends.length);
    for (const { expr, legend } of queries) {
      const grouped = /^(?:\d+ \* )?(?:sum|max|min|avg|count) by \(([^)]+)\)/.exec(expr)?.[1]?.split(/,\s*/) ?? [];
      for (const label of grouped) expect([expr, legend]).toEqual([expr, expect.stringContaining(`{{${label}}}`)]);
    }
  });

  it("are asked with every host and a range that fits; what Prometheus refuses names panel and query", async () => {
    const subject: Subject = {
      ...subjects[0]!,
      rows: [
        {
          title: "x",
          panels: [
            {
              title: "CPU",
              about: "x",
              unit: "none",
              queries: [{ expr: 'rate(a{host=~"$host"}[$__rate_interval])', legend: "{{host}}" }],
            },
          ],
        },
      ],
    };
    const asked: string[] = [];
    const answer = {
      status: "success",
      data: {
        result: [
          {
            metric: { host: "fe" },
            values: [
              [1, "2"],
              [2, "NaN"],
            ],
          },
        ],
      },
    };
    const ask = async (path: string): Promise<string> => {
      asked.push(path);
      return JSON.stringify(answer);
    };
    const time = { end: 1000, seconds: 600, step: 30 };
    const [data] = await dashboardData(subject, ask, time);
    expect(new URLSearchParams(asked[0]!.split("?")[1]).get("query")).toBe('rate(a{host=~".+"}[120s])');
    expect(data!.series).toEqual([{ name: "fe", points: [[1, 2]] }]);
    const refuse = async (): Promise<string> => JSON.stringify({ status: "error", error: "bad" });
    await expect(dashboardData(subject, refuse, time)).rejects.toThrow(/panel "CPU": bad: rate/);
  });
});

describe("values are written with their unit", () => {
  it.each([
    [0.421, "percentunit", "42.1 %"],
    [2048, "bytes", "2 KiB"],
    [12_300_000, "bps", "12.3 Mbit/s"],
    [0.0031, "s", "3.1 ms"],
    [7200, "s", "2 h"],
    [3, "none", "3"],
  ])("%p in %s is %s", (value, unit, text) => expect(valueText(value, unit)).toBe(text));

  it("a unit that nobody knows is refused", () => expect(() => valueText(1, "furlongs")).toThrow(/furlongs/));
});

test("the page of pictures shows each, and takes no word for markup", () => {
  const page = picturePage([{ uid: "ons-x", title: "CPU <now>", svg: "<svg></svg>" }], "Lab a & b");
  expect(page).toContain('<section id="ons-x"><svg></svg></section>');
  expect(page).toContain('<a href="#ons-x">CPU &lt;now></a>');
  expect(page).toContain("Lab a &amp; b");
});

function overlap(a: Panel["gridPos"], b: Panel["gridPos"]): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
