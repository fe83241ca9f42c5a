// SPDX-License-Identifier: Apache-2.0
import type { CheckContext } from "../../../operations/validate/check";
import { firing } from "../../../operations/validate/checks/monitoring/alerts";
import { delivery } from "../../../operations/validate/checks/monitoring/delivery";
import { targets } from "../../../operations/validate/checks/monitoring/targets";
import { restart } from "../../../operations/validate/checks/services/restart";

interface Fake {
  root: (script: string) => string;
  monitoring?: object;
  version?: () => Promise<string>;
}

/** A cloud of two hosts whose front-end answers to scripts as it is told. */
function context({ root, monitoring, version }: Fake): CheckContext {
  const hosts = [{ name: "fe" }, { name: "host01" }];
  const cloud = {
    hosts,
    frontend: hosts[0],
    config: { monitoring },
    root: (_host: string, script: string) => Promise.resolve(root(script)),
    oned: { version },
  };
  return { cloud, signal: new AbortController().signal } as unknown as CheckContext;
}

type Element = [labels: Record<string, string>, value: number];

function vector(elements: Element[]): string {
  const result = elements.map(([metric, value]) => ({ metric, value: [0, String(value)] }));
  return JSON.stringify({ status: "success", data: { result } });
}

describe("monitoring/targets", () => {
  const look = (elements: Element[]) => targets.run(context({ root: () => vector(elements), monitoring: {} }));

  test("passes when every host is looked at and answers", async () => {
    const up: Element[] = [
      [{ host: "fe", job: "node" }, 1],
      [{ host: "host01", job: "node" }, 1],
    ];
    expect(await look(up)).toMatchObject({ verdict: "pass", evidence: ["2 targets on 2 hosts"] });
  });

  test("names what does not answer, and a host that nobody looks at", async () => {
    expect(await look([[{ host: "fe", job: "mysqld" }, 0]])).toMatchObject({
      verdict: "fail",
      evidence: ["host01: nothing looks at it", "fe: mysqld does not answer", "1 targets on 1 hosts"],
    });
  });

  test("an error of Prometheus is its own", async () => {
    const broken = context({ root: () => '{"status":"error","error":"out of memory"}', monitoring: {} });
    await expect(targets.run(broken)).rejects.toThrow("Prometheus: out of memory");
  });

  test("without monitoring it does not apply", async () => {
    expect((await targets.run(context({ root: () => "" }))).verdict).toBe("not applicable");
  });
});

describe("monitoring/alerts", () => {
  const look = (elements: Element[]) => firing.run(context({ root: () => vector(elements), monitoring: {} }));
  const watchdog: Element = [{ alertname: "Watchdog" }, 1];

  test("the dead-man's switch alone is in order, its silence is not", async () => {
    expect((await look([watchdog])).verdict).toBe("pass");
    expect((await look([])).evidence[0]).toContain("rules are not evaluated");
  });

  test("others are named with host and severity", async () => {
    const found = await look([watchdog, [{ alertname: "HostDown", host: "host01", severity: "critical" }, 1]]);
    expect(found).toMatchObject({ verdict: "fail", evidence: ["HostDown host01 (critical)", "rules are evaluated"] });
  });
});

describe("monitoring/delivery", () => {
  /** Alertmanager's counters after each question; the last one stays. */
  const alertmanager = (texts: string[], seen: string[] = []): ((script: string) => string) => {
    return (script) => {
      seen.push(script);
      return script.includes("/metrics") ? (texts.length > 1 ? texts.shift()! : texts[0]!) : "";
    };
  };
  const counters = (sent: number, failed = 0): string =>
    `alertmanager_notification_requests_total{integration="email"} ${sent}\n` +
    `alertmanager_notification_requests_failed_total{integration="email"} ${failed}\n` +
    'alertmanager_notification_requests_total{integration="slack"} 7\n';
  const monitoring = { alerts: { email: {} } };

  test("passes when a message has left by each way, and ends the alert", async () => {
    const seen: string[] = [];
    const found = await delivery.run(context({ root: alertmanager([counters(3), counters(4)], seen), monitoring }));
    expect(found.verdict).toBe("pass");
    const added = seen.filter((script) => script.includes("amtool"));
    expect(added).toHaveLength(2);
    const ends = added.map((script) => Date.parse(/--end=(\S+?)'?$/.exec(script)![1]!));
    expect(ends[0]!).toBeGreaterThan(Date.now() + 60_000);
    expect(ends[1]!).toBeLessThanOrEqual(Date.now());
  });

  test("a refused attempt has delivered nothing; the next one may, and is told", async () => {
    const texts = [counters(3), counters(4, 1), counters(5, 1)];
    const found = await delivery.run(context({ root: alertmanager(texts), monitoring }));
    expect(texts).toHaveLength(1);
    expect(found).toMatchObject({
      verdict: "fail",
      evidence: ["email: at least one attempt was refused", expect.anything()],
    });
  });

  test("does not apply where nobody is told", async () => {
    const silent = context({ root: () => "", monitoring: { alerts: {} } });
    expect((await delivery.run(silent)).verdict).toBe("not applicable");
  });
});

describe("services/restart", () => {
  const unit = (name: string): string => `${name}.service loaded active running text`;

  test("waits for the API and for every unit that ran before", async () => {
    const running = ["opennebula", "opennebula-flow"].map(unit).join("\n");
    const answers = [running, unit("opennebula"), running];
    const root = (script: string): string => (script.startsWith("systemctl restart") ? "" : answers.shift()!);
    let asked = 0;
    const version = (): Promise<string> => (++asked > 1 ? Promise.resolve("7.0.0") : Promise.reject(new Error("no")));
    expect(await restart.run(context({ root, version }))).toMatchObject({
      verdict: "pass",
      evidence: [expect.stringMatching(/^fe: oned answers again after \d/), "2 units ran before"],
      measurements: [expect.objectContaining({ from: "fe", unit: "s" })],
    });
    expect(answers).toEqual([]);
  });
});
