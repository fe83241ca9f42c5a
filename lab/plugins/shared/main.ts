// SPDX-License-Identifier: Apache-2.0

/** What the main file of every stand-in does. */
import type { ProviderImplementation } from "../../../provider/grpc/provider";
import { serveProvider } from "../../../provider/grpc/serve";

/** Serves the provider as a plugin that says what it is: see {@link labelled}. */
export function serveStandIn(provider: ProviderImplementation): Promise<void> {
  return serveProvider(labelled(provider));
}

/**
 * The provider with a label wherever the protocol has room for one: its version ends in `+lab-stand-in` (build metadata, which
 * does not count in comparisons) and its schema's description says it in words.
 */
export function labelled(provider: ProviderImplementation): ProviderImplementation {
  const { name, version } = provider;
  const description = `The lab's stand-in for pulumi-resource-${name} ${version}. It is not the real provider.`;
  return {
    ...provider,
    version: `${version}+lab-stand-in`,
    schema: () => JSON.stringify({ name, version, description }),
  };
}
