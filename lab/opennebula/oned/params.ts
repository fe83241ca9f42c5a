// SPDX-License-Identifier: Apache-2.0

import type { Value } from "./xmlrpc";
import { Fault } from "./xmlrpc";

/**
 * The parameters of a call after the session, read one by one as oned does: a missing or wrongly typed one becomes a
 * fault only when the method gets to it, that is after authentication.
 */
export class Params {
  constructor(private readonly values: Value[]) {}

  /** The session, which is the first parameter of every `one.*` method. */
  static session(values: Value[]): string {
    return text(values[0]);
  }

  get count(): number {
    return this.values.length - 1;
  }

  string(index: number): string {
    return text(this.values[index + 1]);
  }

  int(index: number): number {
    const value = this.values[index + 1];
    if (value === undefined) throw missing();
    if (value.type !== "int") throw new Fault(-501, "Parameter that is supposed to be integer is not");
    return value.value;
  }

  boolean(index: number, absent?: boolean): boolean {
    const value = this.values[index + 1];
    if (value === undefined) {
      if (absent !== undefined) return absent;
      throw missing();
    }
    if (value.type !== "boolean") throw new Fault(-501, "Parameter that is supposed to be boolean is not");
    return value.value;
  }

  /** A list of integers; none when the parameter was left out. */
  ints(index: number): number[] {
    const value = this.values[index + 1];
    if (value === undefined) return [];
    if (value.type !== "array") throw new Fault(-501, "Parameter that is supposed to be an array is not");
    return value.value.map((item) => {
      if (item.type === "int") return item.value;
      throw new Fault(
        -500,
        "Unexpected error executing code for particular method, detected by Xmlrpc-c method registry code.  " +
          "Method did not fail; rather, it did not complete at all.  Not integer type.  See type() method",
      );
    });
  }

  /** 64-bit integers, which only the calls between servers take. */
  long(index: number): bigint {
    const value = this.values[index + 1];
    if (value === undefined) throw missing();
    if (value.type !== "i8") throw new Fault(-501, "Parameter that is supposed to be 64-bit integer is not");
    return value.value;
  }
}

function text(value: Value | undefined): string {
  if (value === undefined) throw missing();
  if (value.type !== "string") throw new Fault(-501, "Parameter that is supposed to be a string is not");
  return value.value;
}

const missing = (): Fault => new Fault(-501, "Not enough parameters");
