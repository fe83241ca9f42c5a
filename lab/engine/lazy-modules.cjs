// SPDX-License-Identifier: Apache-2.0
"use strict";
/*
 * Loaded into programs and dynamic providers before anything else. The SDK loads the TypeScript compiler and npm's own tree of packages
 * at its start: four fifths of what the start of a process costs. Both serve only to write a function of a program down as text.
 * Here they are loaded when they are first used.
 */
const Module = require("node:module");

/** What is loaded late, by the file of the SDK that asks for it. */
const LATE = [
  { request: "typescript", by: /[\\/]@pulumi[\\/]pulumi[\\/]typescript-shim\.js$/ },
  { request: "@npmcli/arborist", by: /[\\/]@pulumi[\\/]pulumi[\\/]runtime[\\/]closure[\\/]codePaths\.js$/ },
];

const load = Module._load;

Module._load = function late(request, parent, isMain) {
  const asker = parent?.filename ?? "";
  if (!LATE.some((module) => module.request === request && module.by.test(asker))) {
    return load.call(this, request, parent, isMain);
  }
  // A module that is not there must be missed now: the SDK has another one then.
  Module._resolveFilename(request, parent, isMain);
  let loaded;
  const real = () => (loaded ??= load.call(this, request, parent, isMain));
  return new Proxy(Object.create(null), {
    // Compiled imports copy a module's members at once, unless it says that it is one of their kind.
    get: (_target, key) => (key === "__esModule" ? true : real()[key]),
    has: (_target, key) => key in real(),
  });
};
