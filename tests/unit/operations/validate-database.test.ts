// SPDX-License-Identifier: Apache-2.0
import type { CheckContext } from "../../../operations/validate/check";
import { references } from "../../../operations/validate/checks/database/references";
import { ImageType } from "../../../opennebula";

type Lists = Record<string, Record<string, unknown>[]>;

/** A cloud whose objects agree. */
const SOUND: Lists = {
  hosts: [{ id: 0, name: "fe", vmIds: [7], runningVms: 1 }],
  vms: [{ id: 7, name: "web" }],
  clusters: [{ id: 0, name: "default", hostIds: [0], datastoreIds: [1], networkIds: [2] }],
  datastores: [{ id: 1, name: "default", imageIds: [3, 4] }],
  images: [
    { id: 3, name: "small", type: ImageType.Os, vmIds: [7], runningVms: 1 },
    // Of a VM that is gone its backups stay.
    { id: 4, name: "backup", type: ImageType.Backup, vmIds: [6], runningVms: 1 },
  ],
  vnets: [{ id: 2, name: "private" }],
  users: [{ id: 5, name: "ada", groupIds: [1] }],
  groups: [{ id: 1, name: "users", userIds: [5] }],
};

async function problemsOf(change: Lists): Promise<string[]> {
  const lists = Object.entries({ ...SOUND, ...change }).map(([kind, all]) => [
    kind,
    { list: () => Promise.resolve(all) },
  ]);
  const context = { cloud: { oned: Object.fromEntries(lists) as unknown }, signal: AbortSignal.timeout(1000) };
  const { verdict, evidence } = await references.run(context as CheckContext);
  expect(verdict).toBe(evidence.length === 1 ? "pass" : "fail");
  return evidence.slice(0, -1);
}

test.each<[Lists, string[]]>([
  [{}, []],
  [{ vms: [] }, ["host fe names VM 7, which does not exist", "image small names VM 7, which does not exist"]],
  [{ hosts: [{ id: 0, name: "fe", vmIds: [7], runningVms: 2 }] }, ["host fe counts 2 VMs that run and lists 1"]],
  [{ users: [{ id: 5, name: "ada", groupIds: [] }] }, ["group users counts user 5, who does not count it"]],
  [{ users: [] }, ["group users names user 5, which does not exist"]],
  [{ vnets: [] }, ["cluster default names network 2, which does not exist"]],
])("objects that do not fit together are told: %j", async (change, problems) => {
  expect(await problemsOf(change)).toEqual(problems);
});
