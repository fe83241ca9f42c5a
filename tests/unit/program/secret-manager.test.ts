// SPDX-License-Identifier: Apache-2.0
/** Credentials on their way: made by a program, written to Secret Manager (the emulator) through the provider, read by `secrets sync`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseCloud } from "../../../config/cloud";
import { deployProgram } from "../../../lab/engine/testing";
import { newCredentials, noMachines, startEmulator } from "../../../lab/scaleway/index";
import { syncSecrets, type StackResource } from "../../../operations";
import { secretStore } from "../../../operations/secrets/stores/store";
import { cloudConfig, fakeStack } from "../../helpers/deployed-cloud";

const root = resolve(__dirname, "../../..");
const PROGRAM = `
require("tsx/cjs");
const pulumi = require("@pulumi/pulumi");
const random = require("@pulumi/random");
const { CollectedCredentials, SecretManager } = require(${JSON.stringify(join(root, "components/secrets"))});
const projectId = process.env.SCW_DEFAULT_PROJECT_ID;
class Cloud extends pulumi.ComponentResource {
  constructor() {
    const credentials = new CollectedCredentials();
    super("test:index:Cloud", "test", {}, { transformations: [credentials.collect] });
    // 32 letters and digits are also base64.
    new random.RandomPassword("test-frontend-db-password", { length: 32, special: false }, { parent: this });
    new random.RandomPassword("test-access-user-ada", { length: 32, special: false }, { parent: this });
    new random.RandomPassword("test-of-nobody", { length: 32 }, { parent: this });
    const args = { projectId, region: "fr-par", path: "cloud", protected: false, credentials: credentials.found };
    new SecretManager("test-secrets", args, { parent: this });
  }
}
new Cloud();
`;

test("each run brings what it made to the store, a new value as the newest version, and a second run changes nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "secret-manager-"));
  const credentials = newCredentials();
  const stateFile = join(folder, "account.json");
  const emulator = await startEmulator({ port: 0, host: "127.0.0.1", stateFile, machines: noMachines, credentials });
  const env = {
    SCW_API_URL: emulator.url,
    SCW_ACCESS_KEY: credentials.accessKey,
    SCW_SECRET_KEY: credentials.secretKey,
    SCW_DEFAULT_PROJECT_ID: credentials.projectId,
    SCW_DEFAULT_ORGANIZATION_ID: credentials.organizationId,
    SCW_LAB_POLL_SCALE: "0",
  };
  const secrets = { store: "scaleway-secret-manager", path: "cloud" };
  const config = parseCloud(cloudConfig({ projectId: credentials.projectId, secrets }));
  const { stack, result } = await deployProgram({ files: { "index.js": PROGRAM }, env });
  const verdicts = async (): Promise<string[]> => {
    const resources = (await stack.openedState()) as unknown as StackResource[];
    const store = secretStore(config, { stack: "test", directory: folder, environment: env })!;
    const report = await syncSecrets(fakeStack({ resources }), { store });
    return report.secrets.map(({ name, verdict }) => `${name} ${verdict}`);
  };
  try {
    result.succeeded();
    const all = ["database-password same", "user-password-ada same"];
    expect(await verdicts()).toEqual(all);
    (await stack.deploy()).unchanged();
    const password = result.resource("test-frontend-db-password").urn;
    (await stack.deploy({ replace: [password] })).succeeded();
    expect(await verdicts()).toEqual(all);
    (await stack.destroy()).succeeded();
    const store = secretStore(config, { stack: "test", directory: folder, environment: env })!;
    expect(await store.names()).toEqual([]);
  } finally {
    stack.dispose();
    await emulator.close();
    rmSync(folder, { recursive: true });
  }
}, 120_000);
