// SPDX-License-Identifier: Apache-2.0

/** The SDK classes: what they register, and that no secret leaves in the clear. */
import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime";
import { Host, Provider } from "../../../components/cloud";
import { RESOURCES } from "../../../provider/resources";
import { token } from "../../../provider/types";

const CANARY = "canary-7bd0";
const SECRET = "4dabf18193072939515e22adb298388d";
let registered: MockResourceArgs[];

beforeEach(async () => {
  registered = [];
  await pulumi.runtime.setMocks({
    newResource: (args) => {
      registered.push(args);
      return {
        id: "3",
        state: { ...(args.inputs as object), hostId: 3, clusterId: 0, clusterName: "default", state: "on" },
      };
    },
    call: ({ token }) => {
      throw new Error(`unexpected call ${token}`);
    },
  });
});

const inputsOf = async (): Promise<Record<string, unknown>> => {
  await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
  return (registered[0]?.inputs ?? {}) as Record<string, unknown>;
};

it("registers a provider whose password and hop are secret, the hop as JSON text without what is not the provider's", async () => {
  const connection = { host: "fe", user: "ops", privateKey: CANARY, hostKey: "ssh-ed25519 AAAA", dialErrorLimit: 3 };
  new Provider("oned", { endpoint: "http://127.0.0.1:2633/RPC2", password: CANARY, ssh: connection });
  const inputs = await inputsOf();
  expect(registered[0]?.type).toBe("pulumi:providers:opennebula");
  expect(inputs).toMatchObject({
    endpoint: "http://127.0.0.1:2633/RPC2",
    password: { [SECRET]: expect.any(String) as string, value: CANARY },
    ssh: { [SECRET]: expect.any(String) as string },
  });
  const { value } = inputs["ssh"] as { value: string };
  expect(JSON.parse(value)).toEqual({ host: "fe", user: "ops", privateKey: CANARY, hostKey: "ssh-ed25519 AAAA" });
});

it("registers a host with the inputs of the definition and has every output of it", async () => {
  const host = new Host("host01", { name: "host01", attributes: { RACK: "A1" } });
  expect(await inputsOf()).toEqual({ name: "host01", attributes: { RACK: "A1" } });
  expect(registered[0]?.type).toBe(token("Host"));
  const definition = RESOURCES[token("Host")];
  const names = [...Object.keys(definition?.inputs ?? {}), ...Object.keys(definition?.outputs ?? {})];
  const members = host as unknown as Record<string, unknown>;
  for (const name of names)
    expect({ name, output: pulumi.Output.isInstance(members[name]) }).toEqual({ name, output: true });
  const [hostId, state] = await new Promise<[number, string]>((resolve) => {
    pulumi.all([host.hostId, host.state]).apply((values) => resolve(values));
  });
  expect([hostId, state]).toEqual([3, "on"]);
});
