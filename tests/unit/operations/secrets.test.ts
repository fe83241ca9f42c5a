// SPDX-License-Identifier: Apache-2.0
import { credentials } from "../../../catalogue";
import { listSecrets, secretsText, type Stack, type StackResource } from "../../../operations";

const CANARY = "never-to-be-shown";
const resource = (type: string, name: string, created?: string): StackResource => ({
  urn: `urn:pulumi:prod::opennebula-scaleway::parent$${type}::${name}`,
  type,
  created,
  outputs: { result: CANARY, privateKeyPem: CANARY, secretKey: CANARY },
});
const PASSWORD = "random:index/randomPassword:RandomPassword";
const KEY = "tls:index/privateKey:PrivateKey";

function stackWith(resources: StackResource[]): Stack {
  const unused = (): never => {
    throw new Error("listing reads the state alone");
  };
  return {
    name: "prod",
    outputs: unused,
    config: unused,
    preview: unused,
    refresh: unused,
    forget: unused,
    refreshPreview: unused,
    up: unused,
    export: () => Promise.resolve(resources),
  };
}

const deployed = [
  resource(PASSWORD, "prod-frontend-db-password", "2026-01-01T00:00:00Z"),
  resource(PASSWORD, "prod-access-user-ada"),
  resource(KEY, "prod-host-deploy-key", "2026-01-01T00:00:00Z"),
  resource("scaleway:iam/apiKey:ApiKey", "prod-network-agent", "2026-01-01T00:00:00Z"),
  resource("scaleway:iam/sshKey:SshKey", "prod-host-deploy-key", "2026-01-01T00:00:00Z"),
];

test("lists what the state holds by the inventory, and what hosts keep", async () => {
  const { secrets, unknown } = await listSecrets(stackWith(deployed));
  const names = secrets.filter(({ urn }) => urn !== undefined).map(({ name }) => name);
  expect(names).toEqual(["database-password", "user-password", "deploy-key", "agent-api-key"]);
  expect(secrets.filter(({ urn }) => urn === undefined).map(({ name }) => name)).toEqual(
    Object.entries(credentials).flatMap(([name, entry]) => ("resource" in entry ? [] : [name])),
  );
  expect(unknown).toEqual([]);
});

test("tells a credential that nobody entered, also one whose name is another kind's", async () => {
  const strangers = [resource(PASSWORD, "prod-new-thing"), resource(KEY, "prod-frontend-db-password")];
  const { unknown } = await listSecrets(stackWith([...deployed, ...strangers]));
  expect(unknown).toEqual(strangers.map(({ urn }) => urn));
});

test("the text says age and owner, and never a value", async () => {
  const report = await listSecrets(stackWith(deployed));
  const text = secretsText(report, new Date("2026-01-31T12:00:00Z"));
  expect(text).toContain("database-password (prod-frontend-db-password): oned's database");
  expect(text).toContain("owner frontend, 30 days old; used by oned.conf");
  expect(text).toContain("owner access, of unknown age");
  expect(text).toContain("kept by hosts");
  expect(text + JSON.stringify(report)).not.toContain(CANARY);
});

test("no two entries claim the same resource", () => {
  const examples: [string, string][] = [
    [PASSWORD, "p-frontend-db-password"],
    [PASSWORD, "p-frontend-oneadmin-password"],
    [PASSWORD, "p-access-user-frontend-db"],
    [KEY, "p-frontend-oneadmin-key"],
    [KEY, "p-host-deploy-key"],
    [KEY, "p-host-ssh-ca"],
    [KEY, "p-tls-ca-key"],
    [KEY, "p-tls-proxy-key"],
    [KEY, "p-logs-authority"],
  ];
  for (const [type, name] of examples) {
    const claims = Object.values(credentials).filter(
      (entry) => "resource" in entry && entry.resource.type === type && entry.resource.name.test(name),
    );
    expect([name, claims.length]).toEqual([name, 1]);
  }
});
