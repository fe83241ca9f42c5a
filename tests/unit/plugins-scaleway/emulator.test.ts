// SPDX-License-Identifier: Apache-2.0
// The stand-in plugin against the emulator, over real gRPC: the calls of this project's program from the first to the last.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { scalewayProvider } from "../../../lab/plugins/scaleway/provider";
import { newCredentials, noMachines, startEmulator } from "../../../lab/scaleway/index";
import type { Emulator } from "../../../lab/scaleway/index";
import { Secret } from "../../../provider/grpc/provider";
import type { PropertyMap } from "../../../provider/grpc/provider";
import { CallError, connectProvider } from "../../helpers/provider-client";

const types = {
  key: "scaleway:iam/sshKey:SshKey",
  application: "scaleway:iam/application:Application",
  group: "scaleway:iam/group:Group",
  policy: "scaleway:iam/policy:Policy",
  apiKey: "scaleway:iam/apiKey:ApiKey",
  vpc: "scaleway:network/vpc:Vpc",
  network: "scaleway:network/privateNetwork:PrivateNetwork",
  ip: "scaleway:ipam/ip:Ip",
  server: "scaleway:elasticmetal/server:Server",
  flexibleIp: "scaleway:elasticmetal/ip:Ip",
  mac: "scaleway:elasticmetal/ipMacAddress:IpMacAddress",
  bucket: "scaleway:object/bucket:Bucket",
  lock: "scaleway:object/bucketLockConfiguration:BucketLockConfiguration",
} as const;

const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICJEoOOgQBLJPs4g/XcPTKT82NywNPpxeuA20FlOPlpO ops@example.test";
// Every step is quick; a loaded machine may be slow to give this process its turn.
jest.setTimeout(60_000);

const OPTION = "fr-par-1/cd4158d7-2d65-49be-8803-c4b8ab6f760c";

interface Made {
  type: string;
  name: string;
  id: string;
  inputs: PropertyMap;
  outputs: PropertyMap;
}

let folder: string;
let emulator: Emulator;
let client: Awaited<ReturnType<typeof connectProvider>>;
const credentials = newCredentials();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "scaleway-plugin-"));
  const stateFile = join(folder, "state.json");
  const clock = { speed: 200 };
  emulator = await startEmulator({ port: 0, host: "127.0.0.1", stateFile, machines: noMachines, credentials, clock });
  client = await connectProvider(
    scalewayProvider({
      SCW_API_URL: emulator.url,
      SCW_S3_ENDPOINT: emulator.url,
      SCW_ACCESS_KEY: credentials.accessKey,
      SCW_SECRET_KEY: credentials.secretKey,
      SCW_DEFAULT_PROJECT_ID: credentials.projectId,
      SCW_DEFAULT_ORGANIZATION_ID: credentials.organizationId,
      SCW_LAB_POLL_SCALE: "0.01",
    }),
  );
  await client.configure({});
});

afterAll(async () => {
  await client.close();
  await emulator.close();
  rmSync(folder, { recursive: true });
});

async function make(type: string, name: string, args: PropertyMap): Promise<Made> {
  const { inputs, failures } = await client.check({ type, name }, args);
  expect(failures).toEqual([]);
  const { id, properties } = await client.create({ type, name }, inputs);
  return { type, name, id, inputs, outputs: properties };
}

async function remove({ type, name, id, inputs, outputs }: Made): Promise<void> {
  await client.delete({ type, name, id }, { inputs, outputs });
}

async function changesOf({ type, name, id, inputs, outputs }: Made, news = inputs): Promise<unknown> {
  const result = await client.diff({ type, name, id }, { inputs, outputs }, news);
  return result.diffsList;
}

async function account(): Promise<Record<string, number>> {
  const answer = await fetch(`${emulator.url}/_lab/account`);
  return ((await answer.json()) as { objects: Record<string, number> }).objects;
}

test("a cloud is made, read, changed and removed, and leaves nothing behind", async () => {
  const before = await account();
  const made: Made[] = [];
  const add = async (type: string, name: string, args: PropertyMap): Promise<Made> => {
    const one = await make(type, name, args);
    made.push(one);
    return one;
  };
  const key = await add(types.key, "key", { publicKey: PUBLIC_KEY });
  const application = await add(types.application, "agent", { description: "agent of the hosts" });
  const group = await add(types.group, "agents", { applicationIds: [application.id] });
  const rules = [{ permissionSetNames: ["IPAMReadOnly", "ElasticMetalReadOnly"], projectIds: [credentials.projectId] }];
  await add(types.policy, "least", { groupId: group.id, rules });
  const apiKey = await add(types.apiKey, "agent", { applicationId: application.id });
  expect(apiKey.outputs.secretKey).toBeInstanceOf(Secret);
  const vpc = await add(types.vpc, "vpc", {});
  const network = await add(types.network, "mgmt", { vpcId: vpc.id, ipv4Subnet: { subnet: "10.16.0.0/20" } });
  const ip = await add(types.ip, "fe", { sources: [{ privateNetworkId: network.id }], address: "10.16.0.10" });
  const { result: os } = await client.invoke("scaleway:elasticmetal/getOs:getOs", {
    name: "Debian",
    version: "12 (Bookworm)",
  });
  const server = await add(types.server, "fe", {
    offer: "EM-A610R-NVME",
    os: os.osId ?? null,
    hostname: "fe",
    sshKeyIds: [key.id],
    options: [{ id: OPTION }],
    privateNetworks: [{ id: network.id, ipamIpIds: [ip.id] }],
    cloudInit: "#cloud-config\n",
  });
  expect(server.outputs).toMatchObject({
    offerName: "EM-A610R-NVME",
    osName: "Debian",
    cloudInit: "#cloud-config\n",
    privateIps: [{ address: "10.16.0.10", id: ip.id }],
    privateNetworks: [{ id: network.id, status: "attached", ipamIpIds: [ip.id] }],
  });
  const flexibleIp = await add(types.flexibleIp, "vm", { serverId: server.id });
  await add(types.mac, "vm", { flexibleIpId: flexibleIp.id, type: "kvm" });

  const bucket = await add(types.bucket, "backups", {
    name: "unit-backups",
    objectLockEnabled: true,
    versioning: { enabled: true },
    lifecycleRules: [{ id: "old", enabled: true, noncurrentVersionExpiration: { noncurrentDays: 30 } }],
    forceDestroy: true,
  });
  for (const lifecycleRules of [[{ id: "old", enabled: true, expiration: { days: 9 } }], []])
    expect(await changesOf(bucket, { ...bucket.inputs, lifecycleRules })).toEqual(["lifecycleRules"]);
  expect(bucket.outputs).toMatchObject({ acl: "private", objectLockEnabled: true, versioning: { enabled: true } });
  const lock = { bucket: "unit-backups", rule: { defaultRetention: { mode: "GOVERNANCE", days: 7 } } };
  await add(types.lock, "backups", lock);

  for (const one of made) {
    expect({ [one.name]: await changesOf(one) }).toEqual({ [one.name]: [] });
    const { type, name, id, inputs, outputs } = one;
    const read = await client.read({ type, name, id }, { inputs, outputs });
    expect(read.id).toBe(id);
    one.outputs = read.properties;
    // What was refreshed differs no more than what was made.
    expect({ [one.name]: await changesOf(one) }).toEqual({ [one.name]: [] });
  }

  const renamed = { ...server.inputs, description: "front-end" };
  expect(await changesOf(server, renamed)).toEqual(["description"]);
  const call = { type: server.type, name: server.name, id: server.id };
  server.outputs = await client.update(call, server, renamed);
  server.inputs = renamed;
  expect(server.outputs.description).toBe("front-end");
  expect(await changesOf(server)).toEqual([]);

  for (const one of made.reverse()) await remove(one);
  expect(await account()).toEqual(before);
});

test("a create that breaks off leaves the server in the state, from which it can be removed", async () => {
  const key = await make(types.key, "key", { publicKey: PUBLIC_KEY });
  const match = { method: "POST", path: "/options/" };
  const body = JSON.stringify({ match, status: 400, times: 1, body: { type: "invalid_arguments", details: [] } });
  await fetch(`${emulator.url}/_lab/faults`, { method: "POST", body, headers: { "content-type": "application/json" } });
  const os = "83640d93-a0b8-45ad-9c9f-30cae48380a4";
  const call = { type: types.server, name: "broken" };
  const args = { offer: "EM-A610R-NVME", os, sshKeyIds: [key.id], options: [{ id: OPTION }] };
  const { inputs } = await client.check(call, args);
  const error = await client.create(call, inputs).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CallError);
  const partial = (error as CallError).partial;
  expect(partial?.id).toMatch(/^fr-par-1\//);
  expect(partial?.reasons.join()).toContain("creating urn:");
  const outputs = partial?.properties ?? {};
  await remove({ ...call, id: partial?.id ?? "", inputs, outputs });
  await remove(key);
});

test("an import reads the object and its inputs; what is not there is told", async () => {
  const vpc = await make(types.vpc, "found", { tags: ["a"] });
  const call = { type: types.vpc, name: "found", id: vpc.id };
  const read = await client.read(call, { inputs: {}, outputs: {} });
  expect(read.inputs).toMatchObject({ name: vpc.inputs.name, tags: ["a"], region: "fr-par" });
  await remove(vpc);
  const gone = await client.read(call, { inputs: {}, outputs: {} });
  expect(gone.id).toBe("");
});

test("an unknown type is refused with the list of what there is", async () => {
  await expect(client.check({ type: "scaleway:redis/cluster:Cluster", name: "r" }, {})).rejects.toThrow(
    /no resource scaleway:redis.*scaleway:network\/vpc:Vpc.*--engine pulumi/,
  );
});
