// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from "./json";

/** An answer of the API that is an error: its status and its JSON body, both as the real API was recorded to give them. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: JsonObject,
    readonly headers: Record<string, string> = {},
  ) {
    super(typeof body["message"] === "string" ? body["message"] : `HTTP ${status}`);
  }
}

/** One refused argument of a request body or query. */
export interface BadArgument {
  argument: string;
  help: string;
}

export function invalidArguments(...bad: BadArgument[]): ApiError {
  const details = bad.map(({ argument, help }) => ({
    argument_name: argument,
    help_message: help,
    reason: "constraint",
  }));
  return new ApiError(400, { details, message: "invalid argument(s)", type: "invalid_arguments" });
}

/** 401: the token is missing, unknown, expired, or of a deleted application. */
export function unauthenticated(): ApiError {
  return new ApiError(401, {
    message: "authentication is denied",
    method: "api_key",
    reason: "invalid_argument",
    type: "denied_authentication",
  });
}

export function forbidden(resource: string, action: "read" | "write"): ApiError {
  return new ApiError(403, {
    details: [{ action, resource }],
    message: "insufficient permissions",
    type: "permissions_denied",
  });
}

export function notFound(resource: string, id: string): ApiError {
  return new ApiError(404, { message: "resource is not found", resource, resource_id: id, type: "not_found" });
}

/** 404 without a type: what the bare-metal API says of a server that is gone. */
export function plainNotFound(): ApiError {
  return new ApiError(404, { message: "Not Found" });
}

export function alreadyExists(resource: string): ApiError {
  return new ApiError(409, { message: "resource already exists", type: "already_exists", resource });
}

export function transientState(resource: string, id: string, state: string): ApiError {
  return new ApiError(409, {
    message: "resource is in a transient state",
    type: "transient_state",
    resource,
    resource_id: id,
    current_state: state,
  });
}

export function preconditionFailed(precondition: string, help: string): ApiError {
  return new ApiError(412, {
    help_message: help,
    message: "precondition is not respected",
    precondition,
    type: "precondition_failed",
  });
}

export function outOfStock(): ApiError {
  return new ApiError(412, { type: "out_of_stock", message: "resource is out of stock", resource: "offer" });
}

/** The emulator's own answer to a call that it does not know. 501 because the provider does not retry it. */
export function notImplemented(method: string, path: string): ApiError {
  return new ApiError(501, {
    message: `not implemented: this stand-in for the Scaleway API has no ${method} ${path}`,
    type: "not_implemented",
  });
}

/** The body that the API gives with a status when nothing but the status is known (fault injection). */
export function errorOfStatus(status: number, resource: string, action: "read" | "write"): ApiError {
  switch (status) {
    case 400:
      return invalidArguments({ argument: "name", help: "refused by fault injection" });
    case 401:
      return unauthenticated();
    case 403:
      return forbidden(resource, action);
    case 404:
      return notFound(resource, "x");
    case 409:
      return transientState(resource, "x", "busy");
    case 412:
      return preconditionFailed("resource_still_in_use", "refused by fault injection");
    case 429:
      return new ApiError(429, { message: "too many requests", type: "too_many_requests" });
    case 500:
      return new ApiError(500, { message: "internal error", type: "internal" });
    case 501:
      return new ApiError(501, { message: "not implemented" });
    case 503:
      return new ApiError(503, { message: "unavailable" });
    default:
      return new ApiError(status, { message: `status ${status} by fault injection` });
  }
}
