// SPDX-License-Identifier: Apache-2.0
// Pulumi's policy host compiles TypeScript with types at every start, which takes longer than all policies; tsx takes its place.
delete require.extensions[".ts"];
require("tsx/cjs");
require("./pack.ts");
