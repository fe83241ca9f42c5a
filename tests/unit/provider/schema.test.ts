// SPDX-License-Identifier: Apache-2.0

/** The schema by the rules of Pulumi's metaschema, and the functions behind it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as cloud from "../../../components/cloud";
import { renderSchema } from "../../../provider/schema";
import { renderCloudSdk } from "../../../tools/cloud-sdk";
import { World } from "./support/world";

interface ObjectSpec {
  properties?: Record<string, TypeSpec>;
  required?: string[];
}
interface TypeSpec extends ObjectSpec {
  $ref?: string;
  type?: string;
  items?: TypeSpec;
  additionalProperties?: TypeSpec;
  enum?: { name: string; value: string }[];
  description?: string;
  default?: unknown;
}
interface Schema {
  config: { variables: Record<string, TypeSpec>; defaults: string[] };
  types: Record<string, TypeSpec>;
  provider: { inputProperties: Record<string, TypeSpec>; requiredInputs: string[] };
  resources: Record<string, ObjectSpec & { inputProperties: Record<string, TypeSpec>; requiredInputs: string[] }>;
  functions: Record<string, { inputs: ObjectSpec; outputs: ObjectSpec }>;
}

const schema = renderSchema() as Schema;
const PRIMITIVES = ["string", "integer", "number", "boolean"];
/** Names that a property of a resource cannot have in every language. */
const RESERVED = ["id", "urn", "pulumi", "__self__"];

function problems(path: string, spec: TypeSpec): string[] {
  const { $ref, type, items, additionalProperties } = spec;
  if (spec.description === "") return [`${path}: no description`];
  if ($ref !== undefined) {
    const local = /^#\/types\/(.+)$/.exec($ref)?.[1];
    return $ref === "pulumi.json#/Any" || (local !== undefined && local in schema.types)
      ? []
      : [`${path}: ${$ref} leads nowhere`];
  }
  if (type === "array") return items === undefined ? [`${path}: an array of what`] : problems(`${path}[]`, items);
  if (type === "object")
    return additionalProperties === undefined
      ? [`${path}: a map of what`]
      : problems(`${path}{}`, additionalProperties);
  return PRIMITIVES.includes(type ?? "") ? [] : [`${path}: type ${type ?? "missing"}`];
}

function objectProblems(path: string, { properties = {}, required = [] }: ObjectSpec): string[] {
  const missing = required
    .filter((name) => !(name in properties))
    .map((name) => `${path}: required ${name} is no property`);
  const twice = new Set(required).size === required.length ? [] : [`${path}: required twice`];
  const names = Object.keys(properties).filter((name) => !/^[a-z][A-Za-z0-9]*$/.test(name));
  return [
    ...missing,
    ...twice,
    ...names.map((name) => `${path}: name ${name}`),
    ...Object.entries(properties).flatMap(([name, spec]) => problems(`${path}.${name}`, spec)),
  ];
}

it("has tokens, references, types and required properties as the metaschema wants them", () => {
  const found: string[] = [];
  const tokens = [...Object.keys(schema.types), ...Object.keys(schema.resources), ...Object.keys(schema.functions)];
  found.push(...tokens.filter((token) => !/^opennebula:index:[A-Za-z0-9]+$/.test(token)));
  found.push(...objectProblems("config", { properties: schema.config.variables, required: schema.config.defaults }));
  const { inputProperties, requiredInputs } = schema.provider;
  found.push(...objectProblems("provider", { properties: inputProperties, required: requiredInputs }));
  for (const [token, type] of Object.entries(schema.types)) {
    if (type.enum === undefined) found.push(...objectProblems(token, type));
    else if (type.enum.some(({ name, value }) => !/^[A-Z]\w*$/.test(name) || value === ""))
      found.push(`${token}: enum`);
  }
  for (const [token, resource] of Object.entries(schema.resources)) {
    found.push(...objectProblems(token, resource));
    found.push(
      ...objectProblems(`${token} inputs`, { properties: resource.inputProperties, required: resource.requiredInputs }),
    );
    const outputs = Object.keys(resource.properties ?? {});
    found.push(...outputs.filter((name) => RESERVED.includes(name)).map((name) => `${token}: ${name} is reserved`));
    const lost = Object.keys(resource.inputProperties).filter((name) => !outputs.includes(name));
    found.push(...lost.map((name) => `${token}: the input ${name} is no output`));
  }
  for (const [token, { inputs, outputs }] of Object.entries(schema.functions)) {
    found.push(...objectProblems(token, inputs), ...objectProblems(token, outputs));
  }
  expect(found).toEqual([]);
  expect(Object.keys(schema.resources).length).toBeGreaterThan(24);
});

it("has a class for every resource, a function for every function and an enum for every enum", () => {
  const members = cloud as unknown as Record<string, unknown>;
  const short = (token: string): string => token.split(":").at(-1) ?? "";
  for (const token of Object.keys(schema.resources)) expect(typeof members[short(token)]).toBe("function");
  for (const token of Object.keys(schema.functions)) expect(typeof members[short(token)]).toBe("function");
  for (const [token, type] of Object.entries(schema.types)) {
    if (type.enum === undefined) continue;
    const values = Object.values(members[short(token)] as Record<string, string>);
    expect(values).toEqual(type.enum.map(({ value }) => value));
  }
});

it("is in step with the files that are checked in", () => {
  const flat = (text: string): string => text.replace(/[\s,();|]/g, "");
  for (const [name, text] of Object.entries(renderCloudSdk())) {
    expect(flat(readFileSync(join(__dirname, "../../../components/cloud", name), "utf8"))).toBe(flat(text));
  }
});

it("answers for what exists by name, and says what there is none or too many of", async () => {
  const world = await World.start();
  try {
    const ask = (name: string, args: Record<string, string>) => world.provider.invoke(`opennebula:index:${name}`, args);
    const cluster = await ask("getCluster", { name: "default" });
    expect(cluster.result).toMatchObject({ id: "0", number: 0, name: "default" });
    expect((await ask("getDatastore", { name: "default" })).result).toMatchObject({
      id: "1",
      ownerName: "oneadmin",
      dsMad: "fs",
    });
    expect((await ask("getUser", { name: "oneadmin" })).result).toMatchObject({ number: 0, groupName: "oneadmin" });
    expect((await ask("getGroup", { name: "users" })).result).toMatchObject({ id: "1" });
    expect((await ask("getZone", { name: "OpenNebula" })).result).toMatchObject({ id: "0" });
    for (const kind of ["Host", "Image", "VmTemplate", "VirtualNetwork", "MarketplaceApp"]) {
      await expect(ask(`get${kind}`, { name: "nothing" })).rejects.toThrow('"nothing", or you may not see it');
    }
    await world.call("one.template.allocate", 'NAME = "two"');
    await world.call("one.template.allocate", 'NAME = "two"');
    await expect(ask("getVmTemplate", { name: "two" })).rejects.toThrow("there are 2 of VM template");
    expect((await ask("getCluster", {})).failures).toEqual([{ property: "name", reason: "is required and missing" }]);
    await expect(ask("getNothing", {})).rejects.toThrow("no function opennebula:index:getNothing");
  } finally {
    await world.close();
  }
});
