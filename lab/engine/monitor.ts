// SPDX-License-Identifier: Apache-2.0
/** The two services a program talks to: the resource monitor and the engine's log. */
import { status } from "@grpc/grpc-js";
import type { Server, UntypedServiceImplementation } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Callback } from "@pulumi/pulumi/proto/callback_pb";
import * as engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as enginePb from "@pulumi/pulumi/proto/engine_pb";
import * as providerPb from "@pulumi/pulumi/proto/provider_pb";
import * as rpc from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import { hashAssets } from "./assets";
import type { Callbacks } from "./callbacks";
import { DefaultProviders, deniedPackage, withVersion } from "./default-providers";
import type { Events } from "./events";
import type { Executor } from "./executor";
import type { Generator, Registered } from "./generator";
import { RpcError, handler, serve } from "./grpc";
import { HookRunner } from "./hooks";
import { providerErrorText } from "./provider-client";
import { readResource } from "./read";
import { deniedText } from "./messages";
import { inherit, needsProvider, readRequest } from "./registration";
import { Stopped } from "./run";
import type { Run } from "./run";
import { Transforms } from "./transforms";
import type { Severity } from "./types";
import { ROOT_STACK_TYPE, isProviderType, tokenPackage } from "./urn";
import { fromStruct, openOutputs, toStruct } from "./values";
import type { Props } from "./values";

const FEATURES = new Set([
  ...["secrets", "resourceReferences", "outputValues", "aliasSpecs", "deletedWith", "replaceWith"],
  ...["transforms", "invokeTransforms", "resourceHooks", "errorHooks"],
]);

const RESULTS = { success: pb.Result.SUCCESS, fail: pb.Result.FAIL, skip: pb.Result.SKIP } as const;
const SEVERITIES: readonly Severity[] = ["debug", "info", "warning", "error"];

/** The service that programs and plugins log to. */
export async function serveEngine(events: Events): Promise<{ server: Server; address: string }> {
  const service: UntypedServiceImplementation = {
    log: handler((request: enginePb.LogRequest) => {
      const severity = SEVERITIES[request.getSeverity()] ?? "info";
      // Ephemeral texts are progress of a moment; debug texts are for those who build providers.
      if (severity !== "debug" && !request.getEphemeral())
        events.diagnostic(severity, request.getMessage(), request.getUrn());
      return new Empty();
    }),
    setRootResource: handler(() => new enginePb.SetRootResourceResponse()),
    getRootResource: handler(() => new enginePb.GetRootResourceResponse()),
    requirePulumiVersion: handler(() => new enginePb.RequirePulumiVersionResponse()),
    startDebugging: handler(() => new Empty()),
  };
  return serve([[engineRpc.EngineService, service]]);
}

/** What the monitor keeps between calls of one program. */
export class Monitor {
  private readonly defaults: DefaultProviders;
  private readonly transforms: Transforms;
  private readonly componentProviders = new Map<string, Record<string, string>>();
  private readonly working = new Set<Promise<unknown>>();
  private stack: { urn: string; outputs: Props } | undefined;
  private signal: (() => void) | undefined;
  private release: (() => void) | undefined;
  private over: (() => void) | undefined;
  private readonly closed = new Promise<void>((done) => (this.over = done));
  private server: Server | undefined;
  readonly hooks: HookRunner;
  /** Resolves when the program says that it is through; its answer comes with `close`. */
  readonly signalled: Promise<void>;

  constructor(
    private readonly run: Run,
    private readonly generator: Generator,
    private readonly executor: Executor,
    callbacks: Callbacks,
  ) {
    this.defaults = new DefaultProviders(run, generator);
    this.transforms = new Transforms(callbacks);
    this.hooks = new HookRunner(run, callbacks);
    this.signalled = new Promise((done) => (this.signal = done));
  }

  /** The outputs that the program has registered for the stack. */
  get stackOutputs(): { urn: string; outputs: Props } | undefined {
    return this.stack;
  }

  async start(): Promise<string> {
    const service: UntypedServiceImplementation = {
      supportsFeature: handler((request: pb.SupportsFeatureRequest) => {
        const answer = new pb.SupportsFeatureResponse();
        answer.setHassupport(FEATURES.has(request.getId()));
        return answer;
      }),
      registerResource: handler((request: pb.RegisterResourceRequest) => this.tracked(this.registerResource(request))),
      // The SDK would print an error of this call, unlike one of a registration; nothing comes of it in a run that has ended.
      registerResourceOutputs: handler((request: pb.RegisterResourceOutputsRequest) =>
        this.run.stopped ? new Empty() : this.tracked(this.registerOutputs(request)),
      ),
      readResource: handler((request: pb.ReadResourceRequest) => this.tracked(this.readResource(request))),
      invoke: handler((request: pb.ResourceInvokeRequest) => this.tracked(this.invoke(request))),
      registerStackTransform: handler((request: Callback) => {
        this.transforms.addStackTransform(request);
        return new Empty();
      }),
      registerStackInvokeTransform: handler((request: Callback) => {
        this.transforms.addInvokeTransform(request);
        return new Empty();
      }),
      registerResourceHook: handler((request: pb.RegisterResourceHookRequest) => this.addHook(request)),
      registerErrorHook: handler((request: pb.RegisterErrorHookRequest) => this.addHook(request)),
      signalAndWaitForShutdown: handler(async () => {
        const released = new Promise<void>((done) => (this.release = done));
        this.signal?.();
        await released;
        return new Empty();
      }),
    };
    const { server, address } = await serve([[rpc.ResourceMonitorService, service]]);
    this.server = server;
    return address;
  }

  /** Answers the program's last call, and tells it at each one that is still open that the run has ended. */
  close(): void {
    this.release?.();
    this.over?.();
  }

  /** To be called when the program has ended: until then it may ask. */
  stop(): void {
    this.server?.forceShutdown();
    this.server = undefined;
  }

  /** Resolves when no registration is being worked on. */
  async idle(): Promise<void> {
    while (this.working.size > 0) await Promise.allSettled(this.working);
  }

  private tracked<A>(work: Promise<A>): Promise<A> {
    const settled = work.catch((error: unknown) => {
      if (!(error instanceof Stopped)) throw error;
      // What is under way elsewhere is finished before the program hears that the run has ended, which ends it.
      return this.closed.then(() => {
        throw new RpcError(status.UNAVAILABLE, "resource monitor shut down while waiting on step's done channel");
      });
    });
    const done = work.then(
      () => undefined,
      () => undefined,
    );
    this.working.add(done);
    void done.then(() => this.working.delete(done));
    return settled;
  }

  private async registerResource(request: pb.RegisterResourceRequest): Promise<pb.RegisterResourceResponse> {
    const { run } = this;
    inheritOptions(request, run);
    await this.transforms.apply(request);
    run.options.onRegistration?.(`${request.getType()} ${request.getName()}`, fromStruct(request.getObject()));
    const { goal, version, providers, remote } = readRequest(request, run.project.programDir);
    if (remote) throw new RpcError(status.UNIMPLEMENTED, "components of other languages need the Pulumi CLI");
    inherit(goal, run.goals.get(goal.parent));
    if (isProviderType(goal.type)) {
      goal.inputs = withVersion(goal.inputs, version);
      if (version) goal.propertyDependencies = { ...goal.propertyDependencies };
    } else if (needsProvider(goal)) {
      const pkg = tokenPackage(goal.type);
      const inherited = providers[pkg] ?? this.componentProviders.get(goal.parent)?.[pkg];
      goal.provider ||= inherited ?? (await this.defaults.get(pkg, version));
    }
    const registered = await this.generator.register(goal);
    const { urn } = registered.state;
    if (!goal.custom) this.componentProviders.set(urn, { ...this.componentProviders.get(goal.parent), ...providers });
    this.transforms.remember(urn, request);
    return answerOf(registered, goal.custom, run.options.preview);
  }

  private async registerOutputs(request: pb.RegisterResourceOutputsRequest): Promise<Empty> {
    const urn = request.getUrn();
    this.run.options.onRegistration?.(urn, fromStruct(request.getOutputs()));
    const outputs = hashAssets(openOutputs(fromStruct(request.getOutputs())), this.run.project.programDir);
    if (this.run.goals.get(urn)?.type === ROOT_STACK_TYPE) this.stack = { urn, outputs };
    else await this.executor.registerOutputs(urn, outputs);
    return new Empty();
  }

  private async readResource(request: pb.ReadResourceRequest): Promise<pb.ReadResourceResponse> {
    const type = request.getType();
    const provider = request.getProvider() || (await this.defaults.get(tokenPackage(type), request.getVersion()));
    if (deniedPackage(provider) !== undefined) throw new Error(deniedText(type, type));
    const state = await readResource(
      { run: this.run, generator: this.generator, executor: this.executor },
      request,
      provider,
    );
    const answer = new pb.ReadResourceResponse();
    answer.setUrn(state.urn);
    answer.setProperties(toStruct(state.outputs ?? {}));
    return answer;
  }

  private async invoke(request: pb.ResourceInvokeRequest): Promise<providerPb.InvokeResponse> {
    const { run } = this;
    await this.transforms.applyToInvoke(request);
    const token = request.getTok();
    const pkg = tokenPackage(token);
    const reference = request.getProvider() || (await this.defaults.get(pkg, request.getVersion()));
    if (deniedPackage(reference) !== undefined) throw new Error(`Invoke: ${deniedText(pkg, token)}`);
    const provider = await run.registry.ensure(reference, run.prev);
    const args = hashAssets(openOutputs(fromStruct(request.getArgs())), run.project.programDir);
    const { result, failures } = await provider
      .invoke({ token, args, preview: run.options.preview })
      .catch((error: unknown) => {
        throw new Error(`invocation of ${token} returned an error: ${providerErrorText(error)}`, { cause: error });
      });
    const answer = new providerPb.InvokeResponse();
    answer.setReturn(toStruct(result));
    answer.setFailuresList(
      failures.map(({ property, reason }) => {
        const failure = new providerPb.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        return failure;
      }),
    );
    return answer;
  }

  private addHook(request: pb.RegisterResourceHookRequest | pb.RegisterErrorHookRequest): Empty {
    const callback = request.getCallback();
    const isErrorHook = request instanceof pb.RegisterErrorHookRequest;
    this.hooks.register(request.getName(), {
      target: callback?.getTarget() ?? "",
      token: callback?.getToken() ?? "",
      onDryRun: !isErrorHook && request.getOnDryRun(),
      ignoreErrors: !isErrorHook && request.getIgnoreErrors(),
    });
    return new Empty();
  }
}

/** A transform sees the options that a resource has from its parent. */
function inheritOptions(request: pb.RegisterResourceRequest, run: Run): void {
  const parent = run.goals.get(request.getParent());
  if (!parent) return;
  if (!request.hasProtect() && parent.protect !== undefined) request.setProtect(parent.protect);
  if (!request.hasRetainondelete() && parent.retainOnDelete !== undefined)
    request.setRetainondelete(parent.retainOnDelete);
  if (!request.getDeletedwith()) request.setDeletedwith(parent.deletedWith);
}

function answerOf(
  { state, skipped, result }: Registered,
  custom: boolean,
  preview: boolean,
): pb.RegisterResourceResponse {
  const answer = new pb.RegisterResourceResponse();
  answer.setUrn(state.urn);
  answer.setResult(RESULTS[result]);
  if (result !== "success") {
    answer.setObject(toStruct({}));
    return answer;
  }
  if (state.id && !(preview && skipped)) answer.setId(state.id);
  answer.setObject(toStruct(custom ? (state.outputs ?? {}) : {}));
  return answer;
}
