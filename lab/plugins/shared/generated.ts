// SPDX-License-Identifier: Apache-2.0

/** Providers whose resources live in the state alone: values made once, by create, and made anew when an input changes. */
import {
  Secret,
  UNKNOWN,
  type CheckFailure,
  type PropertyMap,
  type PropertyValue,
  type ProviderImplementation,
} from "../../../provider/grpc/provider";
import { containsUnknown, revealMap } from "../../../provider/grpc/values";
import { checkFields, diffFields, type Fields } from "./fields";

/** The values of one resource; one without a value is null. */
export interface Made {
  id: string;
  values: PropertyMap;
}

/** A kind of made value. */
export interface GeneratedKind {
  /** Every one of them replaces. */
  fields: Fields;
  /** What the outputs hold where the program gives nothing. */
  defaults?: PropertyMap;
  /** The outputs that are made; `secret` ones are secrets. */
  outputs: { [name: string]: "plain" | "secret" };
  /** What is wrong with inputs whose types are right and that are all known. */
  rules?: (inputs: PropertyMap) => CheckFailure[];
  /** An output that says by itself that the resource is to be made anew, e.g. because its time is up. */
  expired?: (outputs: PropertyMap) => string | undefined;
  /** Makes the values from known, opened inputs with their defaults. */
  make: (inputs: PropertyMap) => Made | Promise<Made>;
}

/** A provider of such kinds. `read` keeps what the state has: there is nothing outside it to read. */
export function generatedProvider(
  name: string,
  version: string,
  kinds: Record<string, GeneratedKind>,
): ProviderImplementation {
  const kindOf = (type: string): GeneratedKind => {
    const kind = kinds[type];
    if (!kind)
      throw new Error(
        `the lab's stand-in of the ${name} provider has no ${type}, only ${Object.keys(kinds).join(", ")}`,
      );
    return kind;
  };
  return {
    name,
    version,
    acceptSecrets: true,
    configure: async () => undefined,
    check: async ({ type }, news) => {
      const { fields, defaults, rules } = kindOf(type);
      const { inputs, failures } = checkFields(replacing(fields), news);
      if (failures.length > 0 || !rules || containsUnknown(inputs)) return { inputs, failures };
      return { inputs, failures: rules(revealMap({ ...defaults, ...inputs })) };
    },
    diff: async ({ type }, _id, { inputs, outputs }, news) => {
      const { fields, expired } = kindOf(type);
      const found = diffFields(replacing(fields), inputs, news);
      const output = expired?.(revealMap(outputs));
      if (output === undefined) return found;
      return {
        changes: "some",
        diffs: [...(found.diffs ?? []), output],
        replaces: [...(found.replaces ?? []), output],
        detailedDiff: { ...found.detailedDiff, [output]: { kind: "update-replace" } },
      };
    },
    create: async ({ type }, inputs, { preview }) => {
      const kind = kindOf(type);
      const given = { ...kind.defaults, ...inputs };
      if (preview) return { id: "", properties: { ...given, ...mark(kind, () => UNKNOWN) } };
      const { id, values } = await kind.make(revealMap(given));
      return { id, properties: { ...given, ...mark(kind, (output) => values[output] ?? null) } };
    },
    read: async (_resource, id, { inputs, outputs }) => ({ id, inputs, properties: outputs }),
    update: async (...[, , { outputs }, inputs]) => ({ ...outputs, ...inputs }),
    delete: async () => undefined,
  };
}

function replacing(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, { ...field, replaces: true }]));
}

function mark({ outputs }: GeneratedKind, valueOf: (name: string) => PropertyValue): PropertyMap {
  const marked = Object.entries(outputs).map(([name, secrecy]): [string, PropertyValue] => {
    const value = valueOf(name);
    return [name, secrecy === "secret" ? new Secret(value) : value];
  });
  return Object.fromEntries(marked);
}
