// SPDX-License-Identifier: Apache-2.0
import { Api, flexible, orderServer } from "./api";

let api: Api;
let server: string;
beforeEach(async () => {
  api = await new Api().start({}, { flexibleIp: 5_000 });
  server = await orderServer(api);
});
afterEach(() => api.end());

const buy = () => api.id("POST", `${flexible}/fips`, {});
const attach = (...ids: string[]) => api.call("POST", `${flexible}/fips/attach`, { fips_ids: ids, server_id: server });
const detach = (id: string) => api.call("POST", `${flexible}/fips/detach`, { fips_ids: [id] });
const look = (id: string) => api.ok("GET", `${flexible}/fips/${id}`);
const arrive = (): void => void (api.time += 5_000);

test("an address that is being moved takes no other order", async () => {
  const id = await buy();
  expect((await attach(id)).status).toBe(200);
  for (const again of [await attach(id), await detach(id)]) {
    expect([again.status, again.body.type, again.body.current_state]).toEqual([409, "transient_state", "updating"]);
  }
  arrive();
  expect(await look(id)).toMatchObject({ status: "attached", server_id: server });
  expect((await detach(id)).status).toBe(200);
  expect((await attach(id)).body.current_state).toBe("detaching");
  expect(await look(id)).toMatchObject({ status: "detaching", server_id: server });
  arrive();
  expect(await look(id)).toMatchObject({ status: "ready", server_id: null });
});

test("a MAC is in use while its address is attached", async () => {
  const id = await buy();
  await api.ok("POST", `${flexible}/fips/${id}/mac`, { mac_type: "kvm" });
  await attach(id);
  arrive();
  expect(await look(id)).toMatchObject({ mac_address: { status: "used" } });
  await detach(id);
  arrive();
  expect(await look(id)).toMatchObject({ mac_address: { status: "ready" } });
});

test("addresses go together only with one MAC, and all or none", async () => {
  const [a, b] = [await buy(), await buy()];
  await api.ok("POST", `${flexible}/fips/${a}/mac`, { mac_type: "kvm" });
  expect((await attach(a, b)).status).toBe(412);
  expect(await look(a)).toMatchObject({ status: "ready" });
  await api.ok("POST", `${flexible}/fips/${b}/mac/duplicate`, { duplicate_from_fip_id: a });
  expect((await attach(a, b)).status).toBe(200);
  arrive();
  for (const id of [a, b]) expect(await look(id)).toMatchObject({ status: "attached" });
});

test("every answer has an id of its own, errors too", async () => {
  const ids = [await api.call("GET", `${flexible}/fips`), await api.call("GET", `${flexible}/fips/x`)].map((reply) =>
    reply.headers.get("X-Request-Id"),
  );
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(ids[0]).not.toBe(ids[1]);
});
