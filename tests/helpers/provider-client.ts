// SPDX-License-Identifier: Apache-2.0

/** A provider as an engine sees it: real gRPC on loopback, an engine's log at the other end. */
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogSeverity, type LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { PropertyMap, ProviderImplementation } from "../../provider/grpc/provider";
import { startProvider } from "../../provider/grpc/serve";
import { decodeProperties, encodeProperties } from "../../provider/grpc/values";

export interface LogLine {
  severity: "debug" | "info" | "warning" | "error";
  message: string;
  urn: string;
  ephemeral: boolean;
}

/** What every call about a resource names. `timeout` in seconds. */
export interface ResourceCall {
  type: string;
  name?: string;
  id?: string;
  timeout?: number;
  preview?: boolean;
}

export interface Failure {
  property: string;
  reason: string;
}

/** The error of a call, with what a partly made object left in the trailer. */
export class CallError extends Error {
  constructor(
    public readonly code: grpc.status,
    message: string,
    public readonly partial: { id: string; properties: PropertyMap; reasons: string[] } | undefined,
  ) {
    super(message);
  }
}

/** An engine's log service; `lines` grows as they arrive. */
export async function startEngineLog(): Promise<{ address: string; lines: LogLine[]; close(): void }> {
  const lines: LogLine[] = [];
  const severities = {
    [LogSeverity.DEBUG]: "debug",
    [LogSeverity.INFO]: "info",
    [LogSeverity.WARNING]: "warning",
  } as const;
  const server = new grpc.Server();
  server.addService(EngineService, {
    log: (call: grpc.ServerUnaryCall<LogRequest, Empty>, callback: grpc.sendUnaryData<Empty>) => {
      const severity = call.request.getSeverity();
      const word = severity === LogSeverity.ERROR ? "error" : severities[severity];
      const { message, urn, ephemeral } = call.request.toObject();
      lines.push({ severity: word, message, urn, ephemeral });
      callback(null, new Empty());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, lines, close: () => server.forceShutdown() };
}

/** Starts the implementation in this process and connects to it. Not configured yet. */
export async function connectProvider(implementation: ProviderImplementation): Promise<ProviderClient> {
  const engine = await startEngineLog();
  const provider = await startProvider(implementation, engine.address);
  return new ProviderClient(`127.0.0.1:${provider.port}`, engine.lines, async () => {
    await provider.close();
    engine.close();
  });
}

/** Calls with plain arguments. Secrets and unknowns travel as `Secret` and `UNKNOWN`. */
export class ProviderClient {
  readonly raw: ResourceProviderClient;

  constructor(
    address: string,
    readonly logs: LogLine[],
    private readonly onClose: () => Promise<void> = async () => undefined,
  ) {
    const limits = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
    this.raw = new ResourceProviderClient(address, grpc.credentials.createInsecure(), limits);
  }

  async close(): Promise<void> {
    this.raw.close();
    await this.onClose();
  }

  /** `urn:pulumi:test::project::<type>::<name>` */
  static urn({ type, name }: ResourceCall): string {
    return `urn:pulumi:test::project::${type}::${name ?? "r"}`;
  }

  async configure(args: PropertyMap = {}): Promise<proto.ConfigureResponse> {
    const request = new proto.ConfigureRequest();
    request.setArgs(encodeProperties(args));
    request.setAcceptsecrets(true);
    return this.call((done) => this.raw.configure(request, done));
  }

  async check(
    call: ResourceCall,
    news: PropertyMap,
    olds: PropertyMap = {},
  ): Promise<{ inputs: PropertyMap; failures: Failure[] }> {
    const request = new proto.CheckRequest();
    this.describe(request, call);
    request.setNews(encodeProperties(news));
    request.setOlds(encodeProperties(olds));
    request.setRandomseed(new Uint8Array(32).fill(7));
    const answer = await this.call<proto.CheckResponse>((done) => this.raw.check(request, done));
    return { inputs: decodeProperties(answer.getInputs(), true), failures: failuresOf(answer) };
  }

  async diff(
    call: ResourceCall,
    olds: { inputs: PropertyMap; outputs: PropertyMap },
    news: PropertyMap,
  ): Promise<proto.DiffResponse.AsObject> {
    const request = new proto.DiffRequest();
    this.describe(request, call);
    request.setId(call.id ?? "id");
    request.setOldInputs(encodeProperties(olds.inputs));
    request.setOlds(encodeProperties(olds.outputs));
    request.setNews(encodeProperties(news));
    const answer = await this.call<proto.DiffResponse>((done) => this.raw.diff(request, done));
    return answer.toObject();
  }

  async create(call: ResourceCall, inputs: PropertyMap): Promise<{ id: string; properties: PropertyMap }> {
    const request = new proto.CreateRequest();
    this.describe(request, call);
    request.setProperties(encodeProperties(inputs));
    request.setTimeout(call.timeout ?? 0);
    request.setPreview(call.preview ?? false);
    const answer = await this.call<proto.CreateResponse>((done) => this.raw.create(request, done));
    return { id: answer.getId(), properties: decodeProperties(answer.getProperties(), true) };
  }

  async read(
    call: ResourceCall,
    state: { inputs: PropertyMap; outputs: PropertyMap } = { inputs: {}, outputs: {} },
  ): Promise<{ id: string; inputs: PropertyMap; properties: PropertyMap }> {
    const request = new proto.ReadRequest();
    this.describe(request, call);
    request.setId(call.id ?? "id");
    request.setInputs(encodeProperties(state.inputs));
    request.setProperties(encodeProperties(state.outputs));
    const answer = await this.call<proto.ReadResponse>((done) => this.raw.read(request, done));
    const properties = decodeProperties(answer.getProperties(), true);
    return { id: answer.getId(), inputs: decodeProperties(answer.getInputs(), true), properties };
  }

  async update(
    call: ResourceCall,
    olds: { inputs: PropertyMap; outputs: PropertyMap },
    news: PropertyMap,
  ): Promise<PropertyMap> {
    const request = new proto.UpdateRequest();
    this.describe(request, call);
    request.setId(call.id ?? "id");
    request.setOldInputs(encodeProperties(olds.inputs));
    request.setOlds(encodeProperties(olds.outputs));
    request.setNews(encodeProperties(news));
    request.setTimeout(call.timeout ?? 0);
    request.setPreview(call.preview ?? false);
    const answer = await this.call<proto.UpdateResponse>((done) => this.raw.update(request, done));
    return decodeProperties(answer.getProperties(), true);
  }

  async delete(call: ResourceCall, state: { inputs: PropertyMap; outputs: PropertyMap }): Promise<void> {
    const request = new proto.DeleteRequest();
    this.describe(request, call);
    request.setId(call.id ?? "id");
    request.setOldInputs(encodeProperties(state.inputs));
    request.setProperties(encodeProperties(state.outputs));
    request.setTimeout(call.timeout ?? 0);
    await this.call<Empty>((done) => this.raw.delete(request, done));
  }

  async invoke(token: string, args: PropertyMap): Promise<{ result: PropertyMap; failures: Failure[] }> {
    const request = new proto.InvokeRequest();
    request.setTok(token);
    request.setArgs(encodeProperties(args));
    const answer = await this.call<proto.InvokeResponse>((done) => this.raw.invoke(request, done));
    return { result: decodeProperties(answer.getReturn(), true), failures: failuresOf(answer) };
  }

  async cancel(): Promise<void> {
    await this.call<Empty>((done) => this.raw.cancel(new Empty(), done));
  }

  /** Any call of {@link raw} as a promise that rejects with a {@link CallError}. */
  call<R>(start: (done: (error: grpc.ServiceError | null, answer: R) => void) => unknown): Promise<R> {
    return new Promise((resolve, reject) => {
      start((error, answer) => {
        if (error) reject(callError(error));
        else resolve(answer);
      });
    });
  }

  private describe(
    request: { setUrn(urn: string): unknown; setType(type: string): unknown; setName(name: string): unknown },
    call: ResourceCall,
  ): void {
    request.setUrn(ProviderClient.urn(call));
    request.setType(call.type);
    request.setName(call.name ?? "r");
  }
}

function failuresOf(answer: { getFailuresList(): proto.CheckFailure[] }): Failure[] {
  return answer.getFailuresList().map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() }));
}

function callError(error: grpc.ServiceError): CallError {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(packed)) return new CallError(error.code, error.details, undefined);
  const [detail] = Status.deserializeBinary(new Uint8Array(packed)).getDetailsList();
  const failure = detail?.unpack(
    (bytes) => proto.ErrorResourceInitFailed.deserializeBinary(bytes),
    "pulumirpc.ErrorResourceInitFailed",
  );
  if (!failure) return new CallError(error.code, error.details, undefined);
  const partial = {
    id: failure.getId(),
    properties: decodeProperties(failure.getProperties(), true),
    reasons: failure.getReasonsList(),
  };
  return new CallError(error.code, error.details, partial);
}
