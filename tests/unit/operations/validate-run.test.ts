// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../catalogue";
import type { Check, CheckContext, CheckResult } from "../../../operations/validate/check";
import { judge, notApplicable, oddOnesOut } from "../../../operations/validate/check";
import { checks } from "../../../operations/validate/checks";
import { countsOf, readinessOf } from "../../../operations/validate/report";
import { runChecks } from "../../../operations/validate/runner";
import { selectChecks } from "../../../operations/validate/select";

const check = (id: string, more: Partial<Check> = {}): Check => ({
  id,
  title: id,
  area: "hosts",
  severity: "critical",
  seconds: 5,
  cure: "look",
  run: async () => judge([], ["seen"]),
  ...more,
});
const context = {} as Omit<CheckContext, "signal">;
const run = (all: Check[], concurrency?: number): Promise<CheckResult[]> =>
  runChecks({ checks: all, context, concurrency });

describe("running checks", () => {
  it("a check that throws or hangs is an error of its own", async () => {
    let aborted = false;
    const results = await run([
      check("throws", { run: () => Promise.reject(new Error("no answer")) }),
      check("hangs", {
        seconds: 0.05,
        run: ({ signal }) => {
          signal.addEventListener("abort", () => (aborted = true));
          return new Promise(() => undefined);
        },
      }),
      check("fails", { run: async () => judge(["broken"], ["seen"], { threshold: "whole" }) }),
      check("passes"),
    ]);
    expect(results.map(({ id, verdict, evidence }) => [id, verdict, evidence])).toEqual([
      ["throws", "error", ["no answer"]],
      ["hangs", "error", ["not done after 0.05 s"]],
      ["fails", "fail", ["broken", "seen"]],
      ["passes", "pass", ["seen"]],
    ]);
    expect(aborted).toBe(true);
    expect(results.map(({ cure }) => cure)).toEqual(["look", "look", "look", undefined]);
  });

  it("as many at once as allowed, those that exclude each other one by one, gentle ones first", async () => {
    let now = 0;
    let most = 0;
    const order: string[] = [];
    const slow =
      (id: string): Check["run"] =>
      async () => {
        order.push(id);
        most = Math.max(most, (now += 1));
        await new Promise((resolve) => setTimeout(resolve, 20));
        now -= 1;
        return judge([], []);
      };
    await run(
      ["a", "b", "c", "d", "e"].map((id) => check(id, { run: slow(id) })),
      2,
    );
    expect(most).toBe(2);
    most = 0;
    order.length = 0;
    await run([
      check("disrupts", { impact: "disrupt", run: slow("disrupts") }),
      ...["1", "2", "3"].map((id) => check(id, { impact: "load", exclusive: "load", run: slow(id) })),
      check("reads", { run: slow("reads") }),
    ]);
    expect(order).toEqual(["reads", "1", "2", "3", "disrupts"]);
    expect(most).toBe(1);
  });
});

describe("what is run", () => {
  const all = [
    check("hosts/a"),
    check("hosts/b"),
    check("vm/c", { area: "vm", impact: "load" }),
    check("raft/d", { area: "raft", impact: "disrupt" }),
  ];
  const ids = (selection: Parameters<typeof selectChecks>[1]): string[] =>
    selectChecks(all, selection).map(({ id }) => id);

  it("only what reads, unless more is allowed", () => {
    expect(ids({})).toEqual(["hosts/a", "hosts/b"]);
    expect(ids({ impact: "load" })).toEqual(["hosts/a", "hosts/b", "vm/c"]);
    expect(ids({ impact: "disrupt" })).toHaveLength(4);
  });

  it("by id or area, without what is skipped", () => {
    expect(ids({ only: ["hosts"], skip: ["hosts/a"] })).toEqual(["hosts/b"]);
    expect(ids({ only: ["hosts/a"] })).toEqual(["hosts/a"]);
  });

  it("refuses unknown words and selections that run nothing", () => {
    expect(() => ids({ only: ["hosts/x", "y"] })).toThrow(/no check or area hosts\/x, y/);
    expect(() => ids({ only: ["vm"] })).toThrow(/add --load/);
    expect(() => ids({ only: ["raft"] })).toThrow(/add --disruptive/);
    expect(() => ids({ only: ["hosts"], skip: ["hosts"] })).toThrow(/no check is left/);
  });
});

describe("the verdict on the cloud", () => {
  const result = (verdict: CheckResult["verdict"], severity: CheckResult["severity"]): CheckResult => ({
    ...{ id: "a/b", title: "t", area: "hosts", evidence: [], seconds: 0 },
    ...{ verdict, severity },
  });

  it("a critical failure or doubt makes it not ready, a warning does not", () => {
    const pass = result("pass", "critical");
    expect(readinessOf([pass, result("not applicable", "critical")])).toBe("READY");
    expect(readinessOf([pass, result("fail", "warning"), result("error", "warning")])).toBe("READY WITH WARNINGS");
    expect(readinessOf([pass, result("fail", "critical")])).toBe("NOT READY");
    expect(readinessOf([pass, result("error", "critical")])).toBe("NOT READY");
    expect(countsOf([pass, result("error", "warning")])).toEqual({ pass: 1, fail: 0, error: 1, "not applicable": 0 });
  });
});

describe("the product's checks", () => {
  it("are called as their files, once each, with a cure and a deadline", () => {
    const ids = checks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, area, seconds, cure, title } of checks) {
      expect(id).toMatch(new RegExp(`^${area}/[a-z-]+$`));
      expect(seconds).toBeGreaterThan(0);
      expect(cure.length).toBeGreaterThan(3);
      expect(title).toMatch(/^[a-zA-Z]/);
    }
  });

  it("who differs from the others is named with both answers", () => {
    const host = (name: string) =>
      ({ name, roles: [HostRole.Hypervisor] }) as unknown as Parameters<typeof oddOnesOut>[0][0]["host"];
    const answers = ["x", "y", "x"].map((answer, index) => ({ host: host(`h${index}`), answer }));
    expect(oddOnesOut(answers)).toEqual(["h1: y, elsewhere x"]);
    expect(oddOnesOut(answers.filter(({ answer }) => answer === "x"))).toEqual([]);
    expect(notApplicable("why")).toEqual({ verdict: "not applicable", evidence: ["why"] });
  });
});
