// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { load } from "../../../config";

const root = resolve(__dirname, "../../..");
const key = "opennebula-scaleway:cloud";

function configure(monitoring: object, secrets: Record<string, string> = {}): void {
  const file = parse(readFileSync(join(root, "Pulumi.lab.yaml"), "utf8")) as { config: Record<string, object> };
  const cloud = JSON.stringify({ ...file.config[key], monitoring });
  const projectId = "11111111-1111-4111-8111-111111111111";
  const named: Record<string, string> = Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => [`opennebula-scaleway:${name}`, value]),
  );
  pulumi.runtime.setAllConfig({ [key]: cloud, "scaleway:projectId": projectId, ...named });
}

const ways = {
  email: { smarthost: "mail.example.org:587", from: "a@example.org", to: ["b@example.org"], username: "a" },
  slack: {},
  deadMan: true,
};

test("a way to people without its secret is refused, every one at once, by path and with the cure", () => {
  configure(ways);
  expect(load).toThrow(
    /3 mistakes[^]*monitoring\.email\.username[^]*monitoring\.slack[^]*monitoring\.deadMan[^]*--secret opennebula-scaleway:deadManUrl/,
  );
});

test("secrets are taken where they are needed and are secret", async () => {
  configure(ways, { smtpPassword: "one", slackWebhook: "two", deadManUrl: "three" });
  const { secrets } = load().monitoring!;
  for (const secret of Object.values(secrets) as pulumi.Output<string>[])
    expect(await pulumi.isSecret(secret)).toBe(true);
  expect(Object.keys(secrets)).toEqual(["smtpPassword", "slackWebhook", "deadManUrl"]);
  configure({});
  expect(load().monitoring!.secrets).toEqual({});
});
