// SPDX-License-Identifier: Apache-2.0

/** The schema that `pulumi package` makes SDKs of. */
import { CONFIGURATION, type Properties, type PropertyDefinition } from "./definition";
import { FUNCTIONS } from "./functions";
import { RESOURCES } from "./resources";
import { PROVIDER_NAME, PROVIDER_VERSION, token } from "./types";

export function renderSchema(): object {
  return {
    name: PROVIDER_NAME,
    version: PROVIDER_VERSION,
    description: "Objects of an OpenNebula cloud, through oned's XML-RPC interface and OneFlow's REST interface.",
    license: "Apache-2.0",
    config: { variables: variables(CONFIGURATION), defaults: required(CONFIGURATION) },
    types: Object.fromEntries(
      [...typesOf(allProperties())].map(([name, definition]) => [token(name), typeSchema(definition)]),
    ),
    provider: { inputProperties: variables(CONFIGURATION), requiredInputs: required(CONFIGURATION) },
    resources: Object.fromEntries(
      Object.entries(RESOURCES).map(([type, { description, inputs, outputs }]) => [
        type,
        {
          description,
          inputProperties: variables(inputs),
          requiredInputs: required(inputs),
          properties: { ...variables(outputs), ...variables(inputs, false) },
          // What has a default is always there afterwards.
          required: [...required(inputs), ...defaulted(inputs), ...required(outputs)],
        },
      ]),
    ),
    functions: Object.fromEntries(
      Object.entries(FUNCTIONS).map(([name, { description, inputs, outputs }]) => [
        name,
        {
          description,
          inputs: { type: "object", properties: variables(inputs), required: required(inputs) },
          outputs: { type: "object", properties: variables(outputs), required: required(outputs) },
        },
      ]),
    ),
  };
}

/** Every set of properties that the schema describes. */
export function allProperties(): Properties[] {
  return [
    CONFIGURATION,
    ...Object.values(RESOURCES).flatMap(({ inputs, outputs }) => [inputs, outputs]),
    ...Object.values(FUNCTIONS).flatMap(({ inputs, outputs }) => [inputs, outputs]),
  ];
}

/** Nested objects and enums by name, in the order in which they are met. */
export function typesOf(sets: Properties[]): Map<string, PropertyDefinition> {
  const found = new Map<string, PropertyDefinition>();
  const visit = (definition: PropertyDefinition): void => {
    if (definition.enum !== undefined) found.set(definition.enum.name, definition);
    if (definition.typeName !== undefined) found.set(definition.typeName, definition);
    if (definition.items !== undefined) visit(definition.items);
    for (const field of Object.values(definition.fields ?? {})) visit(field);
  };
  for (const set of sets) for (const definition of Object.values(set)) visit(definition);
  return found;
}

function typeSchema(definition: PropertyDefinition): object {
  if (definition.enum !== undefined) {
    const { description, values } = definition.enum;
    return { type: "string", description, enum: Object.entries(values).map(([name, value]) => ({ name, value })) };
  }
  const fields = definition.fields ?? {};
  return {
    type: "object",
    description: definition.description,
    properties: variables(fields),
    required: required(fields),
  };
}

function required(properties: Properties): string[] {
  return Object.keys(properties).filter((name) => properties[name]?.required === true);
}

function defaulted(properties: Properties): string[] {
  return Object.keys(properties).filter((name) => properties[name]?.default !== undefined);
}

function variables(properties: Properties, withDefaults = true): object {
  const one = (definition: PropertyDefinition): object => ({
    ...wireType(definition),
    description: definition.description,
    ...(withDefaults && definition.default !== undefined ? { default: definition.default } : {}),
    ...(definition.secret === true ? { secret: true } : {}),
    ...(withDefaults && definition.immutable === true ? { willReplaceOnChanges: true } : {}),
  });
  return Object.fromEntries(Object.entries(properties).map(([name, definition]) => [name, one(definition)]));
}

const ANY = { $ref: "pulumi.json#/Any" };

function wireType(definition: PropertyDefinition): object {
  if (definition.enum !== undefined) return { $ref: `#/types/${token(definition.enum.name)}` };
  switch (definition.type) {
    case "stringMap":
      return { type: "object", additionalProperties: { type: "string" } };
    case "template":
      return { type: "object", additionalProperties: ANY };
    case "json":
      return ANY;
    case "object":
      return { $ref: `#/types/${token(definition.typeName ?? "")}` };
    case "list":
      return { type: "array", items: wireType(definition.items ?? { type: "string", description: "" }) };
    default:
      return { type: definition.type };
  }
}
