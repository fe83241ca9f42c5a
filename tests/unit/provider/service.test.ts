// SPDX-License-Identifier: Apache-2.0

/** OneFlow's templates and services through its REST interface. */
import { Secret } from "../../../provider/grpc/provider";
import { startFlow, type FlowServer } from "./support/flow-server";
import { PASSWORD, World } from "./support/world";

const body = { deployment: "straight", roles: [{ name: "web", type: "vm", template_id: "7", cardinality: 2 }] };

let flow: FlowServer;
let world: World;
beforeAll(async () => {
  flow = await startFlow(`oneadmin:${PASSWORD}`);
  world = await World.start();
  const endpoint = `http://127.0.0.1:${world.proxy.port}/RPC2`;
  const flowEndpoint = `http://127.0.0.1:${flow.port}`;
  await world.provider.configure({ endpoint, flowEndpoint, username: "oneadmin", password: new Secret(PASSWORD) });
});
afterAll(async () => {
  await world.close();
  await flow.close();
});

it("sees no difference in what OneFlow adds to a template, and changes what the program says", async () => {
  const made = await world.make("ServiceTemplate", "web", { name: "web", body });
  expect(flow.templates.get(Number(made.id))?.body).toMatchObject({ roles: [{ template_id: 7, cooldown: 300 }] });
  expect((await world.diff("ServiceTemplate", "web", made, { name: "web", body })).paths).toEqual([]);
  const state = await world.refresh("ServiceTemplate", "web", made);
  expect(state?.inputs).toEqual(made.inputs);
  const wanted = { name: "web", body: { ...body, deployment: "none" } };
  expect((await world.diff("ServiceTemplate", "web", made, wanted)).paths).toEqual(["body"]);
  const after = await world.update("ServiceTemplate", "web", made, wanted);
  expect(flow.templates.get(Number(made.id))?.body).toMatchObject({ deployment: "none" });
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
  expect([...flow.templates.values()].filter(({ name }) => name === "twice").length).toBe(2);
  await world.delete("ServiceTemplate", "first", first);
  await world.delete("ServiceTemplate", "second", second);
});

it("makes a service, scales a role in place, and finds it gone when it is done", async () => {
  const template = await world.make("ServiceTemplate", "base", { name: "base", body });
  const args = { name: "shop", template: template.id };
  const made = await world.make("Service", "shop", args);
  expect(made.outputs).toMatchObject({ state: "RUNNING", serviceId: Number(made.id) });
  const wanted = { ...args, cardinality: { web: "4" } };
  expect((await world.diff("Service", "shop", made, wanted)).paths).toEqual(["cardinality"]);
  const after = await world.update("Service", "shop", made, wanted);
  expect(flow.requests).toContain(`POST /service/${made.id}/scale`);
  expect(after.outputs).toMatchObject({ cardinality: { web: "4" } });
  expect((await world.diff("Service", "shop", after, wanted)).paths).toEqual([]);
  expect((await world.diff("Service", "shop", after, { ...wanted, template: "99" })).replaces).toEqual(["template"]);
  await world.delete("Service", "shop", after);
  expect(flow.services.size).toBe(0);
});

it("tells a refused login without the password", async () => {
  const flowEndpoint = `http://127.0.0.1:${flow.port}`;
  const endpoint = `http://127.0.0.1:${world.proxy.port}/RPC2`;
  await world.provider.configure({
    endpoint,
    flowEndpoint,
    username: "oneadmin",
    password: new Secret("wrong-canary"),
  });
  const error = (await world
    .make("ServiceTemplate", "web", { name: "web", body })
    .catch((reason: unknown) => reason)) as Error;
  expect(error.message).toContain("HTTP 401");
  expect(error.message).not.toContain("wrong-canary");
});
