// SPDX-License-Identifier: Apache-2.0
"use strict";
/*
 * Loaded into programs before anything else. The SDK takes a stack trace for every promise that it makes, dozens for each resource,
 * to name those that never settle when PULUMI_DEBUG_PROMISE_LEAKS is set; taking them is a third of what a large program costs.
 * Where nobody asks for these traces they are left empty; all others stay as they are.
 */
const Module = require("node:module");

const load = Module._load;
const OWNER = /(?:^|[\\/])debuggable(?:\.js)?$/;

/** The same function, during which errors have no frames. */
function sparing(debuggablePromise) {
  return function withoutTrace(...args) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise.apply(this, args);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
}

if (!process.env.PULUMI_DEBUG_PROMISE_LEAKS) {
  const seen = new WeakSet();
  Module._load = function loadSparing(request, parent, isMain) {
    const loaded = load.call(this, request, parent, isMain);
    if (OWNER.test(request) && typeof loaded?.debuggablePromise === "function" && !seen.has(loaded)) {
      seen.add(loaded);
      loaded.debuggablePromise = sparing(loaded.debuggablePromise);
    }
    return loaded;
  };
}
