// SPDX-License-Identifier: Apache-2.0
/** The policy pack in Pulumi's own policy host: a preview is enough for every policy to see what it is against. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { ProgramStack } from "../../../lab/engine/testing";
import { previewStack } from "../../../lab/check-pr/preview";
import { policies } from "../../../policies/policies";
import { cases } from "./cases";

const root = resolve(__dirname, "../../..");

/** Components take any type and any facts, so that one program without providers holds every example. */
const PROGRAM = `
  const pulumi = require("@pulumi/pulumi");
  for (const { policy, type, props, protect } of require("./examples.json"))
    new pulumi.ComponentResource(type, policy, props, { protect });
`;

it.each(["fails", "passes"] as const)(
  "a preview of what %s, policy by policy",
  async (which) => {
    const examples = cases.map((one) => ({ policy: one.policy, ...one[which] }));
    const configuration = Object.fromEntries(
      examples.flatMap(({ policy, config }) => (config ? [[policy, config]] : [])),
    );
    const stack = new ProgramStack({
      stack: "prod",
      files: {
        "index.js": PROGRAM,
        "examples.json": JSON.stringify(examples),
        "policy-config.json": JSON.stringify(configuration),
      },
    });
    try {
      const { result, events } = await stack.preview({
        policyPacks: [{ dir: join(root, "policies"), configFile: stack.path("policy-config.json") }],
      });
      const violated = events.flatMap((event) =>
        event.event === "policyEvent" && event.resourceUrn?.endsWith(`::${event.policyName}`) ? [event.policyName] : [],
      );
      const found = [...new Set(violated)].sort();
      expect(found).toEqual(which === "fails" ? policies.map(({ name }) => name).sort() : []);
      // What one example is made for may be wrong in the eyes of another policy, so only the failing ones decide the run.
      if (which === "fails") expect(result.exitCode).not.toBe(0);
    } finally {
      stack.dispose();
    }
  },
  120_000,
);

describe("the stack file prod", () => {
  const text = readFileSync(join(root, "Pulumi.prod.yaml"), "utf8");
  type Section = Record<string, unknown>;
  const previewOf = async (change: (cloud: Section) => void) => {
    const file = parse(text) as { config: Record<string, Section> };
    change(file.config["opennebula-scaleway:cloud"]!);
    return previewStack({ projectDir: root, judge: root, stack: "prod", stackFile: stringify(file) });
  };
  // What is not known yet is told as advice; it is no verdict.
  const ofItsLevel = ({ policy, level }: { policy: string; level: string }): boolean =>
    policies.find(({ name }) => name === policy)!.enforcementLevel === level;
  const violatedBy = (preview: Awaited<ReturnType<typeof previewOf>>): string[] =>
    [...new Set(preview.violations.filter(ofItsLevel).map(({ policy }) => policy))].sort();

  it("as it is gets three advices, on keys without an end, plain disks and the project of backups, and satisfies every mandatory policy", async () => {
    const preview = await previewOf(() => undefined);
    expect([preview.errors, violatedBy(preview)]).toEqual([
      [],
      ["api-keys-expire", "backups-own-project", "disks-encrypted"],
    ]);
    const ownProject = await previewOf((cloud) => {
      (cloud.backups as Section).projectId = "11111111-2222-4333-8444-555555555555";
    });
    expect([ownProject.errors, violatedBy(ownProject)]).toEqual([[], ["api-keys-expire", "disks-encrypted"]]);
  }, 120_000);

  it("with what a stack file can do wrong, all at once, is refused by each policy that is against it", async () => {
    const preview = await previewOf((cloud) => {
      cloud.protect = false;
      cloud.admin = { user: "ops", networks: ["198.0.0.0/8"] };
      cloud.security = { firewall: { enabled: false } };
      cloud.monitoring = { enabled: false };
      cloud.backups = { enabled: false };
      cloud.tls = { enabled: false };
    });
    expect(preview.succeeded).toBe(false);
    expect(violatedBy(preview)).toEqual(
      [
        "api-keys-expire",
        "backups-declared",
        "disks-encrypted",
        "firewall-declared",
        "fireedge-by-tls",
        "monitoring-declared",
        "servers-protected",
        "ssh-from-named-networks",
      ].sort(),
    );
  }, 120_000);
});
