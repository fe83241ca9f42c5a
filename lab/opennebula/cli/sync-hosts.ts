// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SOURCE, syncRemotes } from "../drivers/sync";
import type { Shell } from "../drivers/shell";
import { elementsOf, parseXml, textOf } from "../oned/xml";
import type { XmlElement } from "../oned/xml";
import { call, find } from "./call";

export interface SyncOptions {
  shell: Shell;
  /** Names or ids; all hosts when there is none. */
  hosts: string[];
  /** Also hosts that say they have this version already. */
  force: boolean;
  cluster: string | undefined;
}

const SWITCHED_OFF = "8";
const word = (host: XmlElement, path: string): string => {
  const found = find(host, path.split("/"));
  return found === undefined ? "" : textOf(found);
};

/**
 * Puts the front-end's scripts on hosts, as `onehost sync` does: those whose version is another, with `force` all.
 *
 * @throws Error that names every host that could not be reached, after the others were served
 */
export async function syncHosts({ shell, hosts, force, cluster }: SyncOptions): Promise<string> {
  const version = readFileSync(join(SOURCE, "VERSION"), "utf8").trim();
  const all = elementsOf(parseXml(await call("one.hostpool.info", [])));
  const isOne = (host: XmlElement): boolean => hosts.includes(word(host, "NAME")) || hosts.includes(word(host, "ID"));
  const unknown = hosts.filter((name) => !all.some((host) => [word(host, "NAME"), word(host, "ID")].includes(name)));
  if (unknown.length > 0) throw new Error(`no such host: ${unknown.join(", ")}`);
  const chosen = all
    .filter((host) => hosts.length === 0 || isOne(host))
    .filter((host) => cluster === undefined || [word(host, "CLUSTER"), word(host, "CLUSTER_ID")].includes(cluster))
    .filter((host) => word(host, "STATE") !== SWITCHED_OFF && word(host, "VM_MAD") !== "dummy")
    .filter((host) => force || word(host, "TEMPLATE/VERSION") !== version)
    .map((host) => word(host, "NAME"));
  if (chosen.length === 0) return "No hosts are going to be updated.";
  const results = await Promise.allSettled(chosen.map((host) => syncRemotes(shell, host)));
  const failed = results.flatMap((result, index) =>
    result.status === "rejected" ? [`${chosen[index]}: ${(result.reason as Error).message}`] : [],
  );
  if (failed.length > 0) throw new Error(`these hosts were not updated:\n${failed.join("\n")}`);
  return `${chosen.map((host) => `* Adding ${host} to upload`).join("\n")}\nAll hosts updated successfully.`;
}
