// SPDX-License-Identifier: Apache-2.0
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { XMLValidator } from "fast-xml-parser";
import { validationReportSchema, type ValidationReport } from "../../../operations";
import type { CloudUnderTest } from "../../helpers/e2e";
import { eventually } from "../../helpers/eventually";

/** The lab is found in order, a defect is found and named, and a killed run leaves nothing that the clean-up does not remove. */
export function validation(cloud: CloudUnderTest): void {
  const { lab } = cloud;
  const files = { junit: "junit.xml", sarif: "report.sarif", html: "report.html" };
  const at = (file: string): string => join(cloud.temporary, file);
  const as = (argv: string[]): Promise<string> => lab.exec("fe", ["runuser", "-u", "oneadmin", "--", ...argv]);

  describe("validate", () => {
    test("finds the lab ready, and writes reports that are what they say", async () => {
      expect(cloud.isUp).toBe(true);
      const forms = Object.entries(files).flatMap(([form, file]) => [`--${form}`, at(file)]);
      const { code, stdout } = await cloud.cli(["validate", "--json", ...forms]);
      const report = JSON.parse(stdout) as ValidationReport;
      // What failed is the failure's text.
      const bad = report.results.filter(
        ({ verdict, severity }) => verdict !== "not applicable" && verdict !== "pass" && severity === "critical",
      );
      expect(bad).toEqual([]);
      expect({ code, ready: report.readiness.startsWith("READY") }).toEqual({ code: 0, ready: true });
      expect(report.counts.pass).toBeGreaterThan(20);
      const valid = addFormats(new Ajv({ strict: true })).compile(validationReportSchema);
      expect(valid(report) ? [] : valid.errors).toEqual([]);
      expect(XMLValidator.validate(readFileSync(at(files.junit), "utf8"))).toBe(true);
      expect(JSON.parse(readFileSync(at(files.sarif), "utf8"))).toMatchObject({ version: "2.1.0" });
      expect(readFileSync(at(files.html), "utf8")).toContain("latency on the management network");
      // What a command prints is looked through for secrets at the end; so are these.
      for (const file of Object.values(files)) {
        cloud.printed.push(readFileSync(at(file), "utf8"));
        rmSync(at(file));
      }
    }, 150_000);

    test("finds what is broken, says it with exit status 1, and is content when it is whole again", async () => {
      const look = ["validate", "--only", "services/units", "services/health"];
      await lab.exec("fe", ["systemctl", "stop", "opennebula-gate"]);
      try {
        const { code, stdout } = await cloud.cli(look);
        expect(stdout).toContain("fe: opennebula-gate.service is inactive");
        expect(stdout).toContain("onegate does not answer");
        expect(stdout).toContain("NOT READY");
        expect(code).toBe(1);
      } finally {
        await lab.exec("fe", ["systemctl", "start", "opennebula-gate"]);
      }
      expect((await cloud.cli([...look, "--wait", "40s"])).code).toBe(0);
    }, 150_000);

    test("killed while it makes test VMs: the clean-up removes what is left, and nothing else", async () => {
      const objects = async (): Promise<string> => {
        const lists = await Promise.all([as(["oneimage", "list"]), as(["onevm", "list"]), as(["onesecgroup", "list"])]);
        return lists.join("\n");
      };
      const before = await objects();
      const run = cloud.start(["validate", "--load", "--only", "vm/deploy"]);
      const made = /opennebula-scaleway-validate-\w+-public/;
      await eventually(async () => made.test(await as(["onevm", "list"])), { what: "there is a test VM" });
      cloud.killRun(run.pid);
      expect((await run.done).code).toBe(137);
      const { stdout } = await cloud.succeed(["validate", "--cleanup"]);
      expect(stdout).toMatch(/removed VM opennebula-scaleway-validate-\w+-public/);
      expect(stdout).toMatch(/removed image opennebula-scaleway-validate-\w+/);
      expect(await objects()).toBe(before);
      expect((await cloud.succeed(["validate", "--cleanup"])).stdout).toContain("nothing was left");
    }, 200_000);
  });
}
