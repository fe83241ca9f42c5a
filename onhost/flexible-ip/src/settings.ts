// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import type { ApiSettings } from "./api";
import type { OnedSettings } from "./cloud-view";

/** What the front-end's side knows; a file that only the broker's user can read. */
export interface BrokerSettings {
  scaleway: ApiSettings;
  oned: OnedSettings;
  /** Scaleway's server id of each host. */
  servers: Record<string, string>;
  /** Ids of the flexible IPs that the stack bought: no other is ever touched. */
  flexibleIps: string[];
  /** Where locks and the reconciler's report are. */
  stateDirectory: string;
}

/** What a hypervisor knows. */
export interface HostSettings {
  /** Address of the front-end, as its host certificate names it. */
  broker: string;
  user: string;
  /** The key that this host made for itself. */
  key: string;
  knownHosts: string;
  /** The bridge that carries the public network. */
  bridge: string;
}

type Shape = { [key: string]: "string" | "strings" | "table" | Shape };

const BROKER: Shape = {
  scaleway: { url: "string", zone: "string", projectId: "string", secretKey: "string" },
  oned: { endpoint: "string", username: "string", password: "string" },
  servers: "table",
  flexibleIps: "strings",
  stateDirectory: "string",
};
const HOST: Shape = { broker: "string", user: "string", key: "string", knownHosts: "string", bridge: "string" };

/** @throws Error naming the file and every field that is wrong, never a value */
export function readBrokerSettings(path: string): BrokerSettings {
  return read(path, BROKER) as unknown as BrokerSettings;
}

/** @throws Error naming the file and every field that is wrong */
export function readHostSettings(path: string): HostSettings {
  return read(path, HOST) as unknown as HostSettings;
}

function read(path: string, shape: Shape): object {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The parser's own message would quote the file, which holds secrets.
    throw new Error(
      `${path} ${code === undefined ? "is no JSON" : `cannot be read (${code})`}: run the deployment again`,
    );
  }
  const wrong = mistakes(value, shape, "");
  if (wrong.length > 0) throw new Error(`${path}: ${wrong.join(", ")} missing or wrong: run the deployment again`);
  return value as object;
}

function mistakes(value: unknown, shape: Shape, prefix: string): string[] {
  const object = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  return Object.entries(shape).flatMap(([key, kind]) => {
    const field = object[key];
    if (typeof kind === "object") return mistakes(field, kind, `${prefix}${key}.`);
    return fits(field, kind) ? [] : [`${prefix}${key}`];
  });
}

function fits(value: unknown, kind: "string" | "strings" | "table"): boolean {
  const isText = (one: unknown): boolean => typeof one === "string" && one !== "";
  if (kind === "string") return isText(value);
  if (kind === "strings") return Array.isArray(value) && value.every(isText);
  return typeof value === "object" && value !== null && Object.values(value).every(isText);
}
