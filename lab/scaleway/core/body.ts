// SPDX-License-Identifier: Apache-2.0
import { invalidArguments, type BadArgument } from "./errors";
import { isObject, type Json, type JsonObject } from "./json";

/**
 * Reads a request body field by field. A missing, null or ill-typed required field is noted, and `check()` refuses all
 * of them at once with 400 `invalid_arguments`, as the API does.
 */
export class Body {
  constructor(
    private readonly fields: JsonObject,
    private readonly prefix = "",
    /** Shared with the objects inside, so that one `check()` covers them all. */
    private readonly bad: BadArgument[] = [],
  ) {}

  has(name: string): boolean {
    return this.fields[name] !== undefined;
  }

  /** A string; without a `fallback` it is required. */
  string(name: string, fallback?: string): string {
    const value = this.fields[name];
    if (typeof value === "string") return value;
    if (value === undefined || value === null) return fallback ?? this.refuse(name, "is required", "");
    return this.refuse(name, "must be a string", "");
  }

  optionalString(name: string): string | null {
    const value = this.fields[name];
    if (value === undefined || value === null) return null;
    return typeof value === "string" ? value : this.refuse(name, "must be a string", null);
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.fields[name];
    if (value === undefined || value === null) return fallback;
    return typeof value === "boolean" ? value : this.refuse(name, "must be a boolean", fallback);
  }

  number(name: string, fallback: number): number {
    const value = this.fields[name];
    if (value === undefined || value === null) return fallback;
    return typeof value === "number" ? value : this.refuse(name, "must be a number", fallback);
  }

  /** A list of strings; null and missing are the empty list. */
  strings(name: string): string[] {
    const value = this.fields[name];
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    return this.refuse(name, "must be a list of strings", []);
  }

  object(name: string): Body | undefined {
    const value = this.fields[name];
    if (value === undefined || value === null) return undefined;
    if (isObject(value)) return new Body(value, `${this.prefix}${name}.`, this.bad);
    return this.refuse(name, "must be an object", undefined);
  }

  objects(name: string): Body[] {
    const value = this.fields[name];
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every(isObject)) {
      return value.map((item, index) => new Body(item, `${this.prefix}${name}[${index}].`, this.bad));
    }
    return this.refuse(name, "must be a list of objects", []);
  }

  raw(name: string): Json | undefined {
    return this.fields[name];
  }

  keys(): string[] {
    return Object.keys(this.fields);
  }

  /** Notes a refused argument and goes on with `instead`. */
  refuse<T>(name: string, help: string, instead: T): T {
    this.bad.push({ argument: `${this.prefix}${name}`, help });
    return instead;
  }

  /** Throws 400 if anything was refused so far. */
  check(): void {
    if (this.bad.length > 0) throw invalidArguments(...this.bad);
  }
}
