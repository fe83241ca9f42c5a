// SPDX-License-Identifier: Apache-2.0
import Ajv, { type ErrorObject, type ValidateFunction } from "ajv";
import { fullFormats } from "ajv-formats/dist/formats";
import { ipv4Network, isCidr, isIp } from "../catalogue";
import { kindOf, pathText, type Problem } from "./problems";
import type { CloudConfig } from "./stack.gen";
import schema from "./stack.schema.json";

let compiled: ValidateFunction<CloudConfig> | undefined;

function validator(): ValidateFunction<CloudConfig> {
  if (compiled) return compiled;
  const ajv = new Ajv({ allErrors: true, verbose: true, useDefaults: true, strict: true, allowUnionTypes: true });
  ajv.addFormat("ipv4", fullFormats.ipv4);
  ajv.addFormat("ipv6", fullFormats.ipv6);
  ajv.addFormat("cidr", isCidr);
  ajv.addFormat("cidr4", (text: string) => ipv4Network(text) !== undefined);
  ajv.addFormat("ip", isIp);
  ajv.addSchema(schema);
  compiled = ajv.compile<CloudConfig>({ $ref: `${schema.$id}#/definitions/CloudConfig` });
  return compiled;
}

/**
 * Checks a value against the schema and fills in its defaults.
 *
 * @returns a copy with defaults, or every mistake.
 */
export function checkSchema(value: unknown): { config: CloudConfig } | { problems: Problem[] } {
  const copy: unknown = structuredClone(value);
  const validate = validator();
  if (validate(copy)) return { config: copy };
  return { problems: (validate.errors ?? []).filter(isOwnError).map(toProblem) };
}

/** Combinators repeat what their branches have said already. */
function isOwnError(error: ErrorObject): boolean {
  return !["if", "allOf", "propertyNames"].includes(error.keyword) && !error.schemaPath.includes("/anyOf/");
}

function toProblem(error: ErrorObject): Problem {
  const keys = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const at = (more: string[] = []): string => pathText([...keys, ...more]);
  const params = error.params as Record<string, unknown>;
  const found = kindOf(error.data);
  const name = error.propertyName;
  if (name !== undefined) {
    return {
      path: at([name]),
      found: `the name ${JSON.stringify(name)}`,
      rule: nameRule(error),
      cure: "Choose another name.",
    };
  }
  switch (error.keyword) {
    case "required":
      return { path: at([String(params.missingProperty)]), found: "nothing", rule: "is required", cure: "Add it." };
    case "additionalProperties": {
      const extra = String(params.additionalProperty);
      const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
      return {
        path: at([extra]),
        found: "an unknown name",
        rule: `must be one of ${known.join(", ")}`,
        cure: "Remove it or correct its spelling.",
      };
    }
    case "enum":
      return {
        path: at(),
        found,
        rule: `must be one of ${(params.allowedValues as unknown[]).join(", ")}`,
        cure: "Choose one of these.",
      };
    case "type":
      return { path: at(), found, rule: `must be ${article(String(params.type))}`, cure: "Correct the value." };
    case "anyOf":
      return {
        path: at(),
        found,
        rule: "must be a whole number or text without quotes, backslashes and line breaks",
        cure: "Correct the value.",
      };
    case "not":
      return { path: at(), found, rule: "must not be a reserved name", cure: "Choose another." };
    default:
      return { path: at(), found, rule: error.message ?? "is not valid", cure: "Correct the value." };
  }
}

function nameRule(error: ErrorObject): string {
  return error.keyword === "pattern"
    ? `names must match ${String((error.params as { pattern: string }).pattern)}`
    : "this name is set by the program itself";
}

function article(type: string): string {
  const words: Record<string, string> = {
    object: "a mapping",
    array: "a list",
    string: "text",
    integer: "a whole number",
    boolean: "true or false",
  };
  return words[type] ?? type;
}
