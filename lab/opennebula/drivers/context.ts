// SPDX-License-Identifier: Apache-2.0

import { vectors } from "../oned/template";
import type { Template } from "../oned/template";

/** Attributes of CONTEXT that are about the drive itself, or are files of their own on it. */
const NOT_TOLD = ["DISK_ID", "TARGET", "TOKEN", "FILES", "FILES_DS", "INIT_SCRIPTS"];

/** What the context drive holds: a guest sources `context.sh`. Undefined for a VM without context. */
export function contextFiles(template: Template, token: string): Record<string, string> | undefined {
  const context = vectors(template, "CONTEXT")[0];
  if (context === undefined) return undefined;
  const lines = Object.keys(context)
    .filter((name) => !NOT_TOLD.includes(name))
    .sort()
    .map((name) => `${name}='${(context[name] ?? "").replaceAll("'", "'\\''")}'`);
  return {
    "context.sh": `# The context of this virtual machine\n${lines.join("\n")}\n`,
    ...(context.TOKEN?.toUpperCase() === "YES" && { "token.txt": token }),
  };
}

/** Further files of the drive, from file datastores: paths on the front-end by their names in the guest. */
export function contextExtras(template: Template): Record<string, string> {
  const given = vectors(template, "CONTEXT")[0]?.FILES_DS ?? "";
  const entries = [...given.matchAll(/(\S+?):'([^']+)'/g)];
  return Object.fromEntries(entries.map(([, path = "", name = ""]) => [name, path]));
}
