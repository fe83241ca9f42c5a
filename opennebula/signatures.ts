// SPDX-License-Identifier: Apache-2.0
import { METHODS } from "./methods";

/** Name of any `one.*` method, e.g. `one.host.info`. */
export type MethodName = keyof typeof METHODS;

interface Letters {
  s: string;
  i: number;
  b: boolean;
  l: bigint;
  a: readonly number[];
}

type Tuple<Form extends string> = Form extends `${infer Letter extends keyof Letters}${infer Rest}`
  ? [Letters[Letter], ...Tuple<Rest>]
  : [];

type Forms<Text extends string> = Text extends `${infer First} ${infer Rest}`
  ? Tuple<First> | Forms<Rest>
  : Tuple<Text>;

type ParametersPart<Text extends string> = Text extends `${infer Part}>${string}` ? Part : never;
type Answer<Text extends string> = Text extends `${string}>s` ? string : number;

/** The parameters of a method after the session: a union of tuples where it takes several forms. */
export type MethodParameters<Name extends MethodName> = Forms<ParametersPart<(typeof METHODS)[Name]>>;

/** What a method answers: text, or the id of the object. */
export type MethodAnswer<Name extends MethodName> = Answer<(typeof METHODS)[Name]>;

/** True if the method answers with text, false for an id. */
export function answersText(method: MethodName): boolean {
  return METHODS[method].endsWith(">s");
}

const READ_ONLY = /\.(?:info|infoset|infoextended|monitoring|accounting|showback|version|config|raftstatus)$/;

/** True for methods that change nothing, so that asking again after a lost answer is harmless. */
export function isReadOnly(method: string): boolean {
  return READ_ONLY.test(method);
}
