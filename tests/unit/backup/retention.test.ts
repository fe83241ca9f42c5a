// SPDX-License-Identifier: Apache-2.0
import type { Backup } from "../../../operations/backup/authentic";
import { planDocument } from "../../../operations/backup/plan";
import { superfluous, superfluousVms } from "../../../operations/backup/retention";

const DAY = 86_400;
const NOW = Date.UTC(2026, 5, 15, 12) / 1000;
const RETENTION = { daily: 3, weekly: 2, monthly: 2 };

function backup(id: string, takenAt: number, more: { host?: string; kind?: string; isCurrent?: boolean } = {}): Backup {
  const { host = "fe", kind = "database", isCurrent = true } = more;
  const generation = isCurrent ? "now" : "former";
  const said = { host, kind, generation, sequence: Math.floor(takenAt * 1000), takenAt };
  const manifest = { version: 1, ...said, artefacts: [] } as const;
  return { id, time: "", host, kind, folder: "/", isCurrent, manifest: { ...manifest, artefacts: [] } };
}

/** One backup a day at noon, the newest today. */
const daily = (days: number, more = {}): Backup[] =>
  Array.from({ length: days }, (_, index) => backup(`d${index}`, NOW - index * DAY, more));

const kept = (all: Backup[]): string[] => {
  const gone = new Set(superfluous(all, RETENTION, NOW));
  return all.map(({ id }) => id).filter((id) => !gone.has(id));
};

test("the newest of each day, week and month stay", () => {
  // 2026-06-15 is a Monday: the week before ends with d1, the month before with d15.
  expect(kept(daily(60))).toEqual(["d0", "d1", "d2", "d15"]);
});

test("each host and kind by itself; a day's older ones go", () => {
  const all = [backup("a", NOW), backup("b", NOW - 60), backup("c", NOW, { host: "host01" })];
  expect(kept([...all, backup("e", NOW, { kind: "configuration" })])).toEqual(["a", "c", "e"]);
});

test("what is not authentic makes no other superfluous and stays", () => {
  const planted: Backup = { ...backup("planted", NOW + 60), manifest: undefined, refused: "no seal" };
  expect(kept([backup("a", NOW), planted])).toEqual(["a", "planted"]);
});

test("a former machine's backups go by their age and push out none of its successor's", () => {
  const former = { isCurrent: false };
  const all = [backup("a", NOW), backup("f", NOW + 60, former), backup("old", NOW - 70 * DAY, former)];
  expect(kept(all)).toEqual(["a", "f"]);
  // Of the machine that is there the newest stays, however old it is.
  expect(kept([backup("only", NOW - 700 * DAY)])).toEqual(["only"]);
});

test("binary logs go after eight days; a backup that was stored twice goes or stays as one", () => {
  const logs = [7, 9].map((days) => backup(`log${days}`, NOW - days * DAY, { kind: "binlog" }));
  expect(kept(logs)).toEqual(["log7"]);
  expect(kept([backup("a", NOW), backup("again", NOW), backup("old", NOW - 1)])).toEqual(["a", "again"]);
});

test("the stack's state is what the operator has sealed, not what a host of that name has", () => {
  const artefacts = [{ name: "state", sha256: "0", bytes: 1 }];
  const state = (id: string, generation: string, takenAt: number): Backup => {
    const made = backup(id, takenAt, { host: "operator", kind: "state" });
    return { ...made, manifest: { ...made.manifest!, generation, artefacts } };
  };
  const [own, host] = [state("own", "operator", NOW), state("host", "0123456789abcdef", NOW + 60)];
  expect(planDocument([own, host], "state")).toMatchObject({
    snapshot: "own",
    steps: [{ places: [{ snapshot: "own" }] }],
  });
  expect(() => planDocument([own, host], "state", "host")).toThrow("no backup host of kind state");
});

test("copies of VM backups go by age, each VM's by itself, and one from the future pushes none out", () => {
  const copy = (id: string, vm: number, takenAt: number) => ({
    ...{ short_id: id, hostname: "fe", tags: [`one-${vm}`], paths: ["/"] },
    time: new Date(takenAt * 1000).toISOString(),
  });
  const days = Array.from({ length: 20 }, (_, index) => copy(`d${index}`, 7, NOW - index * DAY));
  const planted = Array.from({ length: 9 }, (_, index) => copy(`p${index}`, 7, NOW + (index + 1) * 40 * DAY));
  const gone = superfluousVms([...planted, ...days, copy("other", 8, NOW - 300 * DAY)], RETENTION, NOW);
  const all = days.map(({ short_id: id }) => id);
  expect(gone).toEqual(all.filter((id) => !["d0", "d1", "d2", "d15"].includes(id)));
});
