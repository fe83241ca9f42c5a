// SPDX-License-Identifier: Apache-2.0
// Makes the compact copy of the recordings:
//   node --import tsx tests/conformance/scaleway/compact.ts <folder of recordings> <folder to write> [resource...]
// One file a resource, one line a scenario. Answers that occur in several scenarios (the list of offers) are kept once.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mapValues, readFolders, recordedResources, type RawScenario } from "./recordings";

/** Shorter values are not worth a reference. */
const worthSharing = 200;

function compact(scenarios: RawScenario[]): string {
  const counts = new Map<string, number>();
  const count = (value: unknown): void => {
    mapValues(value, (object) => {
      const text = JSON.stringify(object);
      if (text.length >= worthSharing) counts.set(text, (counts.get(text) ?? 0) + 1);
      return undefined;
    });
  };
  for (const { http, grpc } of scenarios) count([http, grpc]);

  const shared: Record<string, unknown> = {};
  const names = new Map<string, string>();
  const share = (value: unknown): unknown =>
    mapValues(value, (object) => {
      const text = JSON.stringify(object);
      if ((counts.get(text) ?? 0) < 2) return undefined;
      const name = names.get(text) ?? String(names.size + 1);
      if (!names.has(text)) {
        names.set(text, name);
        shared[name] = object;
      }
      return { to: { $shared: name } };
    });
  const lines = scenarios.map(({ http, grpc, ...rest }) =>
    JSON.stringify({ ...rest, http: http.map(share), grpc: grpc.map(share) }),
  );
  return [JSON.stringify({ shared }), ...lines, ""].join("\n");
}

const [from, to, ...wanted] = process.argv.slice(2);
if (from === undefined || to === undefined) throw new Error("usage: compact.ts <from> <to> [resource...]");
mkdirSync(to, { recursive: true });
for (const resource of wanted.length === 0 ? recordedResources(from) : wanted) {
  writeFileSync(join(to, `${resource}.jsonl`), compact(readFolders(join(from, resource))));
}
