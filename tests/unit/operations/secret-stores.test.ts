// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentialTypes } from "../../../catalogue";
import { parseCloud } from "../../../config/cloud";
import { newCredentials, noMachines, startEmulator, type Emulator } from "../../../lab/scaleway/index";
import { rotate, syncSecrets, syncText, type Stack, type StackResource } from "../../../operations";
import { secretStore } from "../../../operations/secrets/stores/store";
import { cloudConfig, cloudOutputs, keyPair } from "../../helpers/deployed-cloud";
import { VaultStandIn } from "../../helpers/vault-stand-in";

const CANARY = "canary-that-nobody-may-see";
const [PASSWORD, KEY] = credentialTypes as [string, string];
const resource = (type: string, name: string, outputs: object): StackResource => ({
  urn: `urn:pulumi:prod::opennebula-scaleway::parent$${type}::${name}`,
  type,
  outputs: outputs as Record<string, unknown>,
});

let folder: string;
let vault: VaultStandIn;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "secret-stores-"));
  vault = await new VaultStandIn().start();
  writeFileSync(join(folder, "token"), `${vault.token}\n`);
  writeFileSync(join(folder, "secret-id"), `${vault.secretId}\n`);
});

beforeEach(() => {
  vault.kv.clear();
  vault.calls.length = 0;
});

afterAll(async () => {
  await vault.stop();
  rmSync(folder, { recursive: true });
});

/** A stack whose state holds these credentials. */
function stackOf(secrets: object, passwords = ["one", "two"]): Stack {
  const unused = (): never => {
    throw new Error("not needed");
  };
  const state = [
    resource(PASSWORD, "prod-frontend-db-password", { result: `${CANARY}-${passwords[0]}` }),
    resource(PASSWORD, "prod-access-user-ada", { result: `${CANARY}-${passwords[1]}` }),
    resource(KEY, "prod-host-deploy-key", { privateKeyPem: CANARY, privateKeyOpenssh: CANARY, publicKeyPem: "public" }),
    resource(PASSWORD, "prod-of-nobody", { result: CANARY }),
  ];
  return {
    name: "prod",
    config: () => Promise.resolve(cloudConfig({ secrets })),
    export: () => Promise.resolve(state),
    outputs: unused,
    preview: unused,
    refresh: unused,
    refreshPreview: unused,
    forget: unused,
    up: unused,
  };
}

const vaultConfig = (login: object, change: object = {}) => ({
  store: "vault",
  vault: { address: vault.address, authority: vault.authority, ...login, ...change },
});

describe("Vault (a stand-in of it)", () => {
  test.each([
    ["a token", () => ({ tokenFile: "token" })],
    ["AppRole", () => ({ appRole: { roleId: vault.roleId, secretIdFile: "secret-id" } })],
  ])("with %s sync writes every credential of the inventory once, a new value as a new version", async (_, login) => {
    const secrets = vaultConfig(login());
    const first = await syncSecrets(stackOf(secrets), { directory: folder });
    const names = ["database-password", "deploy-key", "user-password-ada"];
    expect(first.secrets).toEqual(names.map((name) => ({ name, verdict: "written" })));
    expect([...vault.kv.keys()].sort()).toEqual(names.map((name) => `secret/opennebula-scaleway/prod/${name}`));
    expect(vault.kv.get("secret/opennebula-scaleway/prod/database-password")![0]!.data).toEqual({
      password: `${CANARY}-one`,
    });
    vault.put("secret/opennebula-scaleway/prod/user-password-gone", { password: "x" });
    const again = await syncSecrets(stackOf(secrets, ["new", "two"]), { directory: folder });
    expect(again.secrets.map(({ verdict }) => verdict)).toEqual(["written", "same", "same"]);
    expect(again.left).toEqual(["user-password-gone"]);
    expect(vault.kv.get("secret/opennebula-scaleway/prod/database-password")).toHaveLength(2);
    expect(JSON.stringify([first, again]) + syncText(again)).not.toContain(CANARY);
  });

  test("a version that was deleted is followed by another", async () => {
    const path = "secret/opennebula-scaleway/prod/database-password";
    vault.put(path, { password: "x" });
    vault.kv.get(path)![0]!.deleted = true;
    const { secrets } = await syncSecrets(stackOf(vaultConfig({ tokenFile: "token" })), { directory: folder });
    expect(secrets[0]).toEqual({ name: "database-password", verdict: "written" });
    expect(vault.kv.get(path)).toHaveLength(2);
  });

  test.each<[string, () => { config?: object; before?: () => void; after?: () => void }, RegExp]>([
    [
      "another authority's certificate",
      () => ({ config: vaultConfig({ tokenFile: "token" }, { authority: undefined }) }),
      /is not reached: (SELF_SIGNED|UNABLE_TO)/,
    ],
    [
      "a token that is not known",
      () => ({
        before: () => writeFileSync(join(folder, "other"), CANARY),
        config: vaultConfig({ tokenFile: "other" }),
      }),
      /Vault answered 403 .*the login may not/,
    ],
    [
      "a file that is not there",
      () => ({ config: vaultConfig({ tokenFile: "none" }) }),
      /tokenFile: none cannot be read \(ENOENT\)/,
    ],
    [
      "a file with more than a token",
      () => ({
        before: () => writeFileSync(join(folder, "other"), `${CANARY}\n${CANARY}`),
        config: vaultConfig({ tokenFile: "other" }),
      }),
      /must hold one line/,
    ],
    [
      "an AppRole that is refused",
      () => ({
        before: () => writeFileSync(join(folder, "other"), CANARY),
        config: vaultConfig({ appRole: { roleId: vault.roleId, secretIdFile: "other" } }),
      }),
      /does not let the AppRole .* in \(400\)/,
    ],
    [
      "a sealed Vault",
      () => ({ before: () => (vault.isSealed = true), after: () => (vault.isSealed = false) }),
      /Vault answered 503 .*sealed/,
    ],
    [
      "an answer without end",
      () => ({
        before: () =>
          (vault.interfere = (_path, response) => {
            response.writeHead(200).end(Buffer.alloc(5 * 1024 * 1024, "x"));
            return true;
          }),
        after: () => (vault.interfere = undefined),
      }),
      /answered with too much/,
    ],
    [
      "a page of a proxy",
      () => ({
        before: () => (vault.interfere = (_path, response) => (response.writeHead(200).end(`<html>${CANARY}`), true)),
        after: () => (vault.interfere = undefined),
      }),
      /answered 200 and no JSON/,
    ],
  ])("%s is told, and no value with it", async (_, prepare, reason) => {
    const { config = vaultConfig({ tokenFile: "token" }), before, after } = prepare();
    before?.();
    try {
      const { secrets } = await syncSecrets(stackOf(config), { directory: folder }).catch((error: Error) => ({
        secrets: [{ verdict: "failed", reason: error.message }],
      }));
      for (const secret of secrets)
        expect(secret).toMatchObject({ verdict: "failed", reason: expect.stringMatching(reason) as string });
      expect(JSON.stringify(secrets)).not.toContain(CANARY);
    } finally {
      after?.();
    }
  });

  test("what somebody else writes between look and write is not covered up", async () => {
    const path = "/v1/secret/data/opennebula-scaleway/prod/database-password";
    vault.interfere = () => {
      const reads = vault.calls.filter((call) => call === `GET ${path}`).length;
      // The read of `sync`, then the read before the write: after that another version is there.
      if (vault.calls.at(-1) === `GET ${path}` && reads === 2)
        setImmediate(() => vault.put("secret/opennebula-scaleway/prod/database-password", { password: "theirs" }));
      return false;
    };
    try {
      const { secrets } = await syncSecrets(stackOf(vaultConfig({ tokenFile: "token" })), { directory: folder });
      expect(secrets[0]).toMatchObject({
        verdict: "failed",
        reason: expect.stringContaining("somebody else") as string,
      });
    } finally {
      vault.interfere = undefined;
    }
    expect(vault.kv.get("secret/opennebula-scaleway/prod/database-password")).toHaveLength(1);
  });

  test("rotate gives it the new value, and says so when it cannot", async () => {
    let value = 1;
    const secrets = vaultConfig({ tokenFile: "token" });
    const stack: Stack = {
      ...stackOf(secrets),
      outputs: () => Promise.resolve(cloudOutputs({ host: keyPair(), login: keyPair() }, "oneadmin's")),
      up: () => Promise.resolve({ same: 0, create: 0, update: 0, delete: 0, replace: value++ }),
      export: () => Promise.resolve([resource(PASSWORD, "prod-frontend-db-password", { result: `password-${value}` })]),
    };
    const rotation = {
      valueOf: ({ outputs }: StackResource) => String(outputs!.result),
      opens: (_: unknown, tried: string) => Promise.resolve(tried === `password-${value}`),
    };
    const run = () =>
      rotate(stack, ["database-password"], { stack: { "database-password": rotation }, hosts: {}, directory: folder });
    expect(await run()).toMatchObject([{ verdict: "rotated" }]);
    expect(vault.kv.get("secret/opennebula-scaleway/prod/database-password")!.at(-1)!.data).toEqual({
      password: "password-2",
    });
    vault.isSealed = true;
    expect(await run()).toMatchObject([
      { verdict: "failed", reason: expect.stringMatching(/is replaced, but the secret store/) as string },
    ]);
    vault.isSealed = false;
  });
});

describe("Scaleway Secret Manager (the emulator)", () => {
  const credentials = newCredentials();
  let emulator: Emulator;

  beforeAll(async () => {
    emulator = await startEmulator({
      port: 0,
      host: "127.0.0.1",
      stateFile: join(folder, "account.json"),
      machines: noMachines,
      credentials,
    });
  });
  afterAll(() => emulator.close());

  const call = async (tail: string, body: object): Promise<{ id: string }> => {
    const response = await fetch(`${emulator.url}/secret-manager/v1beta1/regions/fr-par/secrets${tail}`, {
      method: "POST",
      headers: { "X-Auth-Token": credentials.secretKey },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as { id: string };
  };
  const environment = () => ({ SCW_API_URL: emulator.url, SCW_SECRET_KEY: credentials.secretKey });
  const store = (change: NodeJS.ProcessEnv = {}) => {
    const config = cloudConfig({ projectId: credentials.projectId, secrets: { store: "scaleway-secret-manager" } });
    return secretStore(parseCloud(config), {
      stack: "prod",
      directory: folder,
      environment: { ...environment(), ...change },
    })!;
  };

  test("says which credentials a run has not brought there, and writes nothing", async () => {
    const put = async (name: string, secret: object): Promise<void> => {
      const { id } = await call("", { name, path: "/opennebula-scaleway/prod", type: "key_value" });
      await call(`/${id}/versions`, { data: Buffer.from(JSON.stringify(secret)).toString("base64") });
    };
    await put("database-password", { password: `${CANARY}-one` });
    await put("user-password-ada", { password: "an older one" });
    await put("user-password-gone", { password: "x" });
    const report = await syncSecrets(stackOf({}), { store: store() });
    expect(report.secrets.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      "database-password same",
      "deploy-key differs",
      "user-password-ada differs",
    ]);
    expect(report.left).toEqual(["user-password-gone"]);
    expect(JSON.stringify(report)).not.toContain(CANARY);
  });

  test("a key that may not, and none, are told without it", async () => {
    await expect(store({ SCW_SECRET_KEY: CANARY }).names()).rejects.toThrow(
      /^Secret Manager answered 401; the key needs/,
    );
    await expect(store({ SCW_SECRET_KEY: "" }).names()).rejects.toThrow("SCW_SECRET_KEY: is not set");
  });

  test("a key that may read values alone reads them, and the account's file has none in plain", async () => {
    const secrets = store();
    expect(await secrets.names()).toContain("database-password");
    expect(await secrets.read("database-password")).toEqual({ password: `${CANARY}-one` });
    expect(await secrets.read("of-nobody")).toBeUndefined();
    const file = readFileSync(join(folder, "account.json"), "utf8");
    expect(file).not.toContain(CANARY);
    expect(file).not.toContain(Buffer.from(`{"password":"${CANARY}`).toString("base64").slice(0, 30));
  });
});

test("without a store nothing is asked", async () => {
  const report = await syncSecrets(stackOf({}));
  expect(report).toEqual({ stack: "prod", secrets: [], left: [] });
  expect(syncText(report)).toContain("alone");
});
