#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { runCli } from "./cli";
import { openStack } from "./stack";

runCli(process.argv.slice(2), {
  name: "opennebula-scaleway",
  openStack,
  // As Pulumi's own command line has it.
  defaultStack: process.env.PULUMI_STACK,
}).then(
  (exitCode) => (process.exitCode = exitCode),
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 2;
  },
);
