// SPDX-License-Identifier: Apache-2.0
/**
 * Secretness itself: this repository's program is deployed on the lab's engine, with all that makes credentials switched on, and no
 * secret of it is plain in what the program registers (as it comes over the wire), in the state, or in an event.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { credentialFields, credentials, credentialTypes, heldCredential, type Credential } from "../../../catalogue";
import { reveal } from "../../../operations";
import { deployProgram } from "../../../lab/engine/testing";

const root = resolve(__dirname, "../../..");
const LINKED = [
  "catalogue",
  "components",
  "config",
  "node_modules",
  "onhost",
  "opennebula",
  "package.json",
  "provider",
  "tools",
  "index.ts",
  "tsconfig.json",
];
const STUBBED = ["command", "opennebula", "scaleway"];
const CANARIES = {
  smtpPassword: "canary-of-the-mail-server",
  slackWebhook: "https://hooks.example.org/canary-of-the-chat",
  deadManUrl: "https://watch.example.org/canary-of-the-watch",
};

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "secrecy-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** The program with plugins that need nothing but themselves. */
function project(): { projectDir: string; pluginDirs: string[] } {
  const projectDir = join(folder, "project");
  mkdirSync(projectDir);
  for (const name of LINKED) symlinkSync(join(root, name), join(projectDir, name));
  const { plugins: _, ...own } = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as Record<string, unknown>;
  writeFileSync(join(projectDir, "Pulumi.yaml"), stringify(own));
  const stubs = join(folder, "plugins");
  mkdirSync(stubs);
  for (const name of STUBBED) {
    const file = join(stubs, `pulumi-resource-${name}`);
    const run = `exec node ${root}/tools/bundled.cjs ${root}/tests/helpers/stub-plugin.ts "$@"`;
    writeFileSync(file, `#!/bin/sh\nSTUB_PACKAGE=${name} ${run}\n`);
    chmodSync(file, 0o755);
  }
  return { projectDir, pluginDirs: [stubs, join(root, "lab/plugins/bin")] };
}

/** Everything on: each kind of credential that the state can hold is made. */
function config(): Record<string, unknown> {
  const file = parse(readFileSync(join(root, "Pulumi.prod.yaml"), "utf8")) as {
    config: Record<string, Record<string, unknown>>;
  };
  const cloud = file.config["opennebula-scaleway:cloud"]!;
  const secrets = Object.entries(CANARIES).map(([name, value]) => [`opennebula-scaleway:${name}`, value] as const);
  return {
    ...file.config,
    ...Object.fromEntries(secrets),
    "opennebula-scaleway:cloud": {
      ...cloud,
      protect: false,
      encryption: { disks: true },
      secrets: { store: "scaleway-secret-manager" },
      tls: { mode: "acme", names: ["cloud.example.org"], acme: { challenge: "dns-01", dnsZone: "example.org" } },
      access: { users: { ada: { role: "admin" } } },
      monitoring: {
        email: {
          to: ["ops@example.org"],
          from: "cloud@example.org",
          smarthost: "mail.example.org:587",
          username: "cloud",
        },
        slack: { channel: "#ops" },
        deadMan: true,
      },
      backups: { vms: { host: "host01", jobs: { nightly: { vms: ["web"], at: "03:00" } } } },
    },
  };
}

/** Pieces by which a secret is known wherever it stands: itself, and a line out of the middle of a key. */
function piecesOf(secret: string): string[] {
  const lines = secret.trim().split("\n");
  return lines.length === 1 ? [secret] : [lines[Math.floor(lines.length / 2)]!];
}

test("no credential and no secret of the configuration is plain in a registration, the state or an event", async () => {
  const registered: { name: string; plain: string }[] = [];
  const run = { ...project(), config: config(), stack: "prod" };
  const { stack, result } = await deployProgram({
    ...run,
    onRegistration: (name, properties) =>
      registered.push({ name, plain: JSON.stringify(stripSecretEnvelopes(properties)) }),
  });
  try {
    result.succeeded();
    const opened = await stack.openedState();
    const held = opened.filter(({ type }) => credentialTypes.includes(type));
    const found = held.map(({ type, urn }) => heldCredential(type, urn.split("::").at(-1)!)?.name);
    const wanted = Object.entries<Credential>(credentials).flatMap(([name, { resource }]) => (resource ? [name] : []));
    // Grafana's is made where it is wanted; whatever is made is in the inventory.
    expect(found).not.toContain(undefined);
    expect(wanted.filter((name) => !(found as string[]).includes(name))).toEqual([]);
    const values = held.flatMap(({ type, outputs }) =>
      Object.keys(credentialFields[type]!)
        .filter((output) => output !== "accessKey")
        .map((output) => (reveal(outputs) as Record<string, string>)[output]!),
    );
    const secrets = [...values, ...Object.values(CANARIES)];
    for (const secret of secrets) expect(secret.length).toBeGreaterThan(20);
    const sightings = secrets.flatMap(piecesOf).flatMap((piece) => [
      ...registered.filter(({ plain }) => plain.includes(piece)).map(({ name }) => `registration of ${name}`),
      // The stack file of the test is not encrypted, and the first event tells what it says.
      ...result.sightings(piece).filter((where) => where !== "event prelude"),
    ]);
    expect(sightings).toEqual([]);
    // What is looked at holds what is looked for: opened, each secret is used by another resource than the one that made it.
    const inputs = opened.map(({ inputs }) => JSON.stringify(reveal(inputs ?? {}))).join("\n");
    for (const piece of secrets.flatMap(piecesOf)) expect(inputs).toContain(piece);
    // Each has its copy in the store.
    const stored = opened.filter(({ type }) => type === "scaleway:secrets/version:Version");
    expect(stored.map(({ urn }) => urn.split("::").at(-1))).toEqual(
      expect.arrayContaining(
        wanted.filter((name) => name !== "user-password" && name !== "disk-key").map((name) => `prod-secrets-${name}`),
      ),
    );
    expect(stored).toHaveLength(held.length);
    expect(registered.length).toBeGreaterThan(100);
  } finally {
    stack.dispose();
  }
}, 240_000);

test("a walk sees what is plain, and not what is in an envelope", () => {
  const envelope = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "hidden" };
  expect(JSON.stringify(stripSecretEnvelopes({ a: [{ b: envelope }], c: "plain" }))).toBe(
    '{"a":[{"b":"*"}],"c":"plain"}',
  );
});

function stripSecretEnvelopes(properties: unknown): unknown {
  return JSON.parse(JSON.stringify(properties), (_key, value: unknown) =>
    (value as Record<string, unknown> | null)?.["4dabf18193072939515e22adb298388d"] ===
    "1b47061264138c4ac30d75fd1eb44270"
      ? "*"
      : value,
  ) as unknown;
}
