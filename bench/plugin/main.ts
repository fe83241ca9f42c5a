// SPDX-License-Identifier: Apache-2.0
/** The provider of the bench: answers at once, so that what is measured is the engine and the program. */
import type { ProviderImplementation } from "../../provider/grpc/provider";
import { serveProvider } from "../../provider/grpc/serve";

const instant: ProviderImplementation = {
  name: "bench",
  version: "1.0.0",
  acceptSecrets: true,
  configure: async () => undefined,
  check: async (_resource, news) => ({ inputs: news, failures: [] }),
  diff: async (_resource, _id, { inputs }, news) => ({
    changes: JSON.stringify(inputs) === JSON.stringify(news) ? "none" : "some",
  }),
  create: async ({ name }, inputs) => ({ id: name, properties: { ...inputs, serial: name } }),
  read: async (_resource, id, { inputs, outputs }) => ({ id, inputs, properties: outputs }),
  update: async ({ name }, _id, _state, inputs) => ({ ...inputs, serial: name }),
  delete: async () => undefined,
};

void serveProvider(instant);
