// SPDX-License-Identifier: Apache-2.0

/**
 * Property values on the wire. Three forms, from the outside in:
 *
 * 1. `google.protobuf.Struct`, what a gRPC message carries;
 * 2. {@link Json}, the same as plain data, in which secrets, assets and so on are objects with a {@link SIGNATURE} key, as in a
 *    checkpoint ({@link structToJson}, {@link jsonToStruct});
 * 3. {@link PropertyValue}, what a provider works with ({@link fromWire}, {@link toWire}).
 */
import { ListValue, NullValue, Struct, Value } from "google-protobuf/google/protobuf/struct_pb";
import { AssetValue, Secret, UNKNOWN, type PropertyMap, type PropertyValue } from "./provider";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonMap = { [key: string]: Json };

/** The key that turns an object into something special; its value is one of {@link SPECIAL}. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** The values of {@link SIGNATURE}. */
export const SPECIAL = {
  secret: "1b47061264138c4ac30d75fd1eb44270",
  asset: "c44067f5952c0a294b673a41bacd8c17",
  archive: "0def7320c3a5731c473e5ecbe6d01bc7",
  resource: "5cf8f73096256a8f31e491e813e4eb8e",
  output: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
} as const;

/** The string that stands for a value which a preview does not know. */
export const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Plain data of a message's struct; an absent struct is an empty map. */
export function structToJson(struct: Struct | undefined): JsonMap {
  const entries: [string, Json][] = [];
  struct?.getFieldsMap().forEach((value, key) => entries.push([key, valueToJson(value)]));
  return Object.fromEntries(entries);
}

function valueToJson(value: Value): Json {
  switch (value.getKindCase()) {
    case Value.KindCase.BOOL_VALUE:
      return value.getBoolValue();
    case Value.KindCase.NUMBER_VALUE:
      return value.getNumberValue();
    case Value.KindCase.STRING_VALUE:
      return value.getStringValue();
    case Value.KindCase.LIST_VALUE:
      return (value.getListValue()?.getValuesList() ?? []).map(valueToJson);
    case Value.KindCase.STRUCT_VALUE:
      return structToJson(value.getStructValue());
    default:
      return null;
  }
}

/** The struct of plain data; `undefined` members are left out. */
export function jsonToStruct(map: { [key: string]: Json | undefined }): Struct {
  const struct = new Struct();
  const fields = struct.getFieldsMap();
  for (const [key, value] of Object.entries(map)) {
    if (value !== undefined) fields.set(key, jsonToValue(value));
  }
  return struct;
}

function jsonToValue(json: Json): Value {
  const value = new Value();
  if (json === null) value.setNullValue(NullValue.NULL_VALUE);
  else if (typeof json === "boolean") value.setBoolValue(json);
  else if (typeof json === "number") value.setNumberValue(json);
  else if (typeof json === "string") value.setStringValue(json);
  else if (Array.isArray(json)) value.setListValue(new ListValue().setValuesList(json.map(jsonToValue)));
  else if (typeof json === "object") value.setStructValue(jsonToStruct(json));
  else throw new TypeError(`a property value must be plain data, got a ${typeof json}`);
  return value;
}

/** The special kind of an object, or `undefined` if it is an ordinary one. */
export function specialKind(json: JsonMap): keyof typeof SPECIAL | undefined {
  const signature = json[SIGNATURE];
  if (typeof signature !== "string") return undefined;
  for (const [kind, text] of Object.entries(SPECIAL)) {
    if (text === signature) return kind as keyof typeof SPECIAL;
  }
  return undefined;
}

/**
 * A provider's view of a wire value. Output values become their value, unknown or secret; a resource reference becomes the
 * resource's id (the URN of a component), as the engine does for a provider that takes no references.
 *
 * @param keepSecrets false: secrets are opened
 */
export function fromWire(json: Json, keepSecrets: boolean): PropertyValue {
  if (json === UNKNOWN_TEXT) return UNKNOWN;
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map((item) => fromWire(item, keepSecrets));
  switch (specialKind(json)) {
    case "secret":
      return wrapSecret(fromWire(json["value"] ?? null, keepSecrets), keepSecrets);
    case "output": {
      const value = json["value"] === undefined ? UNKNOWN : fromWire(json["value"], keepSecrets);
      return json["secret"] === true ? wrapSecret(value, keepSecrets) : value;
    }
    case "resource":
      return fromWire(json["id"] ?? json["urn"] ?? null, keepSecrets);
    case "asset":
    case "archive":
      return assetFromWire(json, keepSecrets);
    default:
      return mapFromWire(json, keepSecrets);
  }
}

function wrapSecret(value: PropertyValue, keepSecrets: boolean): PropertyValue {
  return keepSecrets && !(value instanceof Secret) ? new Secret(value) : value;
}

function assetFromWire(json: JsonMap, keepSecrets: boolean): AssetValue {
  const type = specialKind(json) === "archive" ? "archive" : "asset";
  const hash = typeof json["hash"] === "string" ? json["hash"] : "";
  const { path, uri, text, assets } = json;
  if (typeof path === "string" && path !== "") return new AssetValue(type, { path }, hash);
  if (typeof uri === "string" && uri !== "") return new AssetValue(type, { uri }, hash);
  // An empty text and an empty map travel without their key.
  if (type === "asset") return new AssetValue(type, { text: typeof text === "string" ? text : "" }, hash);
  const members = assets !== null && typeof assets === "object" && !Array.isArray(assets) ? assets : {};
  return new AssetValue(type, { assets: mapFromWire(members, keepSecrets) }, hash);
}

function mapFromWire(json: JsonMap, keepSecrets: boolean): PropertyMap {
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, fromWire(value, keepSecrets)]));
}

/** The wire form of a provider's value. */
export function toWire(value: PropertyValue): Json {
  if (value === UNKNOWN) return UNKNOWN_TEXT;
  if (value instanceof Secret) return { [SIGNATURE]: SPECIAL.secret, value: toWire(value.value) };
  if (value instanceof AssetValue) {
    const source = "assets" in value.source ? { assets: mapToWire(value.source.assets) } : value.source;
    return { [SIGNATURE]: SPECIAL[value.type], hash: value.hash, ...source };
  }
  if (Array.isArray(value)) return value.map(toWire);
  return value !== null && typeof value === "object" ? mapToWire(value) : value;
}

function mapToWire(map: PropertyMap): JsonMap {
  const present = Object.entries(map).filter(([, value]) => (value as PropertyValue | undefined) !== undefined);
  return Object.fromEntries(present.map(([key, value]) => [key, toWire(value)]));
}

/** {@link structToJson} and {@link fromWire} of a message's property map. */
export function decodeProperties(struct: Struct | undefined, keepSecrets: boolean): PropertyMap {
  return mapFromWire(structToJson(struct), keepSecrets);
}

/** {@link toWire} and {@link jsonToStruct} of a property map; members that are `undefined` are left out. */
export function encodeProperties(map: PropertyMap): Struct {
  return jsonToStruct(mapToWire(map));
}

/** The value without its secret wrappers, at every depth. */
export function reveal(value: PropertyValue): PropertyValue {
  return rebuild(value, (secret) => reveal(secret.value));
}

function rebuild(value: PropertyValue, onSecret: (secret: Secret) => PropertyValue): PropertyValue {
  if (value instanceof Secret) return onSecret(value);
  if (value instanceof AssetValue) {
    if (!("assets" in value.source)) return value;
    const assets = rebuild(value.source.assets, onSecret) as PropertyMap;
    return new AssetValue(value.type, { assets }, value.hash);
  }
  if (Array.isArray(value)) return value.map((item) => rebuild(item, onSecret));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rebuild(item, onSecret)]));
}

/** {@link reveal} of a whole property map. */
export function revealMap(map: PropertyMap): PropertyMap {
  return reveal(map) as PropertyMap;
}

/** Whether the value, or anything in it, is {@link UNKNOWN}. */
export function containsUnknown(value: PropertyValue | undefined): boolean {
  return contains(value, (item) => item === UNKNOWN);
}

/** Whether the value, or anything in it, is a {@link Secret}. */
export function containsSecret(value: PropertyValue | undefined): boolean {
  return contains(value, (item) => item instanceof Secret);
}

function contains(value: PropertyValue | undefined, wanted: (value: PropertyValue) => boolean): boolean {
  if (value === undefined) return false;
  if (wanted(value)) return true;
  if (value instanceof Secret) return contains(value.value, wanted);
  if (value instanceof AssetValue) return "assets" in value.source && contains(value.source.assets, wanted);
  if (Array.isArray(value)) return value.some((item) => contains(item, wanted));
  return value !== null && typeof value === "object" && Object.values(value).some((item) => contains(item, wanted));
}

/**
 * Whether two values mean the same: secrecy does not count, an absent member equals a null one, assets are compared by hash
 * where both have one. An unknown equals nothing, itself included.
 */
export function sameValue(a: PropertyValue | undefined, b: PropertyValue | undefined): boolean {
  const left: PropertyValue = a instanceof Secret ? a.value : (a ?? null);
  const right: PropertyValue = b instanceof Secret ? b.value : (b ?? null);
  if (left instanceof Secret || right instanceof Secret) return sameValue(left, right);
  if (left === UNKNOWN || right === UNKNOWN) return false;
  if (left instanceof AssetValue || right instanceof AssetValue) {
    return left instanceof AssetValue && right instanceof AssetValue && sameAsset(left, right);
  }
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => sameValue(item, right[index]));
  }
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object")
    return Object.is(left, right);
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => sameValue(memberOf(left, key), memberOf(right, key)));
}

function memberOf(map: PropertyMap, key: string): PropertyValue | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function sameAsset(a: AssetValue, b: AssetValue): boolean {
  if (a.type !== b.type || containsUnknown(a) || containsUnknown(b)) return false;
  if (a.hash !== "" && b.hash !== "") return a.hash === b.hash;
  return sameValue(a.source, b.source);
}
