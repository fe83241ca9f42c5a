// SPDX-License-Identifier: Apache-2.0

/** Errors of a provider as gRPC statuses. */
import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { PartialFailure } from "./provider";
import { encodeProperties } from "./values";

/**
 * A gRPC message travels in an HTTP/2 header. Node takes 64 KiB of headers in all, so a longer text would lose the status, the
 * object's id with it.
 */
const MAX_ENCODED_MESSAGE = 16 * 1024;

/** Thrown by a method that this provider does not have. */
export class Unimplemented extends Error {}

/**
 * The text as valid UTF-8, without its middle if it is too long for a header. The end of an output tells more than its
 * beginning, so it gets the larger part.
 */
export function fitMessage(text: string): string {
  // A lone surrogate cannot be percent-encoded; the round trip replaces it.
  const message = Buffer.from(text).toString();
  const size = encodeURI(message).length;
  if (size <= MAX_ENCODED_MESSAGE) return message;
  const kept = Math.floor((message.length * MAX_ENCODED_MESSAGE) / size);
  const head = message.slice(0, Math.floor(kept / 4));
  const tail = message.slice(message.length - Math.floor(kept / 2));
  const cut = message.length - head.length - tail.length;
  return fitMessage(`${head}\n[${cut} characters left out]\n${tail}`);
}

/** What `callback` of a gRPC handler takes. A {@link PartialFailure} carries the object's id and properties in its trailer. */
export function toServiceError(error: unknown): ServiceError {
  const details = fitMessage(error instanceof Error ? error.message : String(error));
  const code = error instanceof Unimplemented ? status.UNIMPLEMENTED : status.UNKNOWN;
  const metadata = new Metadata();
  if (error instanceof PartialFailure) metadata.add("grpc-status-details-bin", partialFailureDetails(error, details));
  return Object.assign(new Error(details), { code, details, metadata });
}

function partialFailureDetails(error: PartialFailure, message: string): Buffer {
  const failure = new ErrorResourceInitFailed();
  failure.setId(error.id);
  failure.setProperties(encodeProperties(error.properties));
  failure.setReasonsList(error.reasons.map(fitMessage));
  const packed = new Any();
  packed.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const answer = new Status();
  answer.setCode(status.UNKNOWN);
  answer.setMessage(message);
  answer.addDetails(packed);
  return Buffer.from(answer.serializeBinary());
}
