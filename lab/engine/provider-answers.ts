// SPDX-License-Identifier: Apache-2.0
/** What providers answer to checks and diffs, in the engine's words. */
import type * as pb from "@pulumi/pulumi/proto/provider_pb";
import { NO_DIFF } from "./provider";
import type { Diff, PropertyDiff } from "./types";

const KINDS: readonly PropertyDiff["kind"][] = [
  "add",
  "add-replace",
  "delete",
  "delete-replace",
  "update",
  "update-replace",
];

export function failuresOf(list: pb.CheckFailure[]): { property: string; reason: string }[] {
  return list.map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() }));
}

export function diffOf(answer: pb.DiffResponse): Diff {
  const changes = (["unknown", "none", "some"] as const)[answer.getChanges()] ?? "unknown";
  const diff: Diff = {
    ...NO_DIFF,
    changes,
    replaceKeys: answer.getReplacesList(),
    changedKeys: answer.getDiffsList(),
    deleteBeforeReplace: answer.getDeletebeforereplace(),
  };
  const entries = answer.getDetaileddiffMap().getEntryList() as unknown as [string, unknown][];
  if (answer.getHasdetaileddiff()) {
    diff.detailed = {};
    for (const [path] of entries) {
      const entry = answer.getDetaileddiffMap().get(path);
      if (entry) diff.detailed[path] = { kind: KINDS[entry.getKind()] ?? "update", inputDiff: entry.getInputdiff() };
    }
  }
  return diff;
}
