// SPDX-License-Identifier: Apache-2.0
"use strict";
/*
 * Loaded into programs before anything else. util.inspect of Node 20.20, asked for colours, never gets past a stack line
 * with a file directly under node_modules or under a scope (`node_modules/@pulumi/output.ts`): it turns in circles until
 * the string is too long, 40 s and 3 GB later. The SDK's source maps make such lines, and it inspects every error with
 * colours; so any error thrown in an apply would end like that.
 */
const util = require("node:util");

const { inspect } = util;
const TRAP = /[\\/]node_modules[\\/](?:@[^\\/\n]*[\\/])?[^\\/\n]*$/m;

function isTrap(value) {
  for (let error = value; error instanceof Error; error = error.cause) if (TRAP.test(String(error.stack))) return true;
  return false;
}

function guarded(value, options, ...rest) {
  const safe = options?.colors && isTrap(value) ? { ...options, colors: false } : options;
  return inspect.call(this, value, safe, ...rest);
}

Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(inspect));
util.inspect = guarded;
