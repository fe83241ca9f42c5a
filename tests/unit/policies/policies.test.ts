// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { policies } from "../../../policies/policies";
import { violations, type Judged } from "../../helpers/policy";
import { cases } from "./cases";

const folder = resolve(__dirname, "../../../policies");

it("each file of an area is one policy, with its reason, cure and controls, and each has its examples", () => {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .flatMap((area) => readdirSync(join(folder, area.name)).map((file) => file.replace(/\.ts$/, "")));
  expect(policies.map(({ name }) => name).sort()).toEqual(files.sort());
  expect(cases.map(({ policy }) => policy).sort()).toEqual(files);
  for (const { spec } of policies) {
    expect(spec.controls.length).toBeGreaterThan(0);
    for (const text of [spec.reason, spec.cure, spec.description]) expect(text).toMatch(/^[A-Z].*\.$/s);
  }
});

describe.each(cases)("$policy", ({ policy: name, passes, fails, absent, unknown, override }) => {
  const policy = policies.find((one) => one.name === name)!;
  const judge = (judged: Judged): Promise<string[]> => violations(policy, judged);

  it("passes, fails with its cure, and knows what is absent", async () => {
    expect(await judge(passes)).toEqual([]);
    const found = await judge(fails);
    expect(found.length).toBeGreaterThan(0);
    for (const message of found) expect(message).toContain(policy.spec.cure);
    expect((await judge(absent)).length > 0).toBe(absent.fails);
    expect(await judge({ ...fails, type: "other:index:Thing" })).toEqual([]);
  });

  it("does not judge what is not known yet", async () => {
    if (unknown) await expect(judge(unknown)).rejects.toThrow("known during preview");
    else expect(JSON.stringify(passes.props)).not.toContain("04da6b54");
  });

  it("goes by the pack's configuration", async () => {
    if (override === undefined) {
      expect(Object.keys(policy.configSchema?.properties ?? {})).toEqual([]);
      return;
    }
    const judged = override.of === "passes" ? passes : fails;
    expect((await judge({ ...judged, config: override.config })).length > 0).toBe(override.of === "passes");
  });
});

it.each([
  [{ create: "x", environment: { DB_PASSWORD: "hunter2hunter2" } }],
  [{ update: "echo -----BEGIN OPENSSH PRIVATE KEY-----" }],
  [{ delete: "curl -H 'X-Auth-Token: SCW0123456789ABCDEFG'" }],
])("secrets on the way to a host are seen: %j", async (props) => {
  const policy = policies.find(({ name }) => name === "no-secrets-in-plain-places")!;
  const found = await violations(policy, { type: "command:remote:Command", props });
  expect(found).toHaveLength(1);
  expect(found[0]).not.toMatch(/hunter2|SCW0123/);
});
