// SPDX-License-Identifier: Apache-2.0

import type { Method, Methods } from "../call";
import { Code, Failure } from "../failure";
import { signatures } from "../signatures";

/** A method of the real list that the stand-in lacks: reads its parameters, so that wrong ones are faults, and refuses. */
const lacking =
  (types: string[], standIn: string): Method =>
  (_context, params) => {
    // The last parameter of most methods may be left out.
    const required = types.length - 3;
    types.slice(2).forEach((type, index) => {
      if (index >= params.count && index >= required) return;
      if (type === "int") params.int(index);
      else if (type === "boolean") params.boolean(index);
      else if (type === "string") params.string(index);
    });
    throw new Failure(Code.INTERNAL, `The ${standIn} does not have this method`);
  };

/** Answers for all methods of the real list that are not among the given ones. */
export function absentMethods(version: string, present: Methods, standIn: string): Methods {
  const absent: Methods = {};
  for (const [name, types] of signatures(version)) {
    if (present[name] === undefined) absent[name] ??= lacking(types, standIn);
  }
  return absent;
}
