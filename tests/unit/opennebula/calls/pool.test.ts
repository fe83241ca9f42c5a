// SPDX-License-Identifier: Apache-2.0

/** Pages of a pool that changes while it is read. */
import fc from "fast-check";
import { InvalidValueError, OpenNebula } from "../../../../opennebula";
import { ScriptedClient } from "../recorded";

/** oned's pool of VMs, newest first. @param between - called after each page. */
function cloud(ids: number[], between: () => void = () => undefined): ScriptedClient {
  return new ScriptedClient((_method, parameters) => {
    const [, start, end] = parameters as [number, number, number];
    const page = ids.slice(start, start - end).map((id) => `<VM><ID>${id}</ID><NAME>vm-${id}</NAME></VM>`);
    between();
    return `<VM_POOL>${page.join("")}</VM_POOL>`;
  });
}

const newestFirst = (count: number): number[] => Array.from({ length: count }, (_, index) => count - index);

it("gives every VM once that is there all the time, whatever goes and comes between the pages", async () => {
  const change = fc.record({ drop: fc.nat(), come: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(40),
      fc.integer({ min: 2, max: 12 }),
      fc.array(change, { maxLength: 30 }),
      async (count, pageSize, changes) => {
        const ids = newestFirst(count);
        const gone = new Set<number>();
        let next = count + 1;
        const client = cloud(ids, () => {
          const now = changes.shift();
          if (now === undefined) return;
          for (const id of ids.splice(now.drop % (ids.length + 1), 2)) gone.add(id);
          if (now.come) ids.unshift(next++);
        });
        const seen = (await new OpenNebula(client).vms.list({ pageSize })).map(({ id }) => id);
        expect(new Set(seen).size).toBe(seen.length);
        const wanted = newestFirst(count).filter((id) => !gone.has(id));
        expect(seen).toEqual(expect.arrayContaining(wanted));
      },
    ),
  );
});

it("finds the newest of a name without reading on", async () => {
  const client = cloud(newestFirst(100));
  expect(await new OpenNebula(client).vms.findByName("vm-99", { pageSize: 10 })).toMatchObject({ id: 99 });
  expect(client.asked).toHaveLength(1);
});

it("refuses pages that cannot overlap", async () => {
  await expect(new OpenNebula(cloud([1])).vms.list({ pageSize: 1 })).rejects.toThrow(InvalidValueError);
});
