// SPDX-License-Identifier: Apache-2.0
/** Texts of refusals, in the words that users of Pulumi know. */
import type { CheckFailure } from "./provider";
import type { ResourceState } from "./types";
import { urnName } from "./urn";
import { isObject, isSecret, isUnknown } from "./values";
import type { Props, Value } from "./values";

/** A number as Go prints it: with an exponent from a million on. */
function goNumber(value: number): string {
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 6) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

/** A property's value as the engine's messages show it, in braces; secrets are not shown. */
export function valueText(value: Value | undefined): string {
  if (value === undefined || value === null) return "{<nil>}";
  if (isSecret(value)) return "{[secret]}";
  if (isUnknown(value)) return "output<string>{}";
  if (Array.isArray(value)) return `{[${value.map(valueText).join(" ")}]}`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort();
    return `{map[${keys.map((key) => `${key}:${valueText(value[key])}`).join(" ")}]}`;
  }
  return `{${typeof value === "number" ? goNumber(value) : String(value)}}`;
}

/** Why a resource that names the object it was imported from is not replaced. */
export function importReplacedText(keys: readonly string[], old: Props, now: Props): string {
  const changes = keys.map((key) => `${key}: ${valueText(old[key])} => ${valueText(now[key])}`);
  return (
    "previously-imported resources that still specify an ID may not be replaced; " +
    `please remove the \`import\` declaration from your program;\n${changes.join("\n")}`
  );
}

/** What a provider does not accept. */
export function checkFailureText(state: ResourceState, { property, reason }: CheckFailure): string {
  const head = `${state.type} resource '${urnName(state.urn)}'`;
  if (!property) return `${head} has a problem: ${reason}`;
  return `${head}: property ${property} value ${valueText(state.inputs?.[property])} has a problem: ${reason}`;
}

/** Why a protected resource is not replaced, by itself or because of another one. */
export function protectedText(urn: string, because?: string): string {
  const reason = because === undefined ? "\n" : ` as part of replacing "${because}" `;
  const command = because === undefined ? "" : `, or use the command:\n\`pulumi state unprotect '${urn}'\``;
  return (
    `unable to replace resource "${urn}"${reason}as it is currently marked for protection. To unprotect the resource, ` +
    `remove the \`protect\` flag from the resource in your Pulumi program and run \`pulumi up\`${command}`
  );
}

/** Two resources claim the state of one from before the run. */
export function duplicateAliasText(alias: string, urn: string, holder: string): string {
  return `Duplicate resource alias '${alias}' applied to resource with URN '${urn}' conflicting with resource with URN '${holder}'`;
}

/** A target needs what is not made because it is no target. */
export function untargetedText(urn: string, needed: string): string {
  return `Resource '${urn}' depends on '${needed}' which was was not specified in --target list.`;
}

/** A target that neither the state nor the program knows. */
export function unknownTargetText(target: string): string {
  const hint = target.includes("$") ? "" : " Did you forget to escape $ in your shell?";
  return `Target '${target}' could not be found in the stack.${hint}`;
}

/** A package whose default provider the configuration switches off. */
export function deniedText(pkg: string, user: string): string {
  return `Default provider for '${pkg}' disabled. '${user}' must use an explicit provider.`;
}
