// SPDX-License-Identifier: Apache-2.0
/** Resources that a program only reads. */
import type { ReadResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { hashAssets } from "./assets";
import type { Executor } from "./executor";
import type { Generator } from "./generator";
import { Stopped } from "./run";
import type { Run } from "./run";
import { readSteps } from "./steps";
import type { ResourceState } from "./types";
import { fromStruct, openOutputs } from "./values";

/** Reads a resource into the state as one that the stack does not own. @throws Stopped when the run ends first */
export async function readResource(
  at: { run: Run; generator: Generator; executor: Executor },
  request: ReadResourceRequest,
  provider: string,
): Promise<ResourceState> {
  const { run, generator, executor } = at;
  if (run.stopped) throw new Stopped();
  const urn = generator.claim(request.getType(), request.getName(), request.getParent());
  const state: ResourceState = {
    urn,
    type: request.getType(),
    custom: true,
    external: true,
    id: request.getId(),
    inputs: hashAssets(openOutputs(fromStruct(request.getProperties())), run.project.programDir),
    outputs: {},
    parent: request.getParent() || undefined,
    dependencies: request.getDependenciesList(),
    provider,
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  };
  if (!state.id) throw run.fatal(`expected an ID for ${urn}`, urn);
  const { old, alias } = generator.lookUp(urn, {
    type: state.type,
    name: request.getName(),
    parent: request.getParent(),
    aliases: [],
  });
  if (alias) state.aliases = [alias];
  const chain = readSteps(old, state);
  if (chain.length > 1) run.decided.replaces.add(urn);
  else run.decided.reads.add(urn);
  if ((await executor.execute(chain)) === "failed") throw new Error(`${urn} could not be read`);
  run.reads.set(urn, state);
  return state;
}
