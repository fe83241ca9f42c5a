// SPDX-License-Identifier: Apache-2.0
import { parseCloud } from "../../../config/cloud";
import type { DeployedCloud, SecretStore, StackResource } from "../../../operations";
import { unlockHosts } from "../../../operations/encryption/unlock";
import { cloudConfig, fakeStack } from "../../helpers/deployed-cloud";

const TYPE = "random:index/randomPassword:RandomPassword";
const keyInState = (host: string): StackResource => ({
  urn: `urn:pulumi:prod::p::a:b:Cloud$${TYPE}::prod-host-disk-key-${host}`,
  type: TYPE,
  outputs: { result: `state's key of ${host}` },
});

/** A cloud whose hosts note what they are given. */
function cloudWith(encryption: object, broken?: string): { cloud: Parameters<typeof unlockHosts>[0]; given: string[] } {
  const given: string[] = [];
  const names = ["fe", "host01"];
  const cloud = {
    stack: fakeStack({ resources: names.map(keyInState) }),
    config: parseCloud(cloudConfig({ encryption })),
    hosts: names.map((name) => ({ name })),
    host: (name: string) => ({ name }),
    root: (host: string, script: string, input = "") => {
      given.push(`${host} ${script.includes("unlock")} ${input}`);
      return host === broken ? Promise.reject(new Error(`host ${host}: exit status 1`)) : Promise.resolve("");
    },
  };
  return { cloud: cloud as unknown as Pick<DeployedCloud, "stack" | "config" | "host" | "hosts" | "root">, given };
}

test("each host gets its own key, from the store or, where that is away or has none, from the state", async () => {
  const { cloud, given } = cloudWith({ disks: true });
  const store: SecretStore = {
    about: "a store",
    names: () => Promise.resolve([]),
    read: (name) =>
      name === "disk-key-fe" ? Promise.resolve({ password: "store's key of fe" }) : Promise.reject(new Error("away")),
  };
  expect(await unlockHosts(cloud, [], { store })).toEqual([
    { host: "fe", verdict: "open", keyFrom: "store" },
    { host: "host01", verdict: "open", keyFrom: "state" },
  ]);
  expect(given.sort()).toEqual(["fe true store's key of fe", "host01 true state's key of host01"]);
});

test("one host that does not open keeps no other closed", async () => {
  const { cloud } = cloudWith({ disks: true }, "fe");
  expect(await unlockHosts(cloud, [], {})).toEqual([
    { host: "fe", verdict: "failed", reason: "host fe: exit status 1" },
    { host: "host01", verdict: "open", keyFrom: "state" },
  ]);
});

test("a cloud without encrypted disks is told so, and nobody is asked", async () => {
  const { cloud, given } = cloudWith({});
  await expect(unlockHosts(cloud, [], {})).rejects.toThrow("encryption.disks is off");
  expect(given).toEqual([]);
});
