// SPDX-License-Identifier: Apache-2.0

/**
 * The lab's stand-in for the random provider (property names and defaults as in `@pulumi/random`).
 *
 * Not here: RandomPassword's `bcryptHash` (no library for it is kept in this repository), RandomUuid7, and `seed`, whose results
 * depend on the real provider's generator.
 */
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { PropertyMap, ProviderImplementation } from "../../../provider/grpc/provider";
import { atLeast, type Fields } from "../shared/fields";
import { generatedProvider, type GeneratedKind } from "../shared/generated";
import { CHARACTER_DEFAULTS, impossible, randomCharacters, shuffled, type CharacterRules } from "./characters";
import { petName } from "./pet";

const KEEPERS: Fields = { keepers: { type: "string map" } };

const CHARACTERS: Fields = {
  ...KEEPERS,
  length: { type: "integer", required: true, rule: atLeast(1) },
  upper: { type: "boolean" },
  lower: { type: "boolean" },
  number: { type: "boolean" },
  numeric: { type: "boolean" },
  special: { type: "boolean" },
  minUpper: { type: "integer", rule: atLeast(0) },
  minLower: { type: "integer", rule: atLeast(0) },
  minNumeric: { type: "integer", rule: atLeast(0) },
  minSpecial: { type: "integer", rule: atLeast(0) },
  overrideSpecial: { type: "string" },
};

/** Inputs are checked against the fields before they come here, so their types are known. */
function inputsAs<T>(inputs: PropertyMap): T {
  return inputs as T;
}

function characters(result: "plain" | "secret", idOf: (value: string) => string): GeneratedKind {
  return {
    fields: CHARACTERS,
    defaults: CHARACTER_DEFAULTS,
    outputs: { result },
    rules: (inputs) => {
      const failure = impossible(inputsAs<CharacterRules>(inputs));
      return failure ? [failure] : [];
    },
    make: (inputs) => {
      const value = randomCharacters(inputsAs<CharacterRules>(inputs));
      return { id: idOf(value), values: { result: value } };
    },
  };
}

const id: GeneratedKind = {
  fields: { ...KEEPERS, byteLength: { type: "integer", required: true, rule: atLeast(1) }, prefix: { type: "string" } },
  outputs: { b64Std: "plain", b64Url: "plain", dec: "plain", hex: "plain" },
  make: (inputs) => {
    const { byteLength, prefix = "" } = inputsAs<{ byteLength: number; prefix?: string }>(inputs);
    const bytes = randomBytes(byteLength);
    const hex = bytes.toString("hex");
    const b64Url = bytes.toString("base64url");
    const texts = { b64Std: bytes.toString("base64"), b64Url, dec: BigInt(`0x${hex}`).toString(), hex };
    const values = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, prefix + text]));
    return { id: b64Url, values };
  },
};

const bytes: GeneratedKind = {
  fields: { ...KEEPERS, length: { type: "integer", required: true, rule: atLeast(1) } },
  outputs: { base64: "secret", hex: "secret" },
  make: (inputs) => {
    const made = randomBytes(inputsAs<{ length: number }>(inputs).length);
    return { id: "none", values: { base64: made.toString("base64"), hex: made.toString("hex") } };
  },
};

const uuid: GeneratedKind = {
  fields: KEEPERS,
  outputs: { result: "plain" },
  make: () => {
    const result = randomUUID();
    return { id: result, values: { result } };
  },
};

const integer: GeneratedKind = {
  fields: { ...KEEPERS, min: { type: "integer", required: true }, max: { type: "integer", required: true } },
  outputs: { result: "plain" },
  rules: (inputs) => {
    const { min, max } = inputsAs<{ min: number; max: number }>(inputs);
    if (max < min) return [{ property: "max", reason: `'max' must be at least 'min', which is ${min}, got ${max}` }];
    // What the system's random source can give at once.
    return max - min < 2 ** 48 - 1 ? [] : [{ property: "max", reason: "'max' - 'min' must be below 2^48 - 1" }];
  },
  make: (inputs) => {
    const { min, max } = inputsAs<{ min: number; max: number }>(inputs);
    const result = randomInt(min, max + 1);
    return { id: String(result), values: { result } };
  },
};

const pet: GeneratedKind = {
  fields: {
    ...KEEPERS,
    length: { type: "integer", rule: atLeast(1) },
    prefix: { type: "string" },
    separator: { type: "string" },
  },
  defaults: { length: 2, separator: "-" },
  outputs: {},
  make: (inputs) => {
    const { length, separator, prefix } = inputsAs<{ length: number; separator: string; prefix?: string }>(inputs);
    const name = petName(length, separator);
    return { id: prefix === undefined || prefix === "" ? name : prefix + separator + name, values: {} };
  },
};

const shuffle: GeneratedKind = {
  fields: {
    ...KEEPERS,
    inputs: { type: "string list", required: true },
    resultCount: { type: "integer", rule: atLeast(0) },
  },
  outputs: { results: "plain" },
  make: (given) => {
    const { inputs, resultCount = inputs.length } = inputsAs<{ inputs: string[]; resultCount?: number }>(given);
    const results: string[] = [];
    // More results than inputs: whole rounds, so that no input comes much more often than another.
    while (results.length < resultCount && inputs.length > 0) results.push(...shuffled(inputs));
    return { id: "-", values: { results: results.slice(0, resultCount) } };
  },
};

/** @param version that of the pinned npm package, which the engine asked for */
export function randomProvider(version: string): ProviderImplementation {
  return generatedProvider("random", version, {
    "random:index/randomPassword:RandomPassword": characters("secret", () => "none"),
    "random:index/randomString:RandomString": characters("plain", (value) => value),
    "random:index/randomId:RandomId": id,
    "random:index/randomBytes:RandomBytes": bytes,
    "random:index/randomUuid:RandomUuid": uuid,
    "random:index/randomUuid4:RandomUuid4": uuid,
    "random:index/randomInteger:RandomInteger": integer,
    "random:index/randomPet:RandomPet": pet,
    "random:index/randomShuffle:RandomShuffle": shuffle,
  });
}
