// SPDX-License-Identifier: Apache-2.0
/** Small helpers around grpc-js. */
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { ChannelOptions, Client, ServiceError, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall, ServiceDefinition } from "@grpc/grpc-js";

/** The protocol's own limit for a message. */
const MESSAGE_LIMIT = 400 * 1024 * 1024;

export const CHANNEL_OPTIONS: ChannelOptions = {
  "grpc.max_receive_message_length": MESSAGE_LIMIT,
  "grpc.max_send_message_length": MESSAGE_LIMIT,
  // Both ends are on this machine, and a call that fails is for the engine to judge.
  "grpc.enable_channelz": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.enable_retries": 0,
};

type UnaryMethod<Q, A> = (
  request: Q,
  metadata: object,
  options: { deadline: number },
  callback: (error: ServiceError | null, answer: A) => void,
) => unknown;

/**
 * Calls a unary method of a client by its name.
 * @param limit - milliseconds until the call is given up
 */
export function call<Q, A>(
  client: Client,
  method: string,
  request: Q,
  { metadata, limit }: { metadata: object; limit: number },
): Promise<A> {
  const unary = (client as unknown as Record<string, UnaryMethod<Q, A> | undefined>)[method];
  if (!unary) throw new Error(`the client has no method ${method}`);
  return new Promise((done, fail) => {
    unary.call(client, request, metadata, { deadline: Date.now() + limit }, (error, answer) => {
      if (error) fail(error);
      else done(answer);
    });
  });
}

/** True for a gRPC error. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}

export function hasCode(error: unknown, code: status): boolean {
  return isServiceError(error) && error.code === code;
}

/** An error that a handler answers with this code. */
export class RpcError extends Error {
  constructor(
    readonly code: status,
    message: string,
  ) {
    super(message);
  }
}

/** Turns an async function into a unary handler. */
export function handler<Q, A>(serve: (request: Q) => Promise<A> | A) {
  return (request: ServerUnaryCall<Q, A>, callback: sendUnaryData<A>): void => {
    Promise.resolve()
      .then(() => serve(request.request))
      .then(
        (answer) => {
          callback(null, answer);
        },
        (error: unknown) => {
          const code = error instanceof RpcError ? error.code : status.UNKNOWN;
          callback({ code, details: error instanceof Error ? error.message : String(error) });
        },
      );
  };
}

/** A server on a free loopback port. */
export async function serve(
  services: [ServiceDefinition, UntypedServiceImplementation][],
): Promise<{ server: Server; address: string }> {
  const server = new Server(CHANNEL_OPTIONS);
  for (const [definition, implementation] of services) server.addService(definition, implementation);
  const port = await new Promise<number>((done, fail) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error) fail(error);
      else done(bound);
    });
  });
  return { server, address: `127.0.0.1:${String(port)}` };
}
