// SPDX-License-Identifier: Apache-2.0
/** Transforms: functions of the program that change registrations before the engine looks at them. */
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import type { Callback } from "@pulumi/pulumi/proto/callback_pb";
import type { CallbackRef, Callbacks } from "./callbacks";
import { envelopeDependencies } from "./registration";
import { OUTPUT, SIGNATURE, fromStruct, isSecret, isUnknown, signatureOf, toStruct } from "./values";
import type { PlainObject, Props, Value } from "./values";

function refOf(callback: Callback): CallbackRef {
  return { target: callback.getTarget(), token: callback.getToken() };
}

/** A value with its dependencies in the envelope: a transform must not lose them. */
function withDependencies(value: Value, dependencies: string[]): Value {
  if (dependencies.length === 0 || signatureOf(value) === OUTPUT) return value;
  const secret = isSecret(value);
  const inner = secret ? ((value as PlainObject).value ?? null) : value;
  const output: PlainObject = { [SIGNATURE]: OUTPUT, dependencies };
  if (!isUnknown(inner)) output.value = inner;
  if (secret) output.secret = true;
  return output;
}

export class Transforms {
  private readonly stack: CallbackRef[] = [];
  private readonly ofResource = new Map<string, CallbackRef[]>();
  private readonly parents = new Map<string, string>();
  private readonly invokes: CallbackRef[] = [];

  constructor(private readonly callbacks: Callbacks) {}

  addStackTransform(callback: Callback): void {
    this.stack.push(refOf(callback));
  }

  addInvokeTransform(callback: Callback): void {
    this.invokes.push(refOf(callback));
  }

  /** A resource's own transforms hold for its descendants too. */
  remember(urn: string, request: pb.RegisterResourceRequest): void {
    this.parents.set(urn, request.getParent());
    const own = request.getTransformsList().map(refOf);
    if (own.length > 0) this.ofResource.set(urn, own);
  }

  private chainFor(request: pb.RegisterResourceRequest): CallbackRef[] {
    const chain = request.getTransformsList().map(refOf);
    for (let urn = request.getParent(); urn; urn = this.parents.get(urn) ?? "")
      chain.push(...(this.ofResource.get(urn) ?? []));
    return [...chain, ...this.stack];
  }

  /** Changes a request in place as the program's transforms ask. */
  async apply(request: pb.RegisterResourceRequest): Promise<void> {
    const chain = this.chainFor(request);
    if (chain.length === 0) return;
    // Only a resource with transforms of its own has its dependencies told to them, and has them changed.
    const own = request.getTransformsList().length > 0;
    let props = fromStruct(request.getObject());
    if (own) {
      const urnsOf = (key: string): string[] => request.getPropertydependenciesMap().get(key)?.getUrnsList() ?? [];
      const entries = Object.entries(props).map(([key, value]) => [key, withDependencies(value, urnsOf(key))] as const);
      props = Object.fromEntries(entries);
    }
    let options = optionsOf(request);
    for (const callback of chain) {
      const message = new pb.TransformRequest();
      message.setType(request.getType());
      message.setName(request.getName());
      message.setCustom(request.getCustom());
      message.setParent(request.getParent());
      message.setProperties(toStruct(props));
      message.setOptions(options);
      const bytes = await this.callbacks.invoke(callback, message.serializeBinary());
      const answer = pb.TransformResponse.deserializeBinary(bytes);
      props = fromStruct(answer.getProperties());
      options = answer.getOptions() ?? options;
    }
    request.setObject(toStruct(props));
    setOptions(request, options);
    if (own) setDependencies(request, props, options);
  }

  /** Changes the arguments of an invoke as the program's transforms ask. */
  async applyToInvoke(request: pb.ResourceInvokeRequest): Promise<void> {
    for (const callback of this.invokes) {
      const message = new pb.TransformInvokeRequest();
      message.setToken(request.getTok());
      message.setArgs(request.getArgs());
      const options = new pb.TransformInvokeOptions();
      options.setProvider(request.getProvider());
      options.setVersion(request.getVersion());
      message.setOptions(options);
      const bytes = await this.callbacks.invoke(callback, message.serializeBinary());
      const answer = pb.TransformInvokeResponse.deserializeBinary(bytes);
      request.setArgs(answer.getArgs());
      request.setProvider(answer.getOptions()?.getProvider() ?? request.getProvider());
      request.setVersion(answer.getOptions()?.getVersion() ?? request.getVersion());
    }
  }
}

function optionsOf(request: pb.RegisterResourceRequest): pb.TransformResourceOptions {
  const options = new pb.TransformResourceOptions();
  options.setDependsOnList(request.getDependenciesList());
  if (request.hasProtect()) options.setProtect(request.getProtect() === true);
  options.setIgnoreChangesList(request.getIgnorechangesList());
  options.setReplaceOnChangesList(request.getReplaceonchangesList());
  options.setVersion(request.getVersion());
  options.setAliasesList(request.getAliasesList());
  options.setProvider(request.getProvider());
  options.setCustomTimeouts(request.getCustomtimeouts());
  if (request.hasRetainondelete()) options.setRetainOnDelete(request.getRetainondelete() === true);
  options.setDeletedWith(request.getDeletedwith());
  if (request.getDeletebeforereplacedefined()) options.setDeleteBeforeReplace(request.getDeletebeforereplace());
  options.setAdditionalSecretOutputsList(request.getAdditionalsecretoutputsList());
  for (const [pkg, reference] of request.getProvidersMap().getEntryList()) {
    options.getProvidersMap().set(pkg, reference);
  }
  options.setHooks(request.getHooks());
  options.setImport(request.getImportid());
  options.setReplaceWithList(request.getReplaceWithList());
  options.setReplacementTrigger(request.getReplacementTrigger());
  options.setHideDiffList(request.getHidediffsList());
  return options;
}

function setOptions(request: pb.RegisterResourceRequest, options: pb.TransformResourceOptions): void {
  if (options.hasProtect()) request.setProtect(options.getProtect() === true);
  request.setIgnorechangesList(options.getIgnoreChangesList());
  request.setReplaceonchangesList(options.getReplaceOnChangesList());
  request.setVersion(options.getVersion());
  request.setAliasesList(options.getAliasesList());
  request.setProvider(options.getProvider());
  request.setCustomtimeouts(options.getCustomTimeouts());
  if (options.hasRetainOnDelete()) request.setRetainondelete(options.getRetainOnDelete() === true);
  request.setDeletedwith(options.getDeletedWith());
  request.setDeletebeforereplacedefined(options.hasDeleteBeforeReplace());
  request.setDeletebeforereplace(options.getDeleteBeforeReplace() === true);
  request.setAdditionalsecretoutputsList(options.getAdditionalSecretOutputsList());
  request.setHooks(options.getHooks());
  request.setImportid(options.getImport());
  request.setReplaceWithList(options.getReplaceWithList());
  request.setReplacementTrigger(options.getReplacementTrigger());
  request.setHidediffsList(options.getHideDiffList());
  request.clearProvidersMap();
  for (const [pkg, reference] of options.getProvidersMap().getEntryList()) {
    request.getProvidersMap().set(pkg, reference);
  }
}

/** Dependencies after a transform: those of the options and those that the properties carry. */
function setDependencies(
  request: pb.RegisterResourceRequest,
  props: Props,
  options: pb.TransformResourceOptions,
): void {
  const all = new Set(options.getDependsOnList());
  request.clearPropertydependenciesMap();
  for (const [key, value] of Object.entries(props)) {
    const urns = envelopeDependencies({ value });
    for (const urn of urns) all.add(urn);
    const entry = new pb.RegisterResourceRequest.PropertyDependencies();
    entry.setUrnsList(urns);
    request.getPropertydependenciesMap().set(key, entry);
  }
  request.setDependenciesList([...all]);
}
