// SPDX-License-Identifier: Apache-2.0
import { STATUS_CODES } from "node:http";

type Body = Record<string, unknown>;

/** An answer of the API that is no success, in the words of the real provider's SDK. */
export class ApiError extends Error {
  constructor(
    public readonly status: number,
    public readonly body: Body,
  ) {
    super(`scaleway-sdk-go: ${describe(status, body)}`);
  }
}

/** The SDK's error as an {@link ApiError}; anything else stays as it is. The SDK does not export its error's class. */
export function toApiError(error: unknown): unknown {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") return error;
  const body: unknown = "body" in error ? error.body : undefined;
  return new ApiError(error.status, isBody(body) ? body : {});
}

export function isStatus(error: unknown, ...statuses: number[]): boolean {
  return error instanceof ApiError && statuses.includes(error.status);
}

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(status: number, body: Body): string {
  const said = typeof body.type === "string" ? STANDARD[body.type]?.(body) : undefined;
  return said ?? untyped(status, body);
}

function untyped(status: number, body: Body): string {
  let words = `http error ${String(status)} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  if (word(body.resource)) words += `: resource ${word(body.resource)}`;
  if (word(body.message)) words += `: ${word(body.message)}`;
  return words;
}

const STANDARD: Record<string, (body: Body) => string> = {
  invalid_arguments: (body) => `invalid argument(s): ${details(body).map(argument).join("; ")}`,
  quotas_exceeded: (body) => `quota exceeded(s): ${details(body).map(quota).join("; ")}`,
  permissions_denied: (body) =>
    `insufficient permissions: ${details(body)
      .map((entry) => `${word(entry.action)} ${word(entry.resource)}`)
      .join("; ")}`,
  transient_state: (body) => `${subject(body)} is in a transient state: ${word(body.current_state)}`,
  not_found: (body) => `${subject(body)} is not found`,
  locked: (body) => `${subject(body)} is locked`,
  expired: (body) => `${subject(body)} expired since ${word(body.expired_since)}`,
  out_of_stock: (body) => `resource ${word(body.resource)} is out of stock`,
  denied_authentication: (body) => `denied authentication: ${deniedBecause(body)}`,
  precondition_failed: (body) => `precondition failed: ${precondition(body)}`,
};

function subject(body: Body): string {
  return `resource ${word(body.resource)} with ID ${word(body.resource_id)}`;
}

function details(body: Body): Body[] {
  return Array.isArray(body.details) ? body.details.filter(isBody) : [];
}

function argument(detail: Body): string {
  const reasons: Record<string, string> = {
    required: "is required",
    format: "is wrongly formatted",
    constraint: "does not respect constraint",
  };
  const reason = reasons[word(detail.reason)] ?? "is invalid for unexpected reason";
  return `${word(detail.argument_name)} ${reason}${withHelp(detail)}`;
}

function quota(detail: Body): string {
  return `${word(detail.resource)} has reached its quota (${word(detail.current)}/${word(detail.quota)})`;
}

function precondition(body: Body): string {
  const reasons: Record<string, string> = {
    resource_still_in_use: "resource is still in use",
    attribute_must_be_set: "attribute must be set",
  };
  return `${reasons[word(body.precondition)] ?? ""}${withHelp(body)}`;
}

function withHelp(body: Body): string {
  return word(body.help_message) ? `, ${word(body.help_message)}` : "";
}

function deniedBecause(body: Body): string {
  const methods: Record<string, string> = { unknown_method: "unknown method", jwt: "JWT", api_key: "API key" };
  const reasons: Record<string, string> = {
    unknown_reason: "unknown reason",
    invalid_argument: "invalid %s format or empty value",
    not_found: "%s does not exist",
    expired: "%s is expired",
  };
  const method = methods[word(body.method)] ?? word(body.method);
  return (reasons[word(body.reason)] ?? word(body.reason)).replace("%s", method);
}

function word(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
