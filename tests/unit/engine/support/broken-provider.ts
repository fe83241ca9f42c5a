// SPDX-License-Identifier: Apache-2.0
/** A plugin whose creations go wrong as their input `how` says, in a process of its own. */
import type { ProviderImplementation } from "../../../../provider/grpc/provider";
import { serveProvider } from "../../../../provider/grpc/serve";

const broken: ProviderImplementation = {
  name: "broken",
  version: "1.0.0",
  acceptSecrets: true,
  configure: async () => undefined,
  check: async (_resource, news) => ({ inputs: news, failures: [] }),
  diff: async () => ({ changes: "none" }),
  create: async ({ name }, inputs) => {
    if (inputs.how === "dies") process.exit(7);
    if (inputs.how === "prints") process.stdout.write("%%% not what a plugin should say\n");
    if (inputs.how === "late") await new Promise((next) => setTimeout(next, 2_000));
    return { id: name, properties: inputs };
  },
  read: async (_resource, id, { inputs, outputs }) => ({ id, inputs, properties: outputs }),
  update: async (_resource, _id, _state, inputs) => inputs,
  delete: async () => undefined,
};

void serveProvider(broken);
