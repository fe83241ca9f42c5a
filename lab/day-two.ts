// SPDX-License-Identifier: Apache-2.0
// day-two.ts ROOT LAB PROJECT COMMAND...   a day-two command on the lab's stack; runs in the operator's namespace
import { join } from "node:path";

import { runCli } from "../operations";

import { labLayout } from "./hosts/layout";
import { stackName } from "./settings";
import { LabStack } from "./stack";

const [root = "", lab = "", project = "", ...argv] = process.argv.slice(2);

runCli(argv, {
  name: "npm run lab --",
  defaultStack: stackName,
  witnessFile: () => join(labLayout(lab, root).directory, "audit-witness.json"),
  openStack: ({ name }) => {
    if (name !== stackName) throw new Error(`a lab has one stack, "${stackName}"; leave --stack out`);
    return Promise.resolve(new LabStack(labLayout(lab, root), project));
  },
}).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
