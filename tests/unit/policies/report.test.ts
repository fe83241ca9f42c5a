// SPDX-License-Identifier: Apache-2.0
/** What `check:pr` writes, and that whoever posts it runs nothing of the change. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { parse } from "yaml";
import { json, markdown, passed, sarif, type Report } from "../../../lab/check-pr/report";
import { policies } from "../../../policies/policies";
import { judge } from "../../helpers/tools";

const root = resolve(__dirname, "../../..");
const urn = "urn:pulumi:prod::opennebula-scaleway::scaleway:iam/apiKey:ApiKey::prod-network-agent";
const report: Report = {
  steps: [{ name: "types", succeeded: false, output: "```\nerror" }],
  previews: [
    {
      stack: "prod",
      succeeded: false,
      errors: ["refused"],
      violations: [
        { policy: "api-keys-expire", level: "advisory", resource: urn, message: "no end | none\n" },
        { policy: "servers-protected", level: "mandatory", resource: urn, message: "unprotected" },
      ],
      resources: { [urn]: "scaleway:iam/apiKey:ApiKey" },
    },
  ],
  before: [],
  judges: ["policies/iam/api-keys-expire.ts"],
};

test("SARIF is what the standard's schema says, with a rule for each policy", () => {
  const file = require.resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
  // Draft 4, of which it uses nothing that draft 7 reads otherwise.
  const { $schema: _draft, id: _id, ...schema } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats(ajv);
  const validate = ajv.compile(schema);
  const log = JSON.parse(sarif(report, policies)) as {
    runs: [{ tool: { driver: { rules: { id: string }[] } }; results: { ruleId: string; ruleIndex: number }[] }];
  };
  expect([validate(log), validate.errors]).toEqual([true, null]);
  const [{ tool, results }] = log.runs;
  expect(results.map(({ ruleId, ruleIndex }) => tool.driver.rules[ruleIndex]!.id === ruleId)).toEqual([true, true]);
  expect(validate({ ...log, version: "2.0.0" })).toBe(false);
});

test("a change of what judges is told, and decides nothing by itself", () => {
  expect(markdown(report)).toContain("- `policies/iam/api-keys-expire.ts`");
  expect(markdown({ ...report, judges: [] })).not.toContain("changes how changes are judged");
  expect(JSON.parse(json(report))).toMatchObject({ passed: false, judges: report.judges });
  expect(passed({ steps: [], previews: [], before: [], judges: report.judges })).toBe(true);
});

type Job = { permissions?: Record<string, string>; steps?: { uses?: string; run?: string; env?: unknown }[] };
const yaml = (file: string) => parse(readFileSync(join(root, file), "utf8")) as Record<string, unknown>;

describe("on GitHub", () => {
  test("the job that runs the change may read alone and is given no secret", () => {
    const file = yaml(".github/workflows/pull-request.yml");
    expect([file["on"], file["permissions"]]).toEqual(["pull_request", { contents: "read" }]);
    for (const job of Object.values(file["jobs"] as Record<string, Job>)) expect(job.permissions).toBeUndefined();
    expect(JSON.stringify(file)).not.toMatch(/secrets\.|github\.token/);
    expect(JSON.stringify(file)).toContain("--project ../change");
  });

  test("the job that may write checks nothing out and runs nothing but its own lines", () => {
    const file = yaml(".github/workflows/pull-request-result.yml");
    expect(Object.keys(file["on"] as object)).toEqual(["workflow_run"]);
    const steps = Object.values(file["jobs"] as Record<string, Job>).flatMap((job) => job.steps!);
    expect(steps.flatMap(({ uses }) => uses?.split("@")[0] ?? [])).toEqual([
      "actions/download-artifact",
      "github/codeql-action/upload-sarif",
    ]);
    // An expression in a script would be code from whoever names a branch.
    for (const { run = "" } of steps) expect(run).not.toMatch(/\$\{\{|npm|node /);
  });
});

test("on GitLab the token is for a schedule on the protected branch alone", () => {
  const { check, post } = yaml(".gitlab-ci.yml") as Record<string, { rules: { if: string }[]; script: string[] }>;
  expect(JSON.stringify(check)).not.toContain("COMMENT_TOKEN");
  expect(check!.script.join("\n")).toContain("cd ../base");
  expect(post!.rules).toHaveLength(1);
  expect(post!.rules[0]!.if).toMatch(/"schedule".*CI_DEFAULT_BRANCH.*CI_COMMIT_REF_PROTECTED == "true"/);
});

describe.each([".github/workflows/pull-request.yml", ".github/workflows/pull-request-result.yml", ".gitlab-ci.yml"])(
  "the commands of %s",
  (file) => {
    const jobs = file.startsWith(".github") ? (yaml(file)["jobs"] as Record<string, Job>) : yaml(file);
    const scripts = Object.values(jobs as Record<string, Job & { script?: string[] }>).flatMap(
      ({ script, steps = [] }) => (script ? [script.join("\n")] : steps.flatMap(({ run }) => run ?? [])),
    );

    test("are what a shell understands, and call what there is", () => {
      expect(scripts.length).toBeGreaterThan(0);
      const { scripts: known } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
        scripts: Record<string, string>;
      };
      for (const script of scripts) {
        // Both code hosts end a script at the first command that fails.
        expect(judge("shellcheck", ["--shell=bash", "-"], `set -e\n${script}`)).toEqual({ status: 0, output: "" });
        for (const [, name = ""] of script.matchAll(/npm run (\S+)/g)) expect(Object.keys(known)).toContain(name);
        for (const [, program = ""] of script.matchAll(/tsx (\S+)/g))
          expect(existsSync(join(root, program))).toBe(true);
      }
    });
  },
);
