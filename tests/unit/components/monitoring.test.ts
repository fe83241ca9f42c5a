// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { previewText } from "../../../components/host/text";
import { alertmanagerConfiguration } from "../../../components/monitoring/alertmanager";
import { alertGroups } from "../../../components/monitoring/alerts";
import { AlertModel, defaultThresholds, type Alert } from "../../../components/monitoring/model";
import { planMonitoring, type MonitoringPlanArgs } from "../../../components/monitoring/plan";
import {
  blackboxConfiguration,
  prometheusConfiguration,
  ruleFile,
  scrapeJobs,
} from "../../../components/monitoring/prometheus";
import { renderMonitoring } from "../../../components/monitoring/render";
import { hostTargets, renderTargets, targetFile } from "../../../components/monitoring/targets";
import { judge } from "../../helpers/tools";
import { examples, type AlertExample } from "./monitoring-examples";

const args: MonitoringPlanArgs = {
  frontend: "fe",
  pages: { networks: ["192.0.2.0/25"], name: "cloud.example" },
  hosts: {
    fe: { managementAddress: "10.16.0.10", hypervisor: true },
    host01: { managementAddress: "10.16.0.11", hypervisor: true },
  },
};
const routed = planMonitoring({
  ...args,
  alerts: {
    email: { smarthost: "mail.example.org:587", from: "a@example.org", to: ["b@example.org"], username: "a" },
    slack: { channel: "#ops" },
    deadMan: true,
  },
});
/** With addresses in the place of the secret ones. */
const amConfiguration = (plan: typeof routed): string =>
  previewText(alertmanagerConfiguration(plan)).replace(
    /<secret monitoring\.(slackWebhook|deadManUrl)>/g,
    "http://h/$1",
  );

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "monitoring-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const model = new AlertModel(defaultThresholds, { scrapeSeconds: 15, scale: 1 });
const alerts = alertGroups(model).flatMap((group) => group.alerts);

describe("targets", () => {
  const names = (hosts: MonitoringPlanArgs["hosts"]): string[] =>
    Object.entries(hostTargets({ ...args, hosts })).flatMap(([job, targets]) =>
      [...targets.keys()].map((host) => `${job} ${host}`),
    );

  it("follow the host map: a host more is looked at, a host less is not", () => {
    const before = names(args.hosts);
    const more = names({ ...args.hosts, host02: { managementAddress: "10.16.0.12", hypervisor: false } });
    expect(more.filter((name) => !before.includes(name))).toEqual(["node host02", "ping host02"]);
    expect(names({ fe: args.hosts["fe"]! }).some((name) => name.includes("host01"))).toBe(false);
  });

  it("of a host that comes change no configuration of the front-end's own", () => {
    const hosts = { ...args.hosts, host02: { managementAddress: "10.16.0.12", hypervisor: true } };
    const alone = { fe: args.hosts["fe"]! };
    const state = (of: MonitoringPlanArgs["hosts"]) => renderMonitoring(planMonitoring({ ...args, hosts: of }), "fe");
    expect(state(hosts)).toEqual(state(args.hosts));
    expect(state(alone)).toEqual(state(args.hosts));
  });

  it("are judged by promtool", () => {
    written("opennebula-scaleway.rules.yml", ruleFile(routed.model));
    const files = Object.entries(renderTargets(args).files!);
    for (const [path, { content }] of files) written(basename(path), previewText(content));
    const text = prometheusConfiguration(routed).replaceAll(dirname(files[0]![0]), folder);
    const { status, output } = judge("promtool", ["check", "config", written("prometheus.yml", text)]);
    expect({ status, output }).toMatchObject({ status: 0, output: expect.not.stringContaining("WARNING") as string });
    const named = scrapeJobs(routed).flatMap(({ job, targets }) => (targets === undefined ? [targetFile(job)] : []));
    expect(named.sort()).toEqual(files.map(([path]) => path).sort());
  });

  it("are looked at by a blackbox exporter that takes its configuration", () => {
    const path = written("blackbox.yml", blackboxConfiguration());
    expect(judge("prometheus-blackbox-exporter", ["--config.check", `--config.file=${path}`])).toMatchObject({
      status: 0,
    });
  });
});

describe("who is told", () => {
  it("is judged by amtool, with every way and with none", () => {
    for (const plan of [routed, planMonitoring(args)]) {
      const path = written("alertmanager.yml", amConfiguration(plan));
      expect(judge("amtool", ["check-config", path])).toMatchObject({ status: 0 });
    }
  });

  it.each([
    [["severity=critical", "alertname=OnedDown"], "critical"],
    [["severity=warning", "alertname=HostCpuHigh"], "warning"],
    [["severity=info", "alertname=Watchdog"], "dead-man"],
    [["severity=info", "alertname=QuotaNearlyUsed"], "nobody"],
  ])("%s goes to %s", (labels, receiver) => {
    const path = written("routes.yml", amConfiguration(routed));
    const { output } = judge("amtool", ["config", "routes", "test", `--config.file=${path}`, ...labels]);
    expect(output.split("\n")[0]).toBe(receiver);
  });

  it("holds its secrets as references, in a file that only the service may read", () => {
    const file = renderMonitoring(routed, "fe").files!["/etc/prometheus/alertmanager.yml"]!;
    expect(file).toMatchObject({ secret: true, mode: "0640", group: "prometheus" });
    expect(previewText(file.content)).toContain("<secret monitoring.smtpPassword>");
  });
});

describe("alerts", () => {
  it("have an example each, all but the one that is always on", () => {
    expect(Object.keys(examples).sort()).toEqual(
      alerts
        .map(({ name }) => name)
        .filter((name) => name !== "Watchdog")
        .sort(),
    );
  });

  it("name a runbook that exists", () => {
    const runbooks = readFileSync(resolve(__dirname, "../../../docs/operations/alerts.md"), "utf8");
    for (const { name } of alerts) expect(runbooks).toContain(`\n## ${name}\n`);
    const { groups } = parse(ruleFile(model)) as { groups: { rules: { annotations?: { runbook_url: string } }[] }[] };
    const urls = groups.flatMap(({ rules }) => rules.flatMap(({ annotations }) => annotations?.runbook_url ?? []));
    expect(urls.map((url) => url.split("#")[1])).toEqual(alerts.map(({ name }) => name.toLowerCase()));
  });

  it("scale with one number, and never to nothing", () => {
    const lab = new AlertModel(defaultThresholds, { scrapeSeconds: 2, scale: 1 / 60 });
    expect([lab.duration(300), lab.duration(1), lab.range(60)]).toEqual(["5s", "1s", "8s"]);
    expect([model.duration(300), model.range(60)]).toEqual(["300s", "60s"]);
  });

  /** Trouble from minute `start` until `end`, then none. */
  const series = (all: AlertExample["series"], minutes: { good: number; bad: number; after: number }): object[] =>
    Object.entries(all).map(([name, { bad, good }]) => {
      const values: number[] = [];
      let value = 0;
      const add = (text: string, count: number): void => {
        for (let step = 0; step < count; step++) {
          value = text.startsWith("+") ? value + Number(text) : Number(text);
          values.push(value);
        }
      };
      add(good, minutes.good);
      add(bad, minutes.bad);
      add(good, minutes.after);
      return { series: name, values: values.join(" ") };
    });

  const troubleOf = ({ name, forSeconds }: Alert): { good: number; bad: number; after: number } => {
    const slow = name.startsWith("ErrorBudget");
    return slow ? { good: 60, bad: 600, after: 4800 } : { good: 10, bad: Math.ceil(forSeconds / 60) + 15, after: 30 };
  };

  it.each([
    // Windows of days are looked at every half hour, and by their own rules alone, or this would take minutes.
    ["everything but the goal", (name: string) => name !== "slo", 1],
    ["the goal", (name: string) => name === "slo", 30],
  ])(
    "fire in trouble, not before their time, not without, and recover, by promtool: %s",
    (_, isMeant, everyMinutes) => {
      const groups = alertGroups(model).filter(({ name }) => isMeant(name));
      const rules = parse(ruleFile(model)) as { groups: { name: string }[] };
      written("rules.yml", stringify({ groups: rules.groups.filter(({ name }) => isMeant(name)) }));
      const meant = groups.flatMap((group) => group.alerts).filter(({ name }) => name !== "Watchdog");
      const kinds = meant.flatMap((alert) => {
        const { series: first, others = [] } = examples[alert.name]!;
        return [first, ...others].map((trouble) => ({ alert, trouble }));
      });
      const tests = kinds.map(({ alert, trouble }) => {
        const minutes = troubleOf(alert);
        const at = (minute: number): { eval_time: string; expr: string } => ({
          eval_time: `${minute}m`,
          expr: `count(ALERTS{alertname="${alert.name}",alertstate="firing"}) or vector(0)`,
        });
        const firing = (value: number): { exp_samples: object[] } => ({ exp_samples: [{ labels: "{}", value }] });
        const end = minutes.good + minutes.bad;
        return {
          interval: "1m",
          input_series: series(trouble, minutes),
          promql_expr_test: [
            { ...at(minutes.good - everyMinutes), ...firing(0) },
            ...(alert.forSeconds >= 120 ? [{ ...at(minutes.good), ...firing(0) }] : []),
            { ...at(end - everyMinutes), ...firing(1) },
            { ...at(end + minutes.after - everyMinutes), ...firing(0) },
          ],
        };
      });
      const suite = { rule_files: ["rules.yml"], evaluation_interval: `${everyMinutes}m`, tests };
      const { status, output } = judge("promtool", ["test", "rules", written("alerts.test.yml", stringify(suite))]);
      expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining("SUCCESS") as string });
    },
    120_000,
  );
});

describe("alerts of whole clouds, by promtool", () => {
  /** How many fire at each minute that is asked for, with these series. */
  const firing = (input: Record<string, string>, expected: Record<number, number>, selector: string): void => {
    written("rules.yml", ruleFile(model));
    const suite = {
      rule_files: ["rules.yml"],
      tests: [
        {
          interval: "1m",
          input_series: Object.entries(input).map(([name, values]) => ({ series: name, values })),
          promql_expr_test: Object.entries(expected).map(([minute, value]) => ({
            eval_time: `${minute}m`,
            expr: `count(ALERTS{${selector},alertstate="firing"}) or vector(0)`,
            exp_samples: [{ labels: "{}", value }],
          })),
        },
      ],
    };
    const { status, output } = judge("promtool", ["test", "rules", written("cloud.test.yml", stringify(suite))]);
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining("SUCCESS") as string });
  };

  it("the watchdog is always on, whatever else there is", () => {
    firing({}, { 0: 1, 10: 1, 600: 1 }, 'alertname="Watchdog"');
  });

  it("a host that is on the list before its exporters are there wakes nobody up; one that never gets them does", () => {
    const up = (job: string, values: string): Record<string, string> => ({
      [`up{job="${job}",host="new"}`]: `_x5 ${values}`,
      [`up{job="${job}",host="old"}`]: "1x90",
    });
    const jobs = 'alertname=~"HostDown|ExporterDown"';
    firing({ ...up("node", "0x12 1x70"), ...up("libvirt", "0x14 1x70") }, { 10: 0, 17: 0, 20: 0, 30: 0, 60: 0 }, jobs);
    firing(up("node", "0x90"), { 17: 0, 30: 1, 80: 1 }, jobs);
  });

  it("a host that is down stays told of when Prometheus was away for half an hour meanwhile", () => {
    const values = "1x30 0x20 _x30 0x40";
    firing({ 'up{job="node",host="h"}': values }, { 29: 0, 40: 1, 90: 1, 110: 1 }, 'alertname="HostDown"');
  });
});

test("no program of monitoring may take as much of a host as it likes", () => {
  for (const host of ["fe", "host01"]) {
    const { files, sequence } = renderMonitoring(routed, host);
    const programs = sequence!.flatMap((step) =>
      "unit" in step && step.unit.endsWith(".service") && step.enabled !== "disabled" ? [step.unit] : [],
    );
    const limited = (unit: string): boolean =>
      [`/etc/systemd/system/${unit}.d/opennebula-scaleway.conf`, `/etc/systemd/system/${unit}`].some(
        (path) => files![path] !== undefined && /^MemoryMax=\d+[MG]$/m.test(previewText(files![path].content)),
      );
    expect(programs.length).toBeGreaterThan(1);
    expect(programs.filter((unit) => !limited(unit))).toEqual([]);
  }
});

test("disks are asked for their own diagnosis on every host, from the first day", () => {
  for (const host of ["fe", "host01"]) {
    const { packages, sequence } = renderMonitoring(routed, host);
    const units = sequence!.flatMap((step) => ("unit" in step ? [step.unit] : []));
    expect(units).toEqual(
      expect.arrayContaining(["prometheus-node-exporter-smartmon.timer", "prometheus-node-exporter-nvme.timer"]),
    );
    expect(Object.keys(packages!)).toEqual(expect.arrayContaining(["smartmontools", "nvme-cli", "jq"]));
  }
});

test("the exporter's unit is one that systemd takes, and shut", () => {
  const files = renderMonitoring(routed, "fe").files!;
  const path = written(
    "opennebula-exporter.service",
    previewText(files["/etc/systemd/system/opennebula-exporter.service"]!.content),
  );
  expect(judge("systemd-analyze", ["verify", "--man=no", path]).output).not.toMatch(/Unknown|ignoring|Failed to parse/);
});
