// SPDX-License-Identifier: Apache-2.0

/** The parts of the npm package `xmlrpc` that are used; it ships no types. */
declare module "xmlrpc/lib/serializer" {
  export function serializeMethodCall(method: string, params: unknown[], encoding?: string): string;
}

declare module "xmlrpc/lib/deserializer" {
  import type { Readable } from "node:stream";
  class Deserializer {
    constructor(encoding?: string);
    deserializeMethodResponse(stream: Readable, callback: (error: Error | null, result?: unknown) => void): void;
  }
  export = Deserializer;
}

declare module "xmlrpc/lib/customtype" {
  class CustomType {
    constructor(raw: string);
    raw: string;
    tagName: string;
  }
  export = CustomType;
}
