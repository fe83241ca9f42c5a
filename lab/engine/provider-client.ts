// SPDX-License-Identifier: Apache-2.0
/** A provider behind a plugin process. */
import { Metadata, credentials, status } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { CHANNEL_OPTIONS, call, hasCode, isServiceError } from "./grpc";
import type { PluginProcess } from "./plugin-process";
import { diffOf, failuresOf } from "./provider-answers";
import { DiffUnavailable } from "./provider";
import type { ChangeOptions, CheckAnswer, ConfigurableProvider, DiffArgs, InvokeAnswer } from "./provider";
import type { ObjectState, Provider } from "./provider";
import type { ReadAnswer, ResourceRef, UpdateArgs } from "./provider";
import type { Diff } from "./types";
import { urnName, urnType } from "./urn";
import {
  annotateSecrets,
  containsUnknown,
  elideAssets,
  restoreElided,
  fromStruct,
  openOutputs,
  stripResources,
} from "./values";
import { stripSecrets, toStruct } from "./values";
import type { Props, Value } from "./values";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** How long a provider may take to answer, by kind of call, in milliseconds. */
export interface AnswerLimits {
  /** First contact. */
  handshake: number;
  /** What changes nothing: check, diff, read, configure, invoke. */
  question: number;
  /** Create, update, delete; a longer time that the program itself allows counts instead. */
  operation: number;
  /** The request to end what is running. */
  cancel: number;
}

export const ANSWER_LIMITS: AnswerLimits = {
  handshake: MINUTE,
  question: 10 * MINUTE,
  operation: 6 * 60 * MINUTE,
  cancel: 5 * SECOND,
};

export interface HandshakeInfo {
  engineAddress: string;
  /** Folder of the plugin's executable. */
  pluginDir: string;
}

export class PluginProvider implements ConfigurableProvider {
  private readonly client: rpc.ResourceProviderClient;
  private acceptSecrets = false;
  private acceptResources = false;
  private supportsPreview = false;
  /** False while its configuration holds unknown values: then it can be asked nothing. */
  private configured = true;

  constructor(
    private readonly process: PluginProcess,
    private readonly limits: AnswerLimits = ANSWER_LIMITS,
  ) {
    this.client = new rpc.ResourceProviderClient(process.address, credentials.createInsecure(), CHANNEL_OPTIONS);
  }

  private async ask<A>(method: string, request: unknown, limit = this.limits.question): Promise<A> {
    try {
      return await call<unknown, A>(this.client, method, request, { metadata: new Metadata(), limit });
    } catch (error) {
      if (hasCode(error, status.UNAVAILABLE)) throw new Error(await this.unavailable(error as Error), { cause: error });
      if (hasCode(error, status.DEADLINE_EXCEEDED)) {
        throw new Error(`${this.process.label} did not answer within ${String(limit / SECOND)} s`, { cause: error });
      }
      throw error;
    }
  }

  /** @param timeout - seconds that the program allows; 0 where it says nothing */
  private operationLimit(timeout: number): number {
    return Math.max(this.limits.operation, timeout > 0 ? timeout * SECOND + MINUTE : 0);
  }

  private async unavailable(error: Error): Promise<string> {
    // The connection often breaks a moment before the exit of the process is known.
    const soon = new Promise<undefined>((done) => setTimeout(done, 500, undefined));
    const reason = await Promise.race([this.process.whenEnded, soon]);
    return reason ? `${this.process.label} ${reason} while it was asked` : `${this.process.label}: ${error.message}`;
  }

  /** First contact. */
  async handshake(info: HandshakeInfo): Promise<void> {
    const request = new pb.ProviderHandshakeRequest();
    request.setEngineAddress(info.engineAddress);
    request.setRootDirectory(info.pluginDir);
    request.setProgramDirectory(info.pluginDir);
    request.setConfigureWithUrn(true);
    request.setInvokeWithPreview(true);
    const answer = await this.optional<pb.ProviderHandshakeResponse>("handshake", request, this.limits.handshake);
    if (answer) {
      this.acceptSecrets = answer.getAcceptSecrets();
      this.acceptResources = answer.getAcceptResources();
      this.supportsPreview = true;
    }
    await this.optional("getPluginInfo", new Empty(), this.limits.handshake);
  }

  private async optional<A>(method: string, request: unknown, limit: number): Promise<A | undefined> {
    try {
      return await this.ask<A>(method, request, limit);
    } catch (error) {
      if (hasCode(error, status.UNIMPLEMENTED)) return undefined;
      throw error;
    }
  }

  /** Checks the provider's own configuration. */
  async checkConfig(urn: string, olds: Props, news: Props): Promise<CheckAnswer> {
    const request = new pb.CheckRequest();
    request.setUrn(urn);
    request.setName(urnName(urn));
    request.setType(urnType(urn));
    request.setOlds(toStruct(stripSecrets(olds)));
    request.setNews(toStruct(stripSecrets(news)));
    const answer = await this.optional<pb.CheckResponse>("checkConfig", request, this.limits.question);
    if (!answer) return { inputs: news, failures: [] };
    return {
      inputs: annotateSecrets(fromStruct(answer.getInputs()), news),
      failures: failuresOf(answer.getFailuresList()),
    };
  }

  /** Asks how a changed configuration matters; undefined where the provider cannot tell. */
  async diffConfig(args: DiffArgs): Promise<Diff | undefined> {
    const request = new pb.DiffRequest();
    request.setUrn(args.urn);
    request.setName(urnName(args.urn));
    request.setType(urnType(args.urn));
    request.setOlds(toStruct(stripSecrets(args.oldOutputs)));
    request.setOldInputs(toStruct(stripSecrets(args.oldInputs)));
    request.setNews(toStruct(stripSecrets(args.newInputs)));
    request.setIgnorechangesList(args.ignoreChanges);
    const answer = await this.optional<pb.DiffResponse>("diffConfig", request, this.limits.question);
    return answer ? diffOf(answer) : undefined;
  }

  /** Hands the configuration over; a provider whose configuration is not known yet stays unconfigured. */
  async configure(ref: ResourceRef, inputs: Props): Promise<void> {
    this.configured = !containsUnknown(inputs);
    if (!this.configured) return;
    const request = new pb.ConfigureRequest();
    for (const [key, value] of Object.entries(inputs)) {
      const plain = stripSecrets(value);
      if (key === "version") continue;
      const name = `${urnType(ref.urn).split(":")[2] ?? ""}:config:${key}`;
      request.getVariablesMap().set(name, typeof plain === "string" ? plain : JSON.stringify(plain));
    }
    request.setArgs(toStruct(inputs));
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    request.setSendsOldInputs(true);
    request.setSendsOldInputsToDelete(true);
    request.setId(ref.id);
    request.setUrn(ref.urn);
    request.setName(urnName(ref.urn));
    request.setType(urnType(ref.urn));
    const answer = await this.ask<pb.ConfigureResponse>("configure", request);
    this.acceptSecrets ||= answer.getAcceptsecrets();
    this.acceptResources ||= answer.getAcceptresources();
    this.supportsPreview ||= answer.getSupportspreview();
  }

  private send(props: Props): Struct {
    let sent: Value = openOutputs(props);
    if (!this.acceptSecrets) sent = stripSecrets(sent);
    if (!this.acceptResources) sent = stripResources(sent);
    return toStruct(sent);
  }

  /** What is only compared or deleted goes without the contents of assets. */
  private sendElided(props: Props): Struct {
    return this.send(elideAssets(props));
  }

  private receive(struct: Struct | undefined, inputs: Props): Props {
    const props = openOutputs(fromStruct(struct));
    return this.acceptSecrets ? props : annotateSecrets(props, inputs);
  }

  async check({ urn, olds, news, randomSeed }: Parameters<Provider["check"]>[0]): Promise<CheckAnswer> {
    if (!this.configured) return { inputs: news, failures: [] };
    const request = new pb.CheckRequest();
    request.setUrn(urn);
    request.setName(urnName(urn));
    request.setType(urnType(urn));
    request.setOlds(this.send(olds));
    request.setNews(this.send(news));
    request.setRandomseed(randomSeed);
    const answer = await this.ask<pb.CheckResponse>("check", request);
    return { inputs: this.receive(answer.getInputs(), news), failures: failuresOf(answer.getFailuresList()) };
  }

  async diff(args: DiffArgs): Promise<Diff> {
    if (!this.configured) {
      throw new DiffUnavailable(
        "The provider for this resource has inputs that are not known during preview.\n" +
          "This preview may not correctly represent the changes that will be applied during an update.",
      );
    }
    const request = new pb.DiffRequest();
    request.setId(args.id);
    request.setUrn(args.urn);
    request.setName(urnName(args.urn));
    request.setType(urnType(args.urn));
    request.setOlds(this.sendElided(args.oldOutputs));
    request.setOldInputs(this.sendElided(args.oldInputs));
    request.setNews(this.sendElided(args.newInputs));
    request.setIgnorechangesList(args.ignoreChanges);
    return diffOf(await this.ask<pb.DiffResponse>("diff", request));
  }

  private canPreview(): boolean {
    return this.configured && this.supportsPreview;
  }

  async create({
    urn,
    inputs,
    preview,
    timeout,
  }: { urn: string; inputs: Props } & ChangeOptions): Promise<ObjectState> {
    if (preview && !this.canPreview()) return { id: "", outputs: inputs };
    const request = new pb.CreateRequest();
    request.setUrn(urn);
    request.setName(urnName(urn));
    request.setType(urnType(urn));
    request.setProperties(this.send(inputs));
    request.setPreview(preview);
    request.setTimeout(timeout);
    return this.change(inputs, async () => {
      const answer = await this.ask<pb.CreateResponse>("create", request, this.operationLimit(timeout));
      const refreshBeforeUpdate = answer.getRefreshBeforeUpdate();
      return { id: answer.getId(), outputs: this.receive(answer.getProperties(), inputs), refreshBeforeUpdate };
    });
  }

  async update(args: UpdateArgs): Promise<ObjectState> {
    const { urn, id, newInputs, preview } = args;
    if (preview && !this.canPreview()) return { id, outputs: newInputs };
    const request = new pb.UpdateRequest();
    request.setId(id);
    request.setUrn(urn);
    request.setName(urnName(urn));
    request.setType(urnType(urn));
    request.setOlds(this.sendElided(args.oldOutputs));
    request.setOldInputs(this.sendElided(args.oldInputs));
    request.setNews(this.send(newInputs));
    request.setIgnorechangesList(args.ignoreChanges);
    request.setPreview(preview);
    request.setTimeout(args.timeout);
    return this.change(newInputs, async () => {
      const answer = await this.ask<pb.UpdateResponse>("update", request, this.operationLimit(args.timeout));
      const refreshBeforeUpdate = answer.getRefreshBeforeUpdate();
      return { id, outputs: this.receive(answer.getProperties(), newInputs), refreshBeforeUpdate };
    });
  }

  /** Runs an operation; an error that says «it exists, but is not ready» becomes a state with reasons. */
  private async change(inputs: Props, run: () => Promise<ObjectState>): Promise<ObjectState> {
    try {
      return await run();
    } catch (error) {
      const failed = initFailure(error);
      if (!failed) throw error;
      return {
        id: failed.getId(),
        outputs: this.receive(failed.getProperties(), inputs),
        initErrors: failed.getReasonsList(),
        refreshBeforeUpdate: failed.getRefreshBeforeUpdate(),
      };
    }
  }

  async delete(args: Parameters<Provider["delete"]>[0]): Promise<void> {
    const request = new pb.DeleteRequest();
    request.setId(args.id);
    request.setUrn(args.urn);
    request.setName(urnName(args.urn));
    request.setType(urnType(args.urn));
    request.setProperties(this.sendElided(args.outputs));
    request.setOldInputs(this.sendElided(args.inputs));
    request.setTimeout(args.timeout);
    await this.ask("delete", request, this.operationLimit(args.timeout));
  }

  async read(args: Parameters<Provider["read"]>[0]): Promise<ReadAnswer> {
    if (!this.configured) return { id: args.id, outputs: {} };
    const request = new pb.ReadRequest();
    request.setId(args.id);
    request.setUrn(args.urn);
    request.setName(urnName(args.urn));
    request.setType(urnType(args.urn));
    if (args.outputs) request.setProperties(this.sendElided(args.outputs));
    if (args.inputs) request.setInputs(this.sendElided(args.inputs));
    try {
      const answer = await this.ask<pb.ReadResponse>("read", request);
      return this.readAnswer(answer.getId(), answer, args);
    } catch (error) {
      const failed = initFailure(error);
      if (!failed) throw error;
      return { ...this.readAnswer(failed.getId(), failed, args), initErrors: failed.getReasonsList() };
    }
  }

  private readAnswer(
    id: string,
    answer: pb.ReadResponse | pb.ErrorResourceInitFailed,
    args: { inputs?: Props; outputs?: Props },
  ): ReadAnswer {
    if (!id) return { id: "" };
    const inputs = answer.getInputs();
    const had = args.inputs ?? {};
    return {
      id,
      inputs: inputs ? restoreElided(had, this.receive(inputs, had)) : undefined,
      outputs: restoreElided(had, this.receive(answer.getProperties(), args.outputs ?? {})),
      refreshBeforeUpdate: answer.getRefreshBeforeUpdate(),
    };
  }

  async invoke({ token, args, preview }: Parameters<Provider["invoke"]>[0]): Promise<InvokeAnswer> {
    if (!this.configured) return { result: {}, failures: [] };
    const request = new pb.InvokeRequest();
    request.setTok(token);
    request.setArgs(this.send(args));
    request.setPreview(preview);
    const answer = await this.ask<pb.InvokeResponse>("invoke", request);
    return { result: openOutputs(fromStruct(answer.getReturn())), failures: failuresOf(answer.getFailuresList()) };
  }

  async cancel(): Promise<void> {
    if (this.process.hasEnded) return;
    // A provider that cannot be asked politely is ended by stop().
    await this.ask("cancel", new Empty(), this.limits.cancel).catch(() => undefined);
  }

  async stop(): Promise<void> {
    await this.cancel();
    this.client.close();
    await this.process.stop();
  }
}

function initFailure(error: unknown): pb.ErrorResourceInitFailed | undefined {
  if (!isServiceError(error)) return undefined;
  const [packed] = error.metadata.get("grpc-status-details-bin");
  if (!(packed instanceof Buffer)) return undefined;
  for (const detail of Status.deserializeBinary(packed).getDetailsList()) {
    const failed = detail.unpack(
      (bytes: Uint8Array) => pb.ErrorResourceInitFailed.deserializeBinary(bytes),
      "pulumirpc.ErrorResourceInitFailed",
    );
    if (failed) return failed;
  }
  return undefined;
}

/** The message of a provider's error: without gRPC's own words. */
export function providerErrorText(error: unknown): string {
  if (isServiceError(error)) return error.details || error.message;
  return error instanceof Error ? error.message : String(error);
}
