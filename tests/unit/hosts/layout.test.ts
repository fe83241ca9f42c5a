// SPDX-License-Identifier: Apache-2.0
import { addresses, inNamespace, labLayout } from "../../../lab/hosts/layout";
import { privateBridge } from "../../../lab/hosts/network";

describe("a lab's names", () => {
  it("share nothing but the cache with another lab of the checkout", () => {
    const [one, two] = [labLayout("one", "/srv/a"), labLayout("two", "/srv/a")];
    expect(one.cacheDirectory).toBe(two.cacheDirectory);
    expect(one.id).not.toBe(two.id);
    expect(one.directory).not.toBe(two.directory);
    expect(Object.values(one.namespaces).some((name) => Object.values(two.namespaces).includes(name))).toBe(false);
  });

  it("differ between checkouts, and are the same each time", () => {
    expect(labLayout("one", "/srv/a").id).not.toBe(labLayout("one", "/srv/b").id);
    expect(labLayout("one", "/srv/a")).toEqual(labLayout("one", "/srv/a"));
  });

  it.each(["", "cache", "Upper", "a/b", "..", "-a", "a-", "a".repeat(33), "ä"])("refuses the lab name %j", (name) => {
    expect(() => labLayout(name)).toThrow(/lab name .* is refused: use 1 to 32/);
  });

  it("keep the bridge of a private network within the kernel's 15 characters", () => {
    const bridge = privateBridge("5f2b3c4d-1111-4222-8333-444455556666");
    expect(bridge).toBe("pn-5f2b3c4d1111");
    expect(bridge.length).toBeLessThanOrEqual(15);
  });
});

it("enters a namespace without a shell", () => {
  expect(inNamespace("lab-op", ["ssh", "a b"])).toEqual(["nsenter", "--net=/run/netns/lab-op", "--", "ssh", "a b"]);
});

it("uses documentation addresses only, besides the gateway that Scaleway names", () => {
  const documented = /^(203\.0\.113|198\.51\.100|192\.0\.2)\./;
  const others = Object.entries(addresses).filter(([, value]) => typeof value === "string" && !documented.test(value));
  expect(others).toEqual([["flexibleGateway", "62.210.0.1"]]);
});
