// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from "node:crypto";

import { UNKNOWN } from "../../../../provider/grpc/provider";
import type { CheckFailure, PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";
import { internalName, isBlock, isInput } from "./schema";
import type { Property, Schema } from "./schema";
import { withSecrets } from "./state";
import { DEFAULTS_KEY, isObject } from "./values";

export interface CheckSubject {
  urn: string;
  /** The name in the program: the stem of automatic names and the root of paths in messages. */
  name: string;
  randomSeed: Uint8Array;
  warn(message: string): void;
}

export interface Checked {
  inputs: PropertyMap;
  failures: CheckFailure[];
}

/**
 * Fills automatic names, brings values to the described kinds (a lone value where a list belongs becomes a list of one, as the
 * real provider does it) and lists every refusal at once.
 *
 * @param olds the inputs of the last run: an automatic name is kept.
 */
export function check(schema: Schema, news: PropertyMap, olds: PropertyMap, subject: CheckSubject): Checked {
  const checker = new Checker(subject);
  const inputs = checker.object(schema, news, { path: subject.name, internal: "" });
  const filled: PropertyValue[] = [];
  for (const [name, property] of Object.entries(schema)) {
    if (inputs[name] !== undefined) continue;
    if (property.fillsDefault && property.default !== undefined) {
      inputs[name] = property.default;
      filled.push(name);
    }
    if (!property.autoName) continue;
    const wasAutomatic = Array.isArray(olds[DEFAULTS_KEY]) && olds[DEFAULTS_KEY].includes(name);
    inputs[name] = wasAutomatic && typeof olds[name] === "string" ? olds[name] : automaticName(subject);
    filled.push(name);
  }
  inputs[DEFAULTS_KEY] = filled;
  checker.combinations(schema, inputs);
  return { inputs: withSecrets(schema, inputs), failures: checker.failures };
}

function automaticName(subject: CheckSubject): string {
  const seed = subject.randomSeed.length > 0 ? subject.randomSeed : randomBytes(16);
  const digest = createHash("sha256").update(seed).update(subject.urn).digest("hex");
  return `${subject.name}-${digest.slice(0, 7)}`;
}

interface Place {
  /** As the program writes it, `r.options[0].id`. */
  path: string;
  /** As the real provider's messages write it, `option.0.id`. */
  internal: string;
}

class Checker {
  readonly failures: CheckFailure[] = [];

  constructor(private readonly subject: CheckSubject) {}

  object(schema: Schema, news: PropertyMap, place: Place): PropertyMap {
    const inputs: PropertyMap = { [DEFAULTS_KEY]: [] };
    for (const [name, value] of Object.entries(news)) {
      if (name === DEFAULTS_KEY || value === null) continue;
      const property = schema[name];
      const path = `${place.path}.${name}`;
      if (property === undefined || !isInput(property)) {
        this.refuse("Invalid or unknown key", path);
        continue;
      }
      const internal = `${place.internal}${internalName(name, property)}`;
      inputs[name] = this.value(property, value, { path, internal });
    }
    for (const [name, property] of Object.entries(schema)) {
      if (!property.required || inputs[name] !== undefined) continue;
      const internal = internalName(name, property);
      this.refuse(
        `Missing required argument. The argument "${internal}" is required, but no definition was found.`,
        `${place.path}.${name}`,
      );
    }
    return inputs;
  }

  private value(property: Property, value: PropertyValue, place: Place): PropertyValue {
    if (value === UNKNOWN) return value;
    if (property.kind === "object") {
      return isObject(value)
        ? this.object(property.fields ?? {}, value, { ...place, internal: `${place.internal}.0.` })
        : value;
    }
    if (isBlock(property) || property.kind === "list" || property.kind === "set")
      return this.list(property, value, place);
    const scalar = toKind(property.kind, value);
    if (typeof scalar === "string") this.rules(property, scalar, place);
    return scalar;
  }

  private list(property: Property, value: PropertyValue, place: Place): PropertyValue {
    const entries = Array.isArray(value) ? value : this.loneValue(value, place);
    return entries.map((entry, index) => {
      const at = { path: `${place.path}[${String(index)}]`, internal: `${place.internal}.${String(index)}` };
      if (isBlock(property)) {
        // The real provider names the whole set where an element of it is refused: elements of a set have no position.
        const path = property.kind === "blockSet" ? place.path : at.path;
        return isObject(entry) ? this.block(property, entry, { path, internal: `${at.internal}.` }) : entry;
      }
      const scalar = entry === UNKNOWN ? entry : toKind("string", entry);
      if (typeof scalar === "string") {
        this.rules({ kind: "string", rules: property.element }, scalar, property.kind === "set" ? place : at);
      }
      return scalar;
    });
  }

  private block(property: Property, entry: PropertyMap, place: Place): PropertyMap {
    if (property.kind === "block") return this.object(property.fields ?? {}, entry, place);
    const inner = new Checker(this.subject);
    const inputs = inner.object(property.fields ?? {}, entry, place);
    for (const failure of inner.failures) {
      this.refuse(failure.reason.replace(/\. Examine values at '[^']*'\.$/, ""), place.path);
    }
    return inputs;
  }

  private loneValue(value: PropertyValue, place: Place): PropertyValue[] {
    const name = place.path.slice(this.subject.name.length + 1);
    this.subject.warn("Type checking failed:");
    this.subject.warn(
      `Unexpected type at field "${name}": \n           expected array type, got ${JSON.stringify(value)} of type ${typeof value}`,
    );
    return [value];
  }

  private rules(property: Property, value: string, place: Place): void {
    const refusal = property.rules?.refuse?.(value, place.internal);
    if (refusal !== undefined) this.refuse(refusal, place.path);
    const warning = property.rules?.warn?.(value, place.internal);
    if (warning !== undefined) {
      const name = place.path.slice(this.subject.name.length + 1);
      this.subject.warn(`${this.subject.urn} verification warning: property "${name}": ${warning}`);
    }
  }

  combinations(schema: Schema, inputs: PropertyMap): void {
    for (const [name, property] of Object.entries(schema)) {
      const path = `${this.subject.name}.${name}`;
      const internal = internalName(name, property);
      if (property.exactlyOneOf) {
        const all = property.exactlyOneOf.map((other) => internalName(other, schema[other])).sort();
        const present = property.exactlyOneOf
          .filter((other) => inputs[other] !== undefined)
          .map((other) => internalName(other, schema[other]))
          .sort();
        if (present.length === 0) {
          this.refuse(
            `Invalid combination of arguments. "${internal}": one of \`${all.join(",")}\` must be specified`,
            path,
          );
        } else if (present.length > 1) {
          this.refuse(
            `Invalid combination of arguments. "${internal}": only one of \`${all.join(",")}\` can be specified, ` +
              `but \`${present.join(",")}\` were specified.`,
            path,
          );
        }
      }
      if (inputs[name] === undefined) continue;
      const other = property.conflictsWith?.find((candidate) => inputs[candidate] !== undefined);
      if (other !== undefined) {
        this.refuse(
          `Conflicting configuration arguments. "${internal}": conflicts with ${internalName(other, schema[other])}.`,
          path,
        );
      }
    }
  }

  private refuse(reason: string, path: string): void {
    this.failures.push({ property: "", reason: `${reason}. Examine values at '${path}'.` });
  }
}

function toKind(kind: Property["kind"], value: PropertyValue): PropertyValue {
  if (kind === "string" && (typeof value === "number" || typeof value === "boolean")) return String(value);
  if (kind === "bool" && (value === "true" || value === "false")) return value === "true";
  if (kind === "int" && typeof value === "string" && /^-?\d+$/.test(value)) return Number(value);
  return value;
}
