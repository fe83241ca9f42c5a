// SPDX-License-Identifier: Apache-2.0
// Runs in one of the lab's namespaces; asked on standard input by lab/operator.ts, answers one JSON document a line.
import { createInterface } from "node:readline";

import { hostStateWord, OpenNebula } from "../opennebula";

import type { EngineOptions } from "./engine";
import { openEngine } from "./engines";
import { labLayout } from "./hosts/layout";
import type { LabLayout } from "./hosts/layout";
import type { InsideAnswer, InsideRequest } from "./operator";
import { engineOptions, programOptions } from "./settings";

/** The process that asks; it is gone when its end of the pipe is closed. */
const asker = createInterface({ input: process.stdin });
// Whoever asked may be gone before the answer.
process.stdout.on("error", () => undefined);

/** Resolves once the answer has left this process: ending it earlier would cut a long one short. */
function answer(message: InsideAnswer): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(message)}\n`, () => resolve()));
}

async function perform(layout: LabLayout, request: InsideRequest): Promise<unknown> {
  const options = (): EngineOptions => {
    const { program, project, pluginFolders } = request;
    const own = program === undefined ? engineOptions(layout, project) : programOptions(layout, program);
    return { ...own, pluginDirs: [...(own.pluginDirs ?? []), ...pluginFolders] };
  };
  switch (request.command) {
    case "outputs":
      return (await openEngine(request.engine)).outputs(options(), { showSecrets: request.showSecrets });
    case "export":
      return (await openEngine(request.engine)).export(options(), { showSecrets: false });
    case "oned":
      return askOned(request.username, request.password);
    default: {
      const stop = new AbortController();
      // A terminal sends the signal to the whole group and npm sends it once more: one stop, however often it is said.
      process.on("SIGINT", () => stop.abort());
      asker.once("close", () => stop.abort());
      const engine = await openEngine(request.engine);
      const result = await engine.operate(request.command, {
        ...options(),
        targets: request.targets,
        parallel: request.parallel,
        signal: stop.signal,
        onEvent: (event) => void answer({ event }),
      });
      // Outputs are asked for by a call of their own, which says whether secrets are wanted.
      return { ...result, outputs: undefined };
    }
  }
}

/** What oned says of itself and its hosts; runs in the front-end's network namespace. */
async function askOned(username: string, password: string): Promise<unknown> {
  const endpoint = "http://127.0.0.1:2633/RPC2";
  const oned = new OpenNebula({ endpoint, username, password, deadlineSeconds: 10, attempts: 1 });
  try {
    const [version, hosts] = [await oned.version(), await oned.hosts.list()];
    const states = hosts.map(({ name, state }) => ({ name, state: hostStateWord(state) }));
    return { version, endpoint, hosts: states.sort((a, b) => a.name.localeCompare(b.name)) };
  } finally {
    oned.close();
  }
}

async function main(): Promise<void> {
  const line = await new Promise<string>((resolve) => asker.once("line", resolve));
  const request = JSON.parse(line) as InsideRequest;
  await answer({ result: await perform(labLayout(request.lab, request.root), request) });
}

main().then(
  () => process.exit(0),
  async (error: unknown) => {
    await answer({ error: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  },
);
