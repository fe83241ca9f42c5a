// SPDX-License-Identifier: Apache-2.0
// day-two.ts PLACE COMMAND...   a day-two command on the lab's stack; runs in the operator's namespace
import { join } from "node:path";

import { runCli } from "../operations";

import { openEngine } from "./engines";
import { labLayout } from "./hosts/layout";
import type { LabPlace } from "./operator";
import { stackName } from "./settings";
import { LabStack } from "./stack";

const [place = "", ...argv] = process.argv.slice(2);
const { root, lab, project, engine, pluginFolders } = JSON.parse(place) as LabPlace;

runCli(argv, {
  name: "npm run lab --",
  defaultStack: stackName,
  witnessFile: () => join(labLayout(lab, root).directory, "audit-witness.json"),
  openStack: async ({ name }) => {
    if (name !== stackName) throw new Error(`a lab has one stack, "${stackName}"; leave --stack out`);
    return new LabStack(labLayout(lab, root), project, await openEngine(engine), pluginFolders);
  },
}).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
