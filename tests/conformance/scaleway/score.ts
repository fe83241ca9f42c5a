// SPDX-License-Identifier: Apache-2.0
// Replays all recordings and prints the comparisons as JSON: `node --import tsx tests/conformance/scaleway/score.ts`.
// api.test.ts runs it before jest collects its tests, because a test's title cannot wait for a result.
import { readResource, recordedResources, recordingsFolder } from "./recordings";
import { replay, type Replay } from "./replay";

export interface ResourceReplays {
  resource: string;
  replays: Replay[];
}

/** The products that the emulator has; recordings of others may lie in the same folder. */
const emulated = /^(account|iam|elasticmetal|network|ipam|provider|secrets)(\.|$)/;

async function main(): Promise<void> {
  const folder = process.argv[2] ?? recordingsFolder();
  const only = process.argv[3] ?? "";
  const all: ResourceReplays[] = [];
  for (const resource of recordedResources(folder).filter((name) => emulated.test(name))) {
    const replays: Replay[] = [];
    for (const scenario of readResource(resource, folder)) {
      if (`${resource}/${scenario.name}`.includes(only)) replays.push(await replay(scenario));
    }
    all.push({ resource, replays });
  }
  process.stdout.write(JSON.stringify(all));
}

void main();
