// SPDX-License-Identifier: Apache-2.0
import { missingPackages, obstacles, type Machine } from "../../../lab/hosts/requirements";

const good: Machine = {
  platform: "linux",
  uid: 0,
  node: "20.19.4",
  has: () => true,
  disk: () => ({ free: 50e9, overlay: false }),
  filesystems: () => "nodev\tproc\nnodev\toverlay\n\text4\n",
  packageSources: () => undefined,
};

describe("what keeps a lab from running", () => {
  it("is nothing on a Debian machine", () => expect(obstacles("/srv", good)).toEqual([]));

  it.each<[string, Partial<Machine>, RegExp]>([
    ["another system", { platform: "darwin" }, /darwin.*Debian 12 machine.*npm run preview/],
    ["a user other than root", { uid: 1000 }, /not root.*sudo/],
    ["no apt", { has: (program) => program !== "apt-get" }, /apt is missing/],
    ["an old Node", { node: "20.19.3" }, /20\.19\.3 is too old: install Node 20\.19\.4/],
    ["an older Node", { node: "18.20.0" }, /too old/],
    ["a full disk", { disk: () => ({ free: 1e9, overlay: false }) }, /1\.0 GB free, a lab needs 5\.0 GB: free some/],
    ["an overlay", { disk: () => ({ free: 50e9, overlay: true }) }, /lies on an overlay/],
    ["no overlay file system", { filesystems: () => "\text4\n" }, /modprobe overlay/],
    [
      "no package sources",
      {
        packageSources: () => {
          throw new Error("no sources");
        },
      },
      /no sources/,
    ],
  ])("is said for %s", (_, change, reason) => {
    const found = obstacles("/srv", { ...good, ...change });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(reason);
  });

  it.each(["20.19.5", "20.20.0", "22.0.0", "24.1.1"])("is not Node %s", (node) => {
    expect(obstacles("/srv", { ...good, node })).toEqual([]);
  });

  it("is said all at once", () => {
    expect(
      obstacles("/srv", { ...good, uid: 1, node: "18.0.0", disk: () => ({ free: 0, overlay: true }) }),
    ).toHaveLength(4);
  });
});

it("tells which packages are missing", async () => {
  expect(await missingPackages(["dpkg", "no-such-package-here"])).toEqual(["no-such-package-here"]);
  expect(await missingPackages(["dpkg"])).toEqual([]);
});
