// SPDX-License-Identifier: Apache-2.0
/** Calls back into the program: transforms and hooks are functions that it serves. */
import { Metadata, credentials } from "@grpc/grpc-js";
import { CallbacksClient } from "@pulumi/pulumi/proto/callback_grpc_pb";
import { CallbackInvokeRequest } from "@pulumi/pulumi/proto/callback_pb";
import type { CallbackInvokeResponse } from "@pulumi/pulumi/proto/callback_pb";
import { CHANNEL_OPTIONS, call } from "./grpc";

/** How long a function of the program may take, in milliseconds. */
const LIMIT = 60 * 60 * 1000;

export interface CallbackRef {
  target: string;
  token: string;
}

export class Callbacks {
  private readonly clients = new Map<string, CallbacksClient>();

  /** Calls a function with a serialised request. @returns its serialised answer */
  async invoke({ target, token }: CallbackRef, request: Uint8Array): Promise<Uint8Array> {
    let client = this.clients.get(target);
    if (!client) {
      client = new CallbacksClient(target, credentials.createInsecure(), CHANNEL_OPTIONS);
      this.clients.set(target, client);
    }
    const message = new CallbackInvokeRequest();
    message.setToken(token);
    message.setRequest(request);
    const options = { metadata: new Metadata(), limit: LIMIT };
    const answer = await call<CallbackInvokeRequest, CallbackInvokeResponse>(client, "invoke", message, options);
    return answer.getResponse_asU8();
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
    this.clients.clear();
  }
}
