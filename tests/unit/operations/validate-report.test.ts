// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { XMLValidator } from "fast-xml-parser";
import { openCloud } from "../../../operations";
import { judge, notApplicable, type Check } from "../../../operations/validate/check";
import { htmlPage } from "../../../operations/validate/formats/html";
import { junitXml } from "../../../operations/validate/formats/junit";
import { writePdf } from "../../../operations/validate/formats/pdf";
import { sarifLog } from "../../../operations/validate/formats/sarif";
import { terminalText } from "../../../operations/validate/formats/terminal";
import { changesBetween, earlierReports, keepReport } from "../../../operations/validate/history";
import type { ValidationReport } from "../../../operations/validate/report";
import schema from "../../../operations/validate/report.schema.json";
import { validate } from "../../../operations/validate/validate";
import { parseDuration, untilReady } from "../../../operations/validate/wait";
import { writeReports } from "../../../operations/validate/write";
import { cloudConfig, cloudOutputs, fakeStack, keyPair } from "../../helpers/deployed-cloud";

const CANARY = "canary-51b7-never-shown";
const keys = { host: keyPair(), login: keyPair() };
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "validate-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const base = { severity: "critical", seconds: 5, cure: "look <there>" } as const;
const checks: Check[] = [
  {
    ...{ ...base, id: "network/pairs", title: 'between "a" & <b>', area: "network" },
    run: async () =>
      judge([], ["fine"], {
        threshold: "below 5 ms",
        measurements: [
          { name: "latency", from: "a", to: "b", value: 1.234, unit: "ms" },
          { name: "latency", from: "b", to: "a", value: 2, unit: "ms" },
          { name: "alone", from: "a", value: 3, unit: "MB/s" },
        ],
      }),
  },
  {
    ...{ ...base, id: "secrets/leak", title: "leaks", area: "secrets" },
    run: async () => judge([`password ${CANARY} opens it`, keys.login.privateKey], [`\u0000 ]]> & <script>`]),
  },
  {
    ...{ ...base, id: "hosts/throws", title: "throws", area: "hosts", severity: "warning" },
    run: () => Promise.reject(new Error(`cannot say ${CANARY}`)),
  },
  { ...base, id: "raft/none", title: "none", area: "raft", run: async () => notApplicable("alone") },
];

async function reportOf(only?: string[]): Promise<ValidationReport> {
  const cloud = await openCloud(fakeStack({ config: cloudConfig(), outputs: cloudOutputs(keys, CANARY) }));
  return validate({ cloud, checks, only });
}

describe("a report", () => {
  it("obeys its published schema, which refuses what it does not name", async () => {
    const ajv = addFormats(new Ajv({ strict: true, allErrors: true }));
    const valid = ajv.compile(schema);
    const report = JSON.parse(JSON.stringify(await reportOf())) as ValidationReport;
    expect(valid(report) ? [] : valid.errors).toEqual([]);
    expect(report.readiness).toBe("NOT READY");
    expect(valid({ ...report, extra: 1 })).toBe(false);
  });

  it("shows no secret in any form", async () => {
    const report = await reportOf();
    const forms = {
      json: JSON.stringify(report),
      text: terminalText(report),
      junit: junitXml(report),
      sarif: JSON.stringify(sarifLog(report)),
      html: htmlPage(report, [report]),
    };
    for (const [form, text] of Object.entries(forms)) {
      expect([form, text.includes(CANARY), text.includes("PRIVATE KEY")]).toEqual([form, false, false]);
      expect([form, text.includes("[secret]")]).toEqual([form, true]);
    }
  });

  it("as JUnit is well-formed, with a suite for each area and every verdict", async () => {
    const xml = junitXml(await reportOf());
    expect(XMLValidator.validate(xml)).toBe(true);
    expect(xml).toContain('tests="4" failures="1" errors="1" skipped="1"');
    expect(xml).toContain('<testsuite name="network" tests="1" failures="0" errors="0" skipped="0"');
    expect(xml).toContain('name="network/pairs: between &quot;a&quot; &amp; &lt;b&gt;"');
    expect(xml).toMatch(/<failure type="critical" message="password \[secret\]/);
    expect(xml).toMatch(/<error type="warning"/);
    expect(xml).toContain('<skipped message="alone"/>');
  });

  it("as SARIF has a rule for each check and a result for each that is bad", async () => {
    const { version, runs } = sarifLog(await reportOf()) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; ruleIndex: number; level: string }[];
      }[];
    };
    expect(version).toBe("2.1.0");
    const [{ tool, results }] = runs as [(typeof runs)[0]];
    expect(tool.driver.rules).toHaveLength(4);
    expect(results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ["secrets/leak", "error"],
      ["hosts/throws", "warning"],
    ]);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
  });

  it("as a page is whole by itself, escaped, with a plot for each group of figures", async () => {
    const report = await reportOf();
    const page = htmlPage(report, [
      { ...report, startedAt: "2026-01-01T00:00:00.000Z", results: report.results.slice(0, 3) },
    ]);
    expect(page).not.toMatch(/<script|<link|src=|https?:\/\/(?!www\.w3\.org)/);
    expect(page).toContain("&lt;script&gt;");
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page).toContain("a to b: 1.23 ms");
    expect(page).toContain("<td>raft/none</td><td>none</td><td>not run</td>");
    expect(page.match(/<details open>/g)).toHaveLength(2);
  });

  it("as text names what was wanted and how to cure it, without colours off a terminal", async () => {
    const text = terminalText(await reportOf());
    expect(text).toMatch(/FAIL {2}secrets\/leak: leaks[^]*cure: look <there>/);
    expect(text).toContain("test: NOT READY: 1 passed, 1 failed, 1 could not tell, 1 do not concern it");
    expect(text).not.toContain("\u001b[");
  });

  it("is written where it is asked for, and compared with the last one", async () => {
    const files = { html: join(folder, "a/r.html"), junit: join(folder, "r.xml"), sarif: join(folder, "r.sarif") };
    const history = join(folder, "history");
    await writeReports(await reportOf(["network"]), { history });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await writeReports(await reportOf(), { ...files, history });
    for (const file of Object.values(files)) expect(existsSync(file)).toBe(true);
    expect(readFileSync(files.html, "utf8")).toContain("<td>secrets/leak</td><td>leaks</td><td>not run</td>");
    expect(readdirSync(history)).toHaveLength(2);
  });

  it("prints to PDF by a browser, or says what is missing", async () => {
    const file = join(folder, "r.pdf");
    const path = process.env["PATH"];
    try {
      process.env["PATH"] = folder;
      await expect(writePdf("<p>x</p>", file)).rejects.toThrow(/no Chromium.*apt-get install chromium/);
      writeFileSync(
        join(folder, "chromium"),
        '#!/bin/sh\nfor word; do case $word in --print-to-pdf=*) echo %PDF >"${word#*=}";; esac; done\n',
        { mode: 0o755 },
      );
      process.env["PATH"] = `${folder}:${path}`;
      await writePdf("<p>x</p>", file);
      expect(readFileSync(file, "utf8")).toBe("%PDF\n");
      writeFileSync(join(folder, "chromium"), "#!/bin/sh\necho no display >&2; exit 1\n", { mode: 0o755 });
      await expect(writePdf("<p>x</p>", join(folder, "no.pdf"))).rejects.toThrow("no display");
    } finally {
      process.env["PATH"] = path;
    }
  });
});

describe("earlier runs", () => {
  it("are those of the stack, oldest first, at most fifty; other files are left alone", async () => {
    const report = await reportOf(["network"]);
    writeFileSync(join(folder, "test-2026-01-01T000000.000Z.json"), "{ torn");
    writeFileSync(join(folder, "notes.json"), "mine");
    for (let index = 0; index < 52; index += 1)
      keepReport(folder, { ...report, startedAt: new Date(Date.UTC(2026, 1, 1, 0, index)).toISOString() });
    keepReport(folder, { ...report, stack: "test-2", startedAt: new Date().toISOString() });
    const kept = earlierReports(folder, "test");
    expect(kept).toHaveLength(50);
    expect(kept[0]!.startedAt).toBe("2026-02-01T00:02:00.000Z");
    expect(existsSync(join(folder, "notes.json"))).toBe(true);
    expect(earlierReports(join(folder, "nowhere"), "test")).toEqual([]);
    expect(changesBetween(report, report)).toEqual([]);
  });
});

describe("waiting", () => {
  it("runs again until the cloud is ready, and gives up in time", async () => {
    const report = await reportOf(["network"]);
    const answers = [new Error("no host"), { ...report, readiness: "NOT READY" as const }, report];
    const attempt = async (): Promise<ValidationReport> => {
      const answer = answers.shift()!;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    expect((await untilReady(attempt, 5, 0.01)).readiness).toBe("READY");
    expect(answers).toEqual([]);
    await expect(untilReady(() => Promise.reject(new Error("no host")), 0.02, 0.01)).rejects.toThrow("no host");
  });

  it("takes durations as people write them", () => {
    expect(["45", "90s", "10m", "1h"].map(parseDuration)).toEqual([45, 90, 600, 3600]);
    expect(() => parseDuration("soon")).toThrow(/write 90s, 10m or 1h/);
  });
});

test("the page prints with a real browser", async () => {
  const file = join(folder, "real.pdf");
  await writePdf(htmlPage(await reportOf()), file);
  expect(readFileSync(file).subarray(0, 5).toString()).toBe("%PDF-");
}, 90_000);
