// SPDX-License-Identifier: Apache-2.0

/** OneFlow's templates and services through its REST interface. */
import type { PropertyMap } from "../../../provider/grpc/provider";
import { parseXml } from "../../../opennebula";
import { token } from "../../../provider/types";
import type { CallError } from "../../helpers/provider-client";
import type { FlowServer } from "./support/flow-server";
import { PASSWORD, World } from "./support/world";

/** What a program says: the id of a VM template is the output of a resource, and so a text. */
let body: { deployment: string; roles: PropertyMap[] };

let flow: FlowServer;
let world: World;
beforeAll(async () => {
  world = await World.start();
  flow = await world.startFlow();
  await world.make("Host", "kvm", { name: "kvm", imMad: "dummy", vmMad: "dummy" });
  const vm = await world.make("VmTemplate", "small", { name: "small", cpu: 0.1, memory: 16 });
  body = { deployment: "straight", roles: [{ name: "web", type: "vm", template_id: vm.id, cardinality: 2 }] };
});
afterAll(async () => world.close());

const kept = async (id: string): Promise<PropertyMap> =>
  JSON.parse((await world.info("document", id)).child("TEMPLATE")!.value("BODY")) as PropertyMap;
const asId = (role: PropertyMap | undefined): number => Number(role?.["template_id"]);
const vmStates = async (): Promise<string[]> => {
  const pool = parseXml("one.vmpool.info", await world.call("one.vmpool.info", -2, -1, -1, -1));
  return pool.children.map((vm) => `${vm.value("NAME")} ${vm.value("STATE")}`).sort();
};

it("sees no difference in what OneFlow adds to a template, and changes what the program says", async () => {
  const made = await world.make("ServiceTemplate", "web", { name: "web", body });
  expect(await kept(made.id)).toMatchObject({
    description: "",
    roles: [{ template_id: Number(body.roles[0]!["template_id"]) }],
  });
  expect((await world.diff("ServiceTemplate", "web", made, { name: "web", body })).paths).toEqual([]);
  const state = await world.refresh("ServiceTemplate", "web", made);
  expect(state?.inputs).toEqual(made.inputs);
  const wanted = { name: "web", body: { ...body, deployment: "none" } };
  expect((await world.diff("ServiceTemplate", "web", made, wanted)).paths).toEqual(["body"]);
  const after = await world.update("ServiceTemplate", "web", made, wanted);
  expect(await kept(made.id)).toMatchObject({ deployment: "none" });
  expect((await world.diff("ServiceTemplate", "web", after, wanted)).paths).toEqual([]);
  // A field that the program drops goes.
  const less = { name: "web", body: { roles: body.roles } };
  expect((await world.diff("ServiceTemplate", "web", after, less)).paths).toEqual(["body"]);
  await world.delete("ServiceTemplate", "web", after);
  expect(await world.refresh("ServiceTemplate", "web", after)).toBeUndefined();
});

it("makes one template when the answer is lost, and another one beside one of the same name", async () => {
  const first = await world.make("ServiceTemplate", "first", { name: "twice", body });
  flow.loseAnswer("POST /service_template");
  const second = await world.make("ServiceTemplate", "second", { name: "twice", body });
  expect(second.id).not.toBe(first.id);
  const pool = parseXml("one.documentpool.info", await world.call("one.documentpool.info", -2, -1, -1, 101));
  expect(pool.children.filter((one) => one.value("NAME") === "twice").length).toBe(2);
  await world.delete("ServiceTemplate", "first", first);
  await world.delete("ServiceTemplate", "second", second);
});

it("makes a service, scales a role in place, and finds it gone when it is done", async () => {
  const template = await world.make("ServiceTemplate", "base", { name: "base", body });
  const args = { name: "shop", template: template.id };
  const made = await world.make("Service", "shop", args);
  expect(made.outputs).toMatchObject({ state: "RUNNING", serviceId: Number(made.id) });
  expect(await vmStates()).toEqual([`web_0_(service_${made.id}) 3`, `web_1_(service_${made.id}) 3`]);
  const wanted = { ...args, cardinality: { web: "4" } };
  expect((await world.diff("Service", "shop", made, wanted)).paths).toEqual(["cardinality"]);
  const after = await world.update("Service", "shop", made, wanted);
  expect(flow.requests).toContain(`POST /service/${made.id}/scale`);
  expect(after.outputs).toMatchObject({ cardinality: { web: "4" } });
  expect((await world.diff("Service", "shop", after, wanted)).paths).toEqual([]);
  expect((await world.diff("Service", "shop", after, { ...wanted, template: "99" })).replaces).toEqual(["template"]);
  await world.delete("Service", "shop", after);
  expect(await kept(made.id)).toMatchObject({ state: 5 });
  expect(await vmStates()).toEqual([]);
});

it("tells why a service failed, and keeps it", async () => {
  const template = await world.make("ServiceTemplate", "big", { name: "big", body });
  const user = Number(await world.call("one.user.allocate", "dora", "pw", "core"));
  await world.call("one.user.quota", user, 'VM = [ VMS = "1" ]');
  for (const [kind, id] of [
    ["document", template.id],
    ["template", String(asId(body.roles[0]))],
  ] as const)
    await world.call(`one.${kind}.chmod`, Number(id), 1, 1, 1, 1, 0, 0, 1, 0, 0);
  await world.login("dora", "pw");
  const inputs = await world.check("Service", "big", { name: "big", template: template.id });
  const call = { type: token("Service"), name: "big" };
  const error = (await world.provider.create(call, inputs).catch((reason: unknown) => reason)) as CallError;
  expect(error.message).toMatch(
    /came into a state of failure: its state is FAILED_DEPLOYING; oned says: .*limit of 1 reached/,
  );
  expect(error.partial?.id).toMatch(/^\d+$/);
  await world.login("oneadmin", PASSWORD);
});

it("tells a refused login without the password", async () => {
  await world.login("oneadmin", "wrong-canary");
  const error = (await world
    .make("ServiceTemplate", "web", { name: "web", body })
    .catch((reason: unknown) => reason)) as Error;
  expect(error.message).toContain("HTTP 401");
  expect(error.message).not.toContain("wrong-canary");
});
