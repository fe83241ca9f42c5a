// SPDX-License-Identifier: Apache-2.0
"use strict";
/*
 * Loaded into programs before anything else. The SDK takes a stack trace for every promise that it makes, dozens for each resource,
 * to name those that never settle when PULUMI_DEBUG_PROMISE_LEAKS is set; mapping their lines to sources is a third of what a large
 * program costs. Where nobody asks for these traces they are left empty; those of errors stay as they are.
 */
if (!process.env.PULUMI_DEBUG_PROMISE_LEAKS) {
  /** Functions that we have shown: whoever replaces one for a moment puts it back. */
  const shown = new WeakSet();

  const sparing = (prepare) => {
    const wrapped = (error, frames) => {
      if (frames[0]?.getFunctionName() === "debuggablePromise") return "";
      if (prepare) return prepare(error, frames);
      return [String(error), ...frames.map((frame) => `    at ${frame}`)].join("\n");
    };
    shown.add(wrapped);
    return wrapped;
  };

  let present = sparing(Error.prepareStackTrace);
  Object.defineProperty(Error, "prepareStackTrace", {
    configurable: true,
    enumerable: true,
    get: () => present,
    set: (next) => {
      present = shown.has(next) ? next : sparing(next);
    },
  });
}
