// SPDX-License-Identifier: Apache-2.0
/**
 * A plugin in a process of its own that goes wrong as ENGINE_BROKEN says, `<how> <method>`: it hangs, dies, prints or answers late
 * when it is asked that about the resource `second`, or at all where a method is about no resource.
 */
import { createServer } from "node:net";
import type { ProviderImplementation } from "../../../../provider/grpc/provider";
import { serveProvider } from "../../../../provider/grpc/serve";

const [how, where] = (process.env.ENGINE_BROKEN ?? "").split(" ");

async function goWrong(method: string, name = "second"): Promise<void> {
  if (method !== where || name !== "second") return;
  if (how === "dies") process.exit(7);
  if (how === "prints") process.stdout.write("%%% not what a plugin should say\n");
  if (how === "late") await new Promise((next) => setTimeout(next, 2_000));
  if (how === "hangs") await new Promise(() => undefined);
}

const broken: ProviderImplementation = {
  name: "broken",
  version: "1.0.0",
  acceptSecrets: true,
  configure: () => goWrong("configure"),
  check: async ({ name }, news) => {
    await goWrong("check", name);
    return { inputs: news, failures: [] };
  },
  diff: async ({ name }, _id, { inputs }, news) => {
    await goWrong("diff", name);
    return { changes: inputs.value === news.value ? "none" : "some" };
  },
  create: async ({ name }, inputs) => {
    await goWrong("create", name);
    return { id: name, properties: inputs };
  },
  read: async ({ name }, id, { inputs, outputs }) => {
    await goWrong("read", name);
    return { id, inputs, properties: outputs };
  },
  update: async ({ name }, _id, _state, inputs) => {
    await goWrong("update", name);
    return inputs;
  },
  delete: ({ name }) => goWrong("delete", name),
};

if (how === "hangs" && where === "handshake") {
  // Whoever connects hears nothing.
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object" && address) process.stdout.write(`${String(address.port)}\n`);
  });
} else void serveProvider(broken);
