// SPDX-License-Identifier: Apache-2.0
import { createAdvancedClient, withHTTPClient, withProfile, withUserAgentSuffix } from "@scaleway/sdk-client";
import type { Client } from "@scaleway/sdk-client";

import type { ProviderDefaults } from "../core/schema";
import { unlessCancelled } from "./clock";
import type { Clock } from "./clock";
import { toApiError } from "./errors";
import { retryingFetch } from "./http";
import { BucketClient, type StorageCredentials } from "./storage";

export interface Credentials extends ProviderDefaults {
  apiUrl: string;
  accessKey: string;
  secretKey: string;
  /** Where the object storage answers. @default the region's own address */
  storageEndpoint?: string;
}

type Query = Record<string, string | number | boolean | undefined>;
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Calls of Scaleway's API: the SDK's client (authentication, profile, error types) with this provider's own bodies. */
export class Api {
  private constructor(
    private readonly clients: { api: Client; storage: StorageCredentials },
    public readonly defaults: ProviderDefaults,
    public readonly clock: Clock,
    private readonly signal?: AbortSignal,
  ) {}

  /** Sends nothing yet. */
  static connect(credentials: Credentials, clock: Clock): Api {
    const { region, zone, projectId, organizationId } = credentials;
    const client = createAdvancedClient(
      withProfile({
        apiURL: credentials.apiUrl,
        accessKey: credentials.accessKey,
        secretKey: credentials.secretKey,
        defaultProjectId: projectId,
        defaultOrganizationId: organizationId || undefined,
        defaultRegion: region,
        defaultZone: zone,
      }),
      withHTTPClient(retryingFetch(clock)),
      withUserAgentSuffix("pulumi-scaleway-stand-in"),
    );
    const { accessKey, secretKey, storageEndpoint } = credentials;
    const storage = { accessKey, secretKey, endpoint: storageEndpoint };
    return new Api({ api: client, storage }, { region, zone, projectId, organizationId }, clock);
  }

  /** The same API for one call of the engine: no request is waited for after its cancellation. */
  during(signal: AbortSignal): Api {
    return new Api(this.clients, this.defaults, this.clock, signal);
  }

  /** A bucket of the object storage, which is another API with another way to sign. */
  bucket(region: string, bucket: string, projectId: string): BucketClient {
    return new BucketClient(this.clients.storage, { region, bucket, projectId: projectId || this.defaults.projectId });
  }

  get<T>(path: string, query?: Query): Promise<T> {
    return this.call<T>("GET", path, { query });
  }

  post<T>(path: string, body?: object): Promise<T> {
    return this.call<T>("POST", path, { body });
  }

  put<T>(path: string, body: object): Promise<T> {
    return this.call<T>("PUT", path, { body });
  }

  patch<T>(path: string, body: object): Promise<T> {
    return this.call<T>("PATCH", path, { body });
  }

  delete<T = void>(path: string, body?: object): Promise<T> {
    return this.call<T>("DELETE", path, { body });
  }

  /** Every page of a list; `page` is in each query, as the real provider has it. */
  async pages<T>(path: string, key: string, query: Query): Promise<T[]> {
    const found: T[] = [];
    for (let page = 1; ; page++) {
      const answer = await this.get<Record<string, unknown>>(path, { page, ...query });
      const items = Array.isArray(answer[key]) ? (answer[key] as T[]) : [];
      found.push(...items);
      const total = typeof answer.total_count === "number" ? answer.total_count : found.length;
      if (items.length === 0 || found.length >= total) return found;
    }
  }

  private async call<T>(method: Method, path: string, parts: { query?: Query; body?: object }): Promise<T> {
    const urlParams = parts.query ? new URLSearchParams(known(parts.query)) : undefined;
    try {
      const answer = this.clients.api.fetch<T>(
        {
          method,
          path,
          ...(urlParams ? { urlParams } : {}),
          ...(parts.body
            ? { body: JSON.stringify(parts.body), headers: { "Content-Type": "application/json; charset=utf-8" } }
            : {}),
        },
        // With another content type than plain JSON the SDK hands over text.
        (answer: unknown) => (typeof answer === "string" && answer !== "" ? (JSON.parse(answer) as T) : (answer as T)),
      );
      return await unlessCancelled(answer, this.signal, `${method} ${path}`);
    } catch (error) {
      throw toApiError(error);
    }
  }
}

function known(query: Query): [string, string][] {
  return Object.entries(query)
    .filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined)
    .map(([name, value]) => [name, String(value)]);
}
