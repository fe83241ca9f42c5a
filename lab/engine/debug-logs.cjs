// SPDX-License-Identifier: Apache-2.0
"use strict";
/*
 * Loaded into programs before anything else. The SDK tells the engine five debug messages about every resource, a call each, one after
 * the other: five sixths of all calls of a run. This engine shows no debug messages, so those that come while one is under way share its
 * call. One always is under way after a message, and the process has something to wait for: the SDK takes an empty event loop for the end of
 * the program.
 */
const Module = require("node:module");

const load = Module._load;
const OWNER = /(?:^|[\\/])log(?:[\\/]index)?(?:\.js)?$/;
/** Milliseconds after an answer during which messages still share it. */
const SHARED = 20;
const seen = new WeakSet();

/** The SDK's function, which sends one message for many. */
function sparing(debug) {
  let underWay;
  return (message) => {
    underWay ??= debug(message)
      .then(() => new Promise((passed) => setTimeout(passed, SHARED)))
      .then(() => {
        underWay = undefined;
      });
    return underWay;
  };
}

Module._load = function loadQuiet(request, parent, isMain) {
  const loaded = load.call(this, request, parent, isMain);
  const isLog = OWNER.test(request) && typeof loaded?.debug === "function" && typeof loaded.hasErrors === "function";
  if (isLog && !seen.has(loaded)) {
    seen.add(loaded);
    loaded.debug = sparing(loaded.debug);
  }
  return loaded;
};
