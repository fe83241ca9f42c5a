// SPDX-License-Identifier: Apache-2.0
"use strict";
/*
 * Loaded into programs before anything else. The SDK takes the whole stack for every resource, has each frame mapped to its source, and
 * sends the engine all of them, to be kept in the state. This engine keeps none, so they are not taken.
 */
const Module = require("node:module");

const load = Module._load;
const OWNER = /(?:^|[\\/])resource(?:\.js)?$/;

Module._load = function loadPlaceless(request, parent, isMain) {
  const loaded = load.call(this, request, parent, isMain);
  if (OWNER.test(request) && typeof loaded?.Resource?.callsites === "function") loaded.Resource.callsites = () => [];
  return loaded;
};
