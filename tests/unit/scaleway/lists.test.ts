// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { paginate } from "../../../lab/scaleway/core/lists";
import { contains, macOf, nthIpv4, overlap, readNetwork } from "../../../lab/scaleway/core/ip";
import { Api, baremetal, vpc } from "./api";

test("the pages of a list are the list", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (items, size) => {
      const pages: number[] = [];
      for (let page = 1; page <= Math.ceil(items.length / size) + 1; page++) {
        const query = new URLSearchParams({ page: String(page), page_size: String(size) });
        const listing = paginate(items, query, {});
        expect(listing.total).toBe(items.length);
        pages.push(...listing.items);
      }
      expect(pages).toEqual(items);
    }),
  );
});

test("networks: containment and overlap agree with counting addresses", () => {
  const cidr = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 24, max: 29 }))
    .map(([host, prefix]) => `10.0.0.${host - (host % 2 ** (32 - prefix))}/${prefix}`);
  const addresses = (text: string): string[] => {
    const [, first = "0"] = /\.(\d+)\//.exec(text) ?? [];
    const size = 2 ** (32 - Number(text.split("/")[1]));
    return Array.from({ length: size }, (_, index) => `10.0.0.${Number(first) + index}`);
  };
  fc.assert(
    fc.property(cidr, cidr, (a, b) => {
      expect(readNetwork(a)).toBeDefined();
      const [first, second] = [addresses(a), new Set(addresses(b))];
      expect(overlap(a, b)).toBe(first.some((address) => second.has(address)));
      expect(first.every((address) => contains(a, address))).toBe(true);
      expect(nthIpv4(a, 2)).toBe(first[2]);
      expect(nthIpv4(a, first.length - 1)).toBeUndefined();
    }),
  );
});

test("MACs are locally administered, unicast and a function of their seed", () => {
  fc.assert(
    fc.property(fc.string(), (seed) => {
      expect(macOf(seed)).toMatch(/^02(:[0-9a-f]{2}){5}$/);
      expect(macOf(seed)).toBe(macOf(seed));
    }),
  );
});

describe("over HTTP", () => {
  let api: Api;
  beforeAll(async () => {
    api = await new Api().start();
  });
  afterAll(() => api.end());

  test("order_by, page and page_size", async () => {
    for (const name of ["b", "a", "c"]) await api.ok("POST", `${vpc}/vpcs`, { name: `list-${name}` });
    const names = async (query: string) => {
      const { vpcs } = await api.ok("GET", `${vpc}/vpcs?name=list-&${query}`);
      return (vpcs as { name: string }[]).map(({ name }) => name.replace("list-", "")).join("");
    };
    expect(await names("")).toBe("bac");
    expect(await names("order_by=created_at_desc")).toBe("cab");
    expect(await names("order_by=name_asc")).toBe("abc");
    expect(await names("order_by=name_asc&page=2&page_size=2")).toBe("c");
    for (const query of ["page=0", "page=x", "page_size=-1", "order_by=colour_asc"]) {
      expect((await api.call("GET", `${vpc}/vpcs?${query}`)).status).toBe(400);
    }
  });

  test("the catalogue: hourly offers unless monthly ones are asked for, each pointing to the other", async () => {
    const offers = async (query: string) =>
      (await api.ok("GET", `${baremetal}/offers?page=1&${query}`))["offers"] as Record<string, unknown>[];
    const hourly = await offers("subscription_period=unknown_subscription_period");
    const monthly = await offers("subscription_period=monthly");
    const one = hourly.find(({ name }) => name === "EM-A610R-NVME");
    expect(new Set(hourly.map((row) => row["subscription_period"]))).toEqual(new Set(["hourly"]));
    expect(monthly.find(({ id }) => id === one?.["monthly_offer_id"])).toMatchObject({
      name: "EM-A610R-NVME",
      price_per_hour: null,
      price_per_month: { currency_code: "EUR", units: 39, nanos: 990_000_000 },
    });
    expect(one).toMatchObject({ price_per_hour: { units: 0, nanos: 110_000_000 }, stock: "available" });
  });

  test("unknown paths say that they are not implemented; unknown zones and regions are refused", async () => {
    expect(await api.call("GET", "/instance/v1/zones/fr-par-1/servers")).toMatchObject({
      status: 501,
      body: { message: expect.stringContaining("GET /instance/v1/zones/fr-par-1/servers") as string },
    });
    expect((await api.call("GET", "/baremetal/v1/zones/mars-1/servers")).status).toBe(400);
    expect((await api.call("GET", "/vpc/v2/regions/mars/vpcs")).status).toBe(400);
  });

  test.each(["{", "[]", '"text"'])("the body %s is refused", async (body) => {
    expect((await api.call("POST", `${vpc}/vpcs`, body)).status).toBe(400);
  });
});
