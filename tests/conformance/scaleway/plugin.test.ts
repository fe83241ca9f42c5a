// SPDX-License-Identifier: Apache-2.0
import { pluginExceptions } from "./plugin-exceptions";
import { concerns, replayPlugin } from "./plugin-replay";
import { readResource, recordedResources } from "./recordings";
import type { Scenario } from "./recordings";

// Milliseconds each; a loaded machine may be slow to give this process its turn.
jest.setTimeout(60_000);

const products = new Map<string, { title: string; scenario: Scenario }[]>();
for (const resource of recordedResources()) {
  const [product = resource] = resource.split(".");
  // Scenarios of other products' resources lie in the same folder; those of a resource hold at least one call about it.
  const own = readResource(resource).filter((scenario) => scenario.grpc.some(concerns) && isOurs(resource, scenario));
  const titled = own.map((scenario) => ({ title: `${resource}/${scenario.name}`, scenario }));
  if (titled.length > 0) products.set(product, [...(products.get(product) ?? []), ...titled]);
}

function isOurs(resource: string, scenario: Scenario): boolean {
  return resource === "provider" || scenario.grpc.filter((row) => row.method !== "Invoke").every(concerns);
}

describe.each([...products])("the stand-in plugin answers and asks as the real one did", (product, scenarios) => {
  const listed = scenarios.filter(({ title }) => title in pluginExceptions);
  const score = `${String(scenarios.length - listed.length)} of ${String(scenarios.length)} scenarios`;

  describe(`${product}: ${score}`, () => {
    for (const { title, scenario } of scenarios) {
      const reason = pluginExceptions[title];
      if (reason === undefined) {
        test(title, async () => {
          expect(await replayPlugin(scenario)).toEqual([]);
        });
      } else {
        test(`${title} differs: ${reason}`, async () => {
          expect(await replayPlugin(scenario)).not.toEqual([]);
        });
      }
    }
  });
});

test("every exception names a recorded scenario", () => {
  const titles = [...products.values()].flat().map(({ title }) => title);
  expect(Object.keys(pluginExceptions).filter((title) => !titles.includes(title))).toEqual([]);
});
