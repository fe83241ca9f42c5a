// SPDX-License-Identifier: Apache-2.0

/** The methods of `pulumirpc.ResourceProvider` for a {@link ProviderImplementation}. */
import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo, type PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { EngineLog } from "./engine-log";
import type {
  CallContext,
  CheckFailure,
  DiffResult,
  PropertyMap,
  ProviderImplementation,
  ResourceId,
} from "./provider";
import { toServiceError, Unimplemented } from "./status";
import { decodeProperties, encodeProperties } from "./values";

/** What the methods of one process share. */
export interface ServiceEnvironment {
  implementation: ProviderImplementation;
  log: EngineLog;
  /** Aborted when the engine cancels. */
  cancellation: AbortController;
}

/** What some of the requests have. */
interface CallFields {
  getUrn?(): string | undefined;
  /** Seconds; 0 if none. */
  getTimeout?(): number;
  getPreview?(): boolean;
}

type Request = object & CallFields;
type Handler<Q, R> = (request: Q, context: CallContext) => Promise<R>;

/**
 * The handlers. Methods that are not here (Construct, Call, Parameterize, GetMapping) answer UNIMPLEMENTED, which engines take
 * for "this provider has none".
 */
export function providerService(environment: ServiceEnvironment): UntypedServiceImplementation {
  const serve = <Q extends Request, R>(handler: Handler<Q, R>) => unary(environment, handler);
  return {
    ...administration(environment, serve),
    ...configuration(environment, serve),
    ...lifecycle(environment, serve),
  };
}

type Serve = <Q extends Request, R>(handler: Handler<Q, R>) => handleUnaryCall<Q, R>;

function administration(
  { implementation, log, cancellation }: ServiceEnvironment,
  serve: Serve,
): UntypedServiceImplementation {
  return {
    handshake: serve(async (request: proto.ProviderHandshakeRequest) => {
      if (request.getEngineAddress() !== "") log.attach(request.getEngineAddress());
      const answer = new proto.ProviderHandshakeResponse();
      answer.setAcceptSecrets(implementation.acceptSecrets);
      return answer;
    }),
    attach: serve(async (request: PluginAttach) => {
      log.attach(request.getAddress());
      return new Empty();
    }),
    getPluginInfo: serve(async () => {
      const answer = new PluginInfo();
      answer.setVersion(implementation.version);
      return answer;
    }),
    getSchema: serve(async (request: proto.GetSchemaRequest) => {
      if (request.getVersion() !== 0)
        throw new Error(`schema version ${request.getVersion()} is not supported, only 0`);
      const answer = new proto.GetSchemaResponse();
      answer.setSchema(implementation.schema?.() ?? "{}");
      return answer;
    }),
    cancel: serve(async () => {
      cancellation.abort(new Error("cancelled by the engine"));
      await implementation.cancel?.();
      return new Empty();
    }),
  };
}

function configuration({ implementation }: ServiceEnvironment, serve: Serve): UntypedServiceImplementation {
  const decode = (struct: Parameters<typeof decodeProperties>[0]) =>
    decodeProperties(struct, implementation.acceptSecrets);
  return {
    checkConfig: serve(async (request: proto.CheckRequest) => {
      const [news, olds] = [decode(request.getNews()), decode(request.getOlds())];
      if (!implementation.checkConfig) return checkResponse(news, []);
      const { inputs, failures } = await implementation.checkConfig(news, olds);
      return checkResponse(inputs, failures);
    }),
    diffConfig: serve(async (request: proto.DiffRequest) => {
      if (!implementation.diffConfig) return diffResponse({ changes: "unknown" });
      const olds = decode(request.getOldInputs() ?? request.getOlds());
      return diffResponse(await implementation.diffConfig(olds, decode(request.getNews())));
    }),
    configure: serve(async (request: proto.ConfigureRequest) => {
      await implementation.configure(decode(request.getArgs()));
      const answer = new proto.ConfigureResponse();
      answer.setAcceptsecrets(implementation.acceptSecrets);
      answer.setSupportspreview(true);
      return answer;
    }),
    invoke: serve(async (request: proto.InvokeRequest, context) => {
      if (!implementation.invoke) throw new Unimplemented(`${implementation.name} has no functions`);
      const { result, failures } = await implementation.invoke(request.getTok(), decode(request.getArgs()), context);
      const answer = new proto.InvokeResponse();
      if (failures.length > 0) answer.setFailuresList(failures.map(checkFailure));
      else answer.setReturn(encodeProperties(result));
      return answer;
    }),
  };
}

function lifecycle({ implementation }: ServiceEnvironment, serve: Serve): UntypedServiceImplementation {
  const decode = (struct: Parameters<typeof decodeProperties>[0]) =>
    decodeProperties(struct, implementation.acceptSecrets);
  return {
    check: serve(async (request: proto.CheckRequest, context) => {
      const [news, olds] = [decode(request.getNews()), decode(request.getOlds())];
      const seed = request.getRandomseed_asU8();
      const { inputs, failures } = await implementation.check(resourceOf(request), news, olds, seed, context);
      return checkResponse(inputs, failures);
    }),
    diff: serve(async (request: proto.DiffRequest) => {
      const state = { inputs: decode(request.getOldInputs()), outputs: decode(request.getOlds()) };
      const ignored = request.getIgnorechangesList();
      const news = decode(request.getNews());
      return diffResponse(await implementation.diff(resourceOf(request), request.getId(), state, news, ignored));
    }),
    create: serve(async (request: proto.CreateRequest, context) => {
      const inputs = decode(request.getProperties());
      const { id, properties } = await implementation.create(resourceOf(request), inputs, context);
      if (id === "" && !context.preview)
        throw new Error(`${implementation.name}: create of ${request.getUrn()} gave no id`);
      const answer = new proto.CreateResponse();
      answer.setId(id);
      answer.setProperties(encodeProperties(properties));
      return answer;
    }),
    read: serve(async (request: proto.ReadRequest, context) => {
      const state = { inputs: decode(request.getInputs()), outputs: decode(request.getProperties()) };
      const found = await implementation.read(resourceOf(request), request.getId(), state, context);
      const answer = new proto.ReadResponse();
      // An empty id says that the object is gone.
      if (!found) return answer;
      answer.setId(found.id);
      answer.setInputs(encodeProperties(found.inputs));
      answer.setProperties(encodeProperties(found.properties));
      return answer;
    }),
    update: serve(async (request: proto.UpdateRequest, context) => {
      const state = { inputs: decode(request.getOldInputs()), outputs: decode(request.getOlds()) };
      const inputs = decode(request.getNews());
      const resource = resourceOf(request);
      const properties = await implementation.update(resource, request.getId(), state, inputs, context);
      const answer = new proto.UpdateResponse();
      answer.setProperties(encodeProperties(properties));
      return answer;
    }),
    delete: serve(async (request: proto.DeleteRequest, context) => {
      const state = { inputs: decode(request.getOldInputs()), outputs: decode(request.getProperties()) };
      await implementation.delete(resourceOf(request), request.getId(), state, context);
      return new Empty();
    }),
  };
}

/** Older engines send the URN only. */
function resourceOf(request: { getUrn(): string; getType(): string; getName(): string }): ResourceId {
  const urn = request.getUrn();
  const parts = urn.split("::");
  const ownType = (parts[2] ?? "").split("$").pop() ?? "";
  return { urn, type: request.getType() || ownType, name: request.getName() || parts.slice(3).join("::") };
}

function checkResponse(inputs: PropertyMap, failures: CheckFailure[]): proto.CheckResponse {
  const answer = new proto.CheckResponse();
  answer.setInputs(encodeProperties(inputs));
  answer.setFailuresList(failures.map(checkFailure));
  return answer;
}

function checkFailure({ property, reason }: CheckFailure): proto.CheckFailure {
  const failure = new proto.CheckFailure();
  failure.setProperty(property);
  failure.setReason(reason);
  return failure;
}

const CHANGES = {
  unknown: proto.DiffResponse.DiffChanges.DIFF_UNKNOWN,
  none: proto.DiffResponse.DiffChanges.DIFF_NONE,
  some: proto.DiffResponse.DiffChanges.DIFF_SOME,
} as const;

const KINDS = {
  add: proto.PropertyDiff.Kind.ADD,
  "add-replace": proto.PropertyDiff.Kind.ADD_REPLACE,
  delete: proto.PropertyDiff.Kind.DELETE,
  "delete-replace": proto.PropertyDiff.Kind.DELETE_REPLACE,
  update: proto.PropertyDiff.Kind.UPDATE,
  "update-replace": proto.PropertyDiff.Kind.UPDATE_REPLACE,
} as const;

function diffResponse(result: DiffResult): proto.DiffResponse {
  const answer = new proto.DiffResponse();
  answer.setChanges(CHANGES[result.changes]);
  answer.setReplacesList(result.replaces ?? []);
  answer.setDeletebeforereplace(result.deleteBeforeReplace ?? false);
  answer.setDiffsList(result.diffs ?? []);
  answer.setStablesList(result.stables ?? []);
  answer.setHasdetaileddiff(result.detailedDiff !== undefined);
  for (const [path, { kind, inputDiff }] of Object.entries(result.detailedDiff ?? {})) {
    const difference = new proto.PropertyDiff();
    difference.setKind(KINDS[kind]);
    difference.setInputdiff(inputDiff ?? false);
    answer.getDetaileddiffMap().set(path, difference);
  }
  return answer;
}

/** A gRPC handler around a method: its context, its log lines before its answer, its error as a status. */
function unary<Q extends Request, R>(
  { log, cancellation }: ServiceEnvironment,
  handler: Handler<Q, R>,
): handleUnaryCall<Q, R> {
  return (call, callback) => {
    const request: CallFields = call.request;
    const urn = request.getUrn?.() ?? "";
    const seconds = request.getTimeout?.() ?? 0;
    const own = new AbortController();
    call.on("cancelled", () => own.abort(new Error("the engine gave up this call")));
    const timer = setDeadline(seconds, own);
    const lines: Promise<void>[] = [];
    const context: CallContext = {
      signal: AbortSignal.any([cancellation.signal, own.signal]),
      preview: request.getPreview?.() ?? false,
      deadlineSeconds: seconds,
      log: (severity, message, ephemeral = false) => void lines.push(log.send({ urn, severity, message, ephemeral })),
    };
    const finish = async (answer: () => void) => {
      clearTimeout(timer);
      await Promise.all(lines);
      answer();
    };
    void (async () => handler(call.request, context))().then(
      (answer) => finish(() => callback(null, answer)),
      (error: unknown) => finish(() => callback(toServiceError(error))),
    );
  };
}

function setDeadline(seconds: number, controller: AbortController): NodeJS.Timeout | undefined {
  if (!(seconds > 0)) return undefined;
  const expire = () => controller.abort(new Error(`not done within the resource's custom timeout of ${seconds} s`));
  // Node's timers hold 31 bits of milliseconds; a longer timeout is none.
  return seconds * 1000 < 2 ** 31 ? setTimeout(expire, seconds * 1000) : undefined;
}
