// SPDX-License-Identifier: Apache-2.0
/**
 * Property values as they travel between program, engine and providers: JSON with signed envelopes for what JSON has no
 * word for (secrets, assets, resource references, outputs) and one reserved string for a value that is not known yet.
 */
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Props = Record<string, Value>;

export const SIGNATURE = "4dabf18193072939515e22adb298388d";
export const SECRET = "1b47061264138c4ac30d75fd1eb44270";
export const ASSET = "c44067f5952c0a294b673a41bacd8c17";
export const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";
export const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
export const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
/** Stands for a value that a preview cannot know. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type PlainObject = Record<string, Value>;

/** True for a JSON object (an envelope is one too). */
export function isObject(value: Value | undefined): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The envelope kind of a value, if it is an envelope. */
export function signatureOf(value: Value | undefined): string | undefined {
  if (!isObject(value)) return undefined;
  const signature = value[SIGNATURE];
  return typeof signature === "string" ? signature : undefined;
}

export function isSecret(value: Value | undefined): boolean {
  return signatureOf(value) === SECRET;
}

export function isUnknown(value: Value | undefined): boolean {
  return value === UNKNOWN;
}

/** Wraps a value as secret; a secret stays as it is. */
export function makeSecret(value: Value): Value {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/** Applies `change` to every node bottom-up where it answers something else than undefined; shares what is unchanged. */
export function rewrite(value: Value, change: (value: Value) => Value | undefined): Value {
  let result: Value = value;
  if (Array.isArray(value)) {
    const items = value.map((item) => rewrite(item, change));
    if (items.some((item, i) => item !== value[i])) result = items;
  } else if (isObject(value)) {
    let changed = false;
    const copy: PlainObject = {};
    for (const [key, item] of Object.entries(value)) {
      const next = rewrite(item, change);
      changed ||= next !== item;
      copy[key] = next;
    }
    if (changed) result = copy;
  }
  const changed = change(result);
  return changed === undefined ? result : changed;
}

/** As {@link rewrite}, for envelopes alone: a tree without any is walked once, and nothing of it is copied. */
export function rewriteEnvelopes(value: Value, change: (value: Value) => Value | undefined): Value {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    let items = value;
    value.forEach((item, i) => {
      const next = rewriteEnvelopes(item, change);
      if (next === item) return;
      if (items === value) items = [...value];
      items[i] = next;
    });
    return items;
  }
  let result: PlainObject = value;
  for (const key of Object.keys(value)) {
    const item = value[key] ?? null;
    const next = rewriteEnvelopes(item, change);
    if (next === item) continue;
    if (result === value) result = { ...value };
    result[key] = next;
  }
  const changed = SIGNATURE in result ? change(result) : undefined;
  return changed === undefined ? result : changed;
}

/** Opens every secret envelope, at any depth. */
export function stripSecrets<T extends Value>(value: T): T {
  return rewriteEnvelopes(value, (node) => (isSecret(node) ? ((node as PlainObject).value ?? null) : undefined)) as T;
}

/** What a provider without support for resource references gets: the id of a custom resource, else the URN. */
export function stripResources<T extends Value>(value: T): T {
  return rewriteEnvelopes(value, (node) => {
    if (signatureOf(node) !== RESOURCE) return undefined;
    const reference = node as PlainObject;
    if (reference.id === undefined) return reference.urn ?? null;
    return reference.id === "" ? UNKNOWN : reference.id;
  }) as T;
}

/** Assets and archives by their hash alone: enough to see whether they differ. */
export function elideAssets<T extends Value>(value: T): T {
  return rewriteEnvelopes(value, (node) => {
    const signature = signatureOf(node);
    if (signature !== ASSET && signature !== ARCHIVE) return undefined;
    const { hash } = node as PlainObject;
    return hash === undefined ? undefined : { [SIGNATURE]: signature, hash };
  }) as T;
}

/**
 * What a provider has answered, with the contents of assets that were sent to it by their hash alone: restoreElidedAssetContents of
 * Pulumi's provider_plugin.go.
 *
 * @param original - where the contents are.
 */
export function restoreElided<T extends Value>(original: Value, value: T): T {
  const known = new Map<string, PlainObject>();
  const isAsset = (node: Value): node is PlainObject => [ASSET, ARCHIVE].includes(signatureOf(node) ?? "");
  rewriteEnvelopes(original, (node) => {
    if (isAsset(node) && typeof node.hash === "string") known.set(node.hash, node);
    return undefined;
  });
  if (known.size === 0) return value;
  return rewriteEnvelopes(value, (node) => {
    if (!isAsset(node) || typeof node.hash !== "string") return undefined;
    const isEmpty = !node.text && !node.path && !node.uri && node.assets === undefined;
    return isEmpty ? known.get(node.hash) : undefined;
  }) as T;
}

/** True when `test` holds for the value or anything inside it. */
export function contains(value: Value | undefined, test: (value: Value) => boolean): boolean {
  if (value === undefined) return false;
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((item) => contains(item, test));
  return isObject(value) && Object.values(value).some((item) => contains(item, test));
}

export function containsUnknown(value: Value | undefined): boolean {
  return contains(value, isUnknown);
}

/** Values without what is not known, as a provider gets them outside of a preview: such keys and elements are left out. */
export function withoutUnknowns<T extends Value>(value: T): T {
  if (!containsUnknown(value)) return value;
  const kept = (item: Value): boolean => !isUnknown(item);
  if (Array.isArray(value)) return value.filter(kept).map(withoutUnknowns) as T;
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => kept(item));
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUnknowns(item)])) as T;
}

/** Structural equality; the order of keys does not matter. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
}

/**
 * Marks results as secret where the input of the same name was: objects by key, lists as a whole. Needed where a
 * provider takes plain values only.
 */
export function annotateSecrets(results: Props, inputs: Props): Props {
  const marked: Props = { ...results };
  for (const [key, input] of Object.entries(inputs)) {
    const result = marked[key];
    if (result === undefined || isSecret(result)) continue;
    if (isSecret(input)) marked[key] = makeSecret(result);
    else if (Array.isArray(input) && contains(input, isSecret)) marked[key] = makeSecret(result);
    else if (isObject(input) && isObject(result) && !signatureOf(input)) marked[key] = annotateSecrets(result, input);
  }
  return marked;
}

/** Marks top-level outputs as secret by name and where the input of the same name is a secret. */
export function markSecretOutputs(outputs: Props, inputs: Props, names: readonly string[]): Props {
  let result = outputs;
  const mark = (key: string): void => {
    const value = result[key];
    if (value === undefined || isSecret(value)) return;
    if (result === outputs) result = { ...outputs };
    result[key] = makeSecret(value);
  };
  for (const name of names) if (name !== "id") mark(name);
  for (const [key, value] of Object.entries(inputs)) if (isSecret(value)) mark(key);
  return result;
}

/** Turns output envelopes into what everything but component providers understands: value, secret or unknown. */
export function openOutputs<T extends Value>(value: T): T {
  return rewriteEnvelopes(value, (node) => {
    if (signatureOf(node) !== OUTPUT) return undefined;
    const output = node as PlainObject;
    const inner = output.value === undefined ? UNKNOWN : output.value;
    return output.secret === true ? makeSecret(inner) : inner;
  }) as T;
}

/** The JavaScript form of a protobuf struct; a missing struct is empty. */
export function fromStruct(struct: Struct | undefined): Props {
  return struct ? struct.toJavaScript() : {};
}

/** The protobuf form of properties; keys whose value is undefined are left out. */
export function toStruct(props: Props): Struct {
  return Struct.fromJavaScript(props);
}
