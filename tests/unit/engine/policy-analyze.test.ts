// SPDX-License-Identifier: Apache-2.0
/** `policy analyze`: packs judge what is in a state, and change nothing. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { policyAnalyze } from "../../../lab/engine";
import type { EngineEvent } from "../../../lab/engine";
import { Display } from "../../../lab/engine/display";
import { newSalt } from "../../../lab/engine/secrets";

const PACK = `
  const { PolicyPack } = require("@pulumi/policy");
  new PolicyPack("pack", { policies: [
    { name: "size", description: "Things are small.", enforcementLevel: "mandatory",
      configSchema: { properties: { most: { type: "number", default: 3 } } },
      validateResource: (args, report) => {
        if (args.props.size > args.getConfig().most) report("size is " + args.props.size);
      } },
    { name: "owner", description: "Things have owners.", enforcementLevel: "remediate",
      remediateResource: (args) => (args.type === "x:index:Thing" && !args.props.owner ? { ...args.props, owner: "me" } : undefined) },
    { name: "secrets", description: "Secrets are long.", enforcementLevel: "advisory",
      validateResource: (args, report) => { if (args.props.password) report("password is " + args.props.password); } },
    { name: "few", description: "There are few things.", enforcementLevel: "mandatory",
      validateStack: (args, report) => { if (args.resources.length > 2) report(args.resources.length + " resources"); } },
  ] });
`;

const URN = "urn:pulumi:test::conf::x:index:Thing::";

let folder: string;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "engine-analyze-"));
  mkdirSync(join(folder, "pack"));
  writeFileSync(join(folder, "pack/PulumiPolicy.yaml"), "runtime: nodejs\nmain: index.js\n");
  writeFileSync(join(folder, "pack/package.json"), '{"name":"pack","version":"1.2.3","main":"index.js"}');
  writeFileSync(join(folder, "pack/index.js"), PACK);
  symlinkSync(resolve(__dirname, "../../../node_modules"), join(folder, "pack/node_modules"));
  const { salt, crypter } = await newSalt("right");
  const password = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  const resources = [
    { urn: `${URN}big`, custom: true, type: "x:index:Thing", id: "1", inputs: { size: 5 }, outputs: { size: 5 } },
    { urn: `${URN}gone`, custom: true, type: "x:index:Thing", id: "0", delete: true, inputs: { size: 9 } },
    {
      urn: `${URN}small`,
      custom: true,
      type: "x:index:Thing",
      id: "2",
      inputs: { size: 1, owner: "you", password: { ...password, ciphertext: crypter.encrypt('"hush"') } },
    },
  ];
  const deployment = { secrets_providers: { type: "passphrase", state: { salt } }, resources };
  file = join(folder, "state.json");
  writeFileSync(file, JSON.stringify({ version: 3, deployment }));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function analyze(passphrase: string, config?: object) {
  const events: EngineEvent[] = [];
  const configFile = config === undefined ? undefined : join(folder, "config.json");
  if (configFile !== undefined) writeFileSync(configFile, JSON.stringify(config));
  const policyPacks = [{ dir: join(folder, "pack"), configFile }];
  const result = await policyAnalyze({ file, passphrase }, { policyPacks, onEvent: (event) => events.push(event) });
  return { ...result, events };
}

test("violations and remediations are told; the state stays, and what waits for its deletion is not judged", async () => {
  const before = readFileSync(file, "utf8");
  const { resources, violated, events } = await analyze("right");
  expect({ resources, violated }).toEqual({ resources: 2, violated: true });
  expect(events).toMatchObject([
    { event: "policyRemediationEvent", policyName: "owner", resourceUrn: `${URN}big`, after: { size: 5, owner: "me" } },
    {
      event: "policyEvent",
      policyName: "size",
      enforcementLevel: "mandatory",
      message: expect.stringMatching(/is 5/) as string,
    },
    { event: "policyEvent", policyName: "secrets", resourceUrn: `${URN}small` },
    { event: "summary", result: "failed" },
  ]);
  expect(readFileSync(file, "utf8")).toBe(before);

  let text = "";
  const display = new Display({ write: (part) => (text += part) }, { preview: true, diff: true, terminal: false });
  for (const event of events) display.show(event);
  display.stop();
  expect(text).toContain("❌ pack@v1.2.3\n        - [remediate]  owner  (x:index:Thing: big)\n");
  expect(text).toContain('          + owner: "me"\n');
  expect(text).toContain("        - [mandatory]  size  (x:index:Thing: big)\n          Things are small.\n");
}, 60_000);

test("settings of the file count; secrets that cannot be opened are not shown to the policies", async () => {
  const { violated, events } = await analyze("wrong", { all: "advisory", size: { most: 10 } });
  expect(violated).toBe(false);
  expect(events).toMatchObject([
    { event: "diagnostic", severity: "warning", message: expect.stringMatching(/cannot be opened/) as string },
    { event: "policyEvent", policyName: "secrets", message: expect.stringMatching(/password is \[secret\]/) as string },
    { event: "summary", result: "succeeded" },
  ]);
}, 60_000);

test("settings that a policy does not accept are all named", async () => {
  await expect(analyze("right", { size: { most: "many" } })).rejects.toThrow(
    'validating policy config for "pack": size: most must be number',
  );
}, 60_000);
