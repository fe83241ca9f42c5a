// SPDX-License-Identifier: Apache-2.0

/**
 * The JSON that travels, typed from the SDK's models: their camel case names in snake case, their dates as text. The SDK's own
 * marshallers drop what its version does not know and cannot tell null from absent; this provider must send and see both.
 */
export type Wire<T> = T extends Date
  ? string
  : T extends string
    ? string
    : T extends (infer Element)[]
      ? Wire<Element>[]
      : T extends object
        ? { [Key in keyof T as Key extends string ? SnakeCase<Key> : Key]: Wire<T[Key]> }
        : T;

type SnakeCase<Text extends string> = Text extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${SnakeCase<Tail>}`
    : `_${Lowercase<Head>}${SnakeCase<Tail>}`
  : Text;

/** A time as the real provider stores it: RFC 3339 without fractions, empty where there is none. */
export function timestamp(value: string | null | undefined): string {
  return value ? value.replace(/\.\d+/, "").replace("+00:00", "Z") : "";
}
