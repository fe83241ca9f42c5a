// SPDX-License-Identifier: Apache-2.0
import type { Deadline } from "./clock";
import { exchange, type HttpAnswer } from "./http";

/** What can become of a flexible IP at Scaleway. */
export type FlexibleIpStatus = "unknown" | "ready" | "updating" | "attached" | "error" | "detaching" | "locked";

/** A flexible IP as the driver needs it. */
export interface FlexibleIp {
  id: string;
  /** With prefix length where Scaleway gives one: `198.51.100.7`, `2001:db8:1::/64`. */
  address: string;
  status: FlexibleIpStatus;
  /** The server that holds it, or to which it is on its way. */
  serverId?: string;
  /** In lower case. */
  mac?: string;
  macStatus?: string;
}

export interface ApiSettings {
  /** Without slash at the end. */
  url: string;
  zone: string;
  projectId: string;
  secretKey: string;
}

export enum ApiFailureKind {
  /** The key is unknown, expired or lacks the right. */
  Credentials = "credentials",
  /** 409: the address is being moved. */
  Busy = "busy",
  /** Scaleway refuses for a reason of its own. */
  Refused = "refused",
  /** No usable answer in time. */
  Unavailable = "unavailable",
}

/** A call that did not succeed; never holds the key. */
export class ApiFailure extends Error {
  constructor(
    readonly kind: ApiFailureKind,
    message: string,
    readonly requestId?: string,
  ) {
    super(message);
  }
}

/** Told of every answer, so that logs can name Scaleway's request id. */
export type ApiObserver = (call: { method: string; path: string; status: number; requestId?: string }) => void;

const CALL_MILLISECONDS = 10_000;
const ATTEMPTS = 6;
const PAGE_SIZE = 100;
const MOST_PAGES = 100;
const PAUSE = { first: 500, most: 8_000 };

/**
 * The five calls of the flexible-IP API that the driver needs. Written by hand: Scaleway's SDK asks for a newer Node than the
 * distributions have, and has neither deadlines nor retries.
 */
export class FlexibleIpApi {
  constructor(
    private readonly settings: ApiSettings,
    private readonly observe: ApiObserver = () => undefined,
  ) {}

  /**
   * Every flexible IP of the project, from all pages.
   *
   * @throws ApiFailure
   */
  async list(deadline: Deadline): Promise<FlexibleIp[]> {
    const found: FlexibleIp[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const query = `?project_id=${this.settings.projectId}&page=${page}&page_size=${PAGE_SIZE}`;
      const answer = await this.call("GET", query, { deadline });
      const rows = Array.isArray(answer.flexible_ips) ? answer.flexible_ips : [];
      found.push(...rows.map(fromApi));
      if (rows.length === 0 || found.length >= Number(answer.total_count)) return found;
    }
    throw new ApiFailure(ApiFailureKind.Refused, `Scaleway lists more than ${MOST_PAGES * PAGE_SIZE} flexible IPs`);
  }

  /** @throws ApiFailure */
  async get(id: string, deadline: Deadline): Promise<FlexibleIp> {
    return fromApi(await this.call("GET", `/${id}`, { deadline }));
  }

  /** Asks for an attachment, from whatever server holds the address; the status tells when it is there. @throws ApiFailure */
  async attach(id: string, serverId: string, deadline: Deadline): Promise<void> {
    await this.call("POST", "/attach", { deadline, body: { fips_ids: [id], server_id: serverId } });
  }

  /** Asks for a detachment. @throws ApiFailure */
  async detach(id: string, deadline: Deadline): Promise<void> {
    await this.call("POST", "/detach", { deadline, body: { fips_ids: [id] } });
  }

  private async call(
    method: string,
    path: string,
    { deadline, body }: { deadline: Deadline; body?: object },
  ): Promise<Record<string, unknown>> {
    const { url, zone, secretKey } = this.settings;
    const question = {
      method,
      url: `${url}/flexible-ip/v1alpha1/zones/${zone}/fips${path}`,
      headers: { "X-Auth-Token": secretKey, ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
    };
    const name = `${method} fips${path.replace(/\?.*/, "")}`;
    for (let attempt = 1; ; attempt += 1) {
      let answer: HttpAnswer | undefined;
      let failure: ApiFailure;
      try {
        answer = await exchange({ ...question, timeout: Math.max(1, Math.min(CALL_MILLISECONDS, deadline.left)) });
        this.observe({ method, path, status: answer.status, requestId: requestIdOf(answer) });
        if (answer.status < 300) return parseBody(name, answer);
        failure = failureOf(name, answer);
      } catch (error) {
        if (error instanceof ApiFailure) failure = error;
        else failure = new ApiFailure(ApiFailureKind.Unavailable, `Scaleway: ${name}: ${(error as Error).message}`);
      }
      if (failure.kind !== ApiFailureKind.Unavailable || attempt >= ATTEMPTS) throw failure;
      const asked = retryAfter(answer, deadline.clock.now());
      const waited = asked === undefined ? deadline.backoff(attempt, PAUSE) : deadline.pause(asked);
      if (!(await waited)) throw failure;
    }
  }
}

function parseBody(name: string, answer: HttpAnswer): Record<string, unknown> {
  try {
    return JSON.parse(answer.text === "" ? "{}" : answer.text) as Record<string, unknown>;
  } catch {
    throw new ApiFailure(ApiFailureKind.Unavailable, `Scaleway: ${name}: the answer is no JSON`, requestIdOf(answer));
  }
}

function failureOf(name: string, answer: HttpAnswer): ApiFailure {
  const { status } = answer;
  const requestId = requestIdOf(answer);
  const fail = (kind: ApiFailureKind, meaning: string): ApiFailure =>
    new ApiFailure(
      kind,
      `Scaleway: ${name}: ${status} ${meaning}${requestId ? ` (request ${requestId})` : ""}`,
      requestId,
    );
  if (status === 401) return fail(ApiFailureKind.Credentials, "the agent's API key is not accepted");
  if (status === 403) return fail(ApiFailureKind.Credentials, "the agent's API key may not do this");
  if (status === 409) return fail(ApiFailureKind.Busy, "the address is being moved");
  if (status === 429) return fail(ApiFailureKind.Unavailable, "too many requests");
  if (status >= 500) return fail(ApiFailureKind.Unavailable, "server error");
  return fail(ApiFailureKind.Refused, apiMessage(answer.text));
}

/** What the API says of a refusal; its own words are short and hold no secret of ours. */
function apiMessage(text: string): string {
  try {
    const { message, help_message: help } = JSON.parse(text) as Record<string, unknown>;
    return [message, help]
      .filter((part): part is string => typeof part === "string")
      .join(": ")
      .slice(0, 200);
  } catch {
    return "without a reason";
  }
}

function requestIdOf({ headers }: HttpAnswer): string | undefined {
  const value = headers["x-request-id"];
  return typeof value === "string" && /^[\w.-]{1,80}$/.test(value) ? value : undefined;
}

/** Milliseconds that the API asks to wait: a number of seconds or a date. */
function retryAfter(answer: HttpAnswer | undefined, now: number): number | undefined {
  const value = answer?.headers["retry-after"];
  if (typeof value !== "string" || value === "") return undefined;
  const seconds = Number(value);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now;
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

const STATUSES: readonly FlexibleIpStatus[] = ["ready", "updating", "attached", "error", "detaching", "locked"];

function fromApi(value: unknown): FlexibleIp {
  const row = (value ?? {}) as Record<string, unknown>;
  const text = (field: unknown): string => (typeof field === "string" ? field : "");
  const mac = (row.mac_address ?? {}) as Record<string, unknown>;
  const serverId = text(row.server_id);
  return {
    id: text(row.id),
    address: text(row.ip_address),
    status: STATUSES.find((status) => status === row.status) ?? "unknown",
    ...(serverId !== "" && { serverId }),
    ...(text(mac.mac_address) !== "" && {
      mac: text(mac.mac_address).toLowerCase(),
      macStatus: text(mac.status),
    }),
  };
}
