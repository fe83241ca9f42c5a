// SPDX-License-Identifier: Apache-2.0
// How a plugin's process ends.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { eventually } from "../../helpers/eventually";

const PLUGIN = join(__dirname, "../../../provider/pulumi-resource-opennebula");

let plugin: ChildProcess;
let said: string;
let client: ResourceProviderClient;

beforeEach(async () => {
  said = "";
  plugin = spawn(PLUGIN, ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
  plugin.stdout!.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  await eventually(() => said.includes("\n"), { what: "the plugin prints its port" });
  client = new ResourceProviderClient(`127.0.0.1:${said.trim()}`, grpc.credentials.createInsecure());
}, 90_000);
afterEach(() => {
  client.close();
  plugin.kill("SIGKILL");
});

function call(method: "cancel" | "getPluginInfo"): Promise<void> {
  return new Promise((resolve, reject) => {
    client[method](new Empty(), (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

// The CLI has five seconds in all for its plugins, and takes one that it had to kill for one that crashed.
test("ends at once by the signal that follows Cancel", async () => {
  await call("cancel");
  client.close();
  const ended = once(plugin, "exit") as Promise<[number | null, string | null]>;
  const started = performance.now();
  plugin.kill("SIGINT");
  expect(await ended).toEqual([0, null]);
  expect(performance.now() - started).toBeLessThan(4000);
});

test("takes Ctrl-C alone for the engine's affair", async () => {
  plugin.kill("SIGINT");
  await call("getPluginInfo");
  expect(plugin.exitCode).toBeNull();
});
