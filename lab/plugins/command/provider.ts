// SPDX-License-Identifier: Apache-2.0

/**
 * The lab's stand-in for the command provider, `pulumi-resource-command` 1.2.1: remote.Command, remote.CopyToRemote,
 * local.Command and local.run. It reaches what the network namespace of its process reaches.
 *
 * Not here: remote.CopyFile (deprecated), and `assetPaths` and `archivePaths` of local commands.
 */
import { randomBytes } from "node:crypto";
import {
  AssetValue,
  UNKNOWN,
  type CallContext,
  type DiffResult,
  type PropertyMap,
  type ProviderImplementation,
  type ResourceState,
} from "../../../provider/grpc/provider";
import { reveal, revealMap } from "../../../provider/grpc/values";
import { checkFields, diffFields, type Fields } from "../shared/fields";
import { checkSource, copyToRemote } from "./copy";
import type { Connection } from "./dial";
import { COPY_TO_REMOTE, LOCAL_COMMAND, LOCAL_RUN, REMOTE_COMMAND } from "./fields";
import { runLocal, type LocalRunOptions } from "./local";
import type { Printed } from "./output";
import { runRemote } from "./remote";

/** The real provider writes its framework's version into the state of the provider resource; a stack may change hands. */
const FRAMEWORK = { "__pulumi-go-provider-version": "1.2.0" };

const NO_OUTPUT: Printed = { stdout: "", stderr: "" };
const UNKNOWN_OUTPUT = { stdout: UNKNOWN, stderr: UNKNOWN } as const;

/** Runs a command line with the inputs of a resource. */
type Run = (commandLine: string, inputs: PropertyMap, previous: Printed, context: CallContext) => Promise<Printed>;

interface ResourceKind {
  fields: Fields;
  check(inputs: PropertyMap): ReturnType<typeof checkSource>;
  create(name: string, inputs: PropertyMap, context: CallContext): Promise<{ id: string; properties: PropertyMap }>;
  update(state: ResourceState, inputs: PropertyMap, context: CallContext): Promise<PropertyMap>;
  delete(state: ResourceState, context: CallContext): Promise<void>;
}

/** The provider's ids: 8 random hexadecimal digits after the prefix. */
function uniqueId(prefix: string): string {
  return prefix + randomBytes(4).toString("hex");
}

/** Inputs after check have the types of their fields; secrets do not matter to a run. */
function plain<T>(inputs: PropertyMap): T {
  return revealMap(inputs) as T;
}

function printedBy(outputs: PropertyMap): Printed {
  const { stdout, stderr } = plain<Partial<Printed>>(outputs);
  return { stdout: stdout ?? "", stderr: stderr ?? "" };
}

interface RunInputs extends LocalRunOptions {
  connection?: Connection;
  create?: string;
  update?: string;
  delete?: string;
  addPreviousOutputInEnv?: boolean;
}

const onHost: Run = (commandLine, inputs, previous, context) => {
  const { connection, addPreviousOutputInEnv, ...options } = plain<RunInputs & { connection: Connection }>(inputs);
  const run = addPreviousOutputInEnv === false ? options : { ...options, previous };
  return runRemote(connection, commandLine, run, context);
};

const onThisMachine: Run = (commandLine, inputs, previous, context) => {
  const { addPreviousOutputInEnv, ...options } = plain<RunInputs>(inputs);
  return runLocal(commandLine, addPreviousOutputInEnv === false ? options : { ...options, previous }, context);
};

/** A resource whose life is three command lines. */
function commandKind(fields: Fields, run: Run): ResourceKind {
  return {
    fields,
    check: () => [],
    create: async (name, inputs, context) => {
      const id = uniqueId(name);
      if (context.preview) return { id, properties: { ...inputs, ...UNKNOWN_OUTPUT } };
      const { create } = plain<RunInputs>(inputs);
      const printed = create === undefined ? NO_OUTPUT : await run(create, inputs, NO_OUTPUT, context);
      return { id, properties: { ...inputs, ...printed } };
    },
    update: async ({ outputs }, inputs, context) => {
      if (context.preview) return { ...inputs, ...UNKNOWN_OUTPUT };
      const { create, update } = plain<RunInputs>(inputs);
      const commandLine = update ?? create;
      const previous = printedBy(outputs);
      const printed = commandLine === undefined ? previous : await run(commandLine, inputs, previous, context);
      return { ...inputs, ...printed };
    },
    delete: async ({ outputs }, context) => {
      const commandLine = plain<RunInputs>(outputs).delete;
      if (commandLine !== undefined) await run(commandLine, outputs, printedBy(outputs), context);
    },
  };
}

interface CopyInputs {
  connection: Connection;
  source: AssetValue;
  remotePath: string;
}

const copyKind: ResourceKind = {
  fields: COPY_TO_REMOTE,
  check: (inputs) => {
    const source = reveal(inputs["source"] ?? null);
    return source instanceof AssetValue ? checkSource(source) : [];
  },
  create: async (_name, inputs, context) => {
    if (context.preview) return { id: "", properties: inputs };
    const { connection, source, remotePath } = plain<CopyInputs>(inputs);
    await copyToRemote(connection, source, remotePath, context);
    return { id: uniqueId(""), properties: inputs };
  },
  update: async ({ outputs }, inputs, context) => {
    if (context.preview) return inputs;
    const [old, now] = [plain<CopyInputs>(outputs), plain<CopyInputs>(inputs)];
    // A changed connection alone is not a reason to copy again.
    if (old.source.hash !== now.source.hash || old.remotePath !== now.remotePath) {
      await copyToRemote(now.connection, now.source, now.remotePath, context);
    }
    return inputs;
  },
  delete: async () => undefined,
};

const KINDS: Record<string, ResourceKind> = {
  "command:remote:Command": commandKind(REMOTE_COMMAND, onHost),
  "command:remote:CopyToRemote": copyKind,
  "command:local:Command": commandKind(LOCAL_COMMAND, onThisMachine),
};

function kindOf(type: string): ResourceKind {
  const kind = KINDS[type];
  if (!kind)
    throw new Error(`the lab's stand-in of the command provider has no ${type}, only ${Object.keys(KINDS).join(", ")}`);
  return kind;
}

/** @param version that of the pinned npm package, which the engine asked for */
export function commandProvider(version: string): ProviderImplementation {
  return {
    name: "command",
    version,
    acceptSecrets: true,
    checkConfig: async (news) => ({ inputs: { ...news, ...FRAMEWORK }, failures: [] }),
    configure: async () => undefined,
    check: async ({ type }, news) => {
      const kind = kindOf(type);
      const { inputs, failures } = checkFields(kind.fields, news);
      return { inputs, failures: [...failures, ...kind.check(inputs)] };
    },
    diff: async ({ type }, _id, state, news): Promise<DiffResult> =>
      diffFields(kindOf(type).fields, state.inputs, news),
    create: (resource, inputs, context) => kindOf(resource.type).create(resource.name, inputs, context),
    read: async (_resource, id, { inputs, outputs }) => ({ id, inputs, properties: outputs }),
    update: (...[{ type }, , state, inputs, context]) => kindOf(type).update(state, inputs, context),
    delete: (...[{ type }, , state, context]) => kindOf(type).delete(state, context),
    invoke: async (token, args, context) => {
      if (token !== "command:local:run")
        throw new Error(`the lab's stand-in of the command provider has no function ${token}`);
      const { inputs, failures } = checkFields(LOCAL_RUN, args);
      if (failures.length > 0) return { result: {}, failures };
      const { command } = plain<{ command: string }>(inputs);
      return { result: { ...inputs, ...(await onThisMachine(command, inputs, NO_OUTPUT, context)) }, failures: [] };
    },
  };
}
