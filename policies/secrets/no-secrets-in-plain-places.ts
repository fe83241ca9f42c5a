// SPDX-License-Identifier: Apache-2.0
import { parse } from "yaml";
import { definePolicy } from "../define";

const VALUE =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bSCW[A-Z0-9]{17}\b|(?:password|passwd|secret|token)["']?\s*[=:]\s*["']?[^\s"'$<{]{8,}/i;
const NAME = /pass(word|wd|phrase)?$|secret|private_?key|api_?key|token$/i;

function placesOf(type: string, props: Record<string, unknown>): Record<string, unknown> {
  if (type.startsWith("command:")) {
    const { create, update, delete: undo, environment } = props;
    return { create, update, delete: undo, environment };
  }
  return type.startsWith("scaleway:") ? { cloudInit: userData(props.cloudInit) } : props;
}

/** The host's first key pair is there by design: it proves the first connection and is replaced right after it. */
function userData(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  const { ssh_keys: _injected, ...rest } = (parse(text) ?? {}) as Record<string, unknown>;
  return rest;
}

function looksSecret(value: unknown): boolean {
  if (typeof value === "string") return VALUE.test(value);
  if (Array.isArray(value)) return value.some(looksSecret);
  if (value === null || typeof value !== "object") return false;
  return Object.entries(value).some(
    ([key, item]) => (NAME.test(key) && typeof item === "string" && item !== "") || looksSecret(item),
  );
}

/** Command lines show in process lists and logs, user data in Scaleway's API, facts in every state: no place for a secret. A policy sees
 * secrets unpacked, so this is about places, not about marking. */
export const noSecretsInPlainPlaces = definePolicy({
  name: "no-secrets-in-plain-places",
  description: "Command lines, environments, user data and facts of components hold nothing that looks like a secret.",
  level: "mandatory",
  reason: "What was there once counts as known.",
  severity: "critical",
  controls: ["SOC2 CC6.1", "GDPR Art. 32(1)(a)"],
  cure: "Send it on standard input.",
  types: ["command:*", "scaleway:elasticmetal/server:Server", "opennebula-scaleway:index:*"],
  check: ({ type, props }) => {
    const places = placesOf(type, props);
    return Object.entries(places)
      .filter(([, value]) => looksSecret(value))
      .map(([place]) => `${place} holds what looks like a secret`);
  },
});
