// SPDX-License-Identifier: Apache-2.0

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";

/** The host that a script runs on; replaced in tests. */
export interface Host {
  /** Runs a command as root; rejects with its standard error. */
  root: (argv: string[], input?: string) => Promise<void>;
  /** True when there is such a network device. */
  has: (device: string) => boolean;
  /** Devices in a bridge. */
  ports: (bridge: string) => string[];
  settings: NetworkSettings;
}

/** OpenNebulaNetwork.conf, as far as these drivers read it. */
export interface NetworkSettings {
  vxlan_mc: string;
  vxlan_ttl: string;
  /** A bridge stays when the last VM has left it. */
  keep_empty_bridge: boolean;
}

const DEFAULTS: NetworkSettings = { vxlan_mc: "239.0.0.0", vxlan_ttl: "16", keep_empty_bridge: false };

/** Reads the settings; the keys of the file are Ruby's symbols. */
export function networkSettings(text: string): NetworkSettings {
  const given = (parse(text) ?? {}) as Record<string, unknown>;
  const word = (name: keyof NetworkSettings): string => {
    const value = given[`:${name}`];
    return typeof value === "string" || typeof value === "number" ? String(value) : String(DEFAULTS[name]);
  };
  return {
    vxlan_mc: word("vxlan_mc"),
    vxlan_ttl: word("vxlan_ttl"),
    keep_empty_bridge: given[":keep_empty_bridge"] === true,
  };
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** This machine. */
export const thisHost = (remotes: string): Host => ({
  root: (argv, input) =>
    new Promise((resolve, reject) => {
      const child = execFile("sudo", ["-n", ...argv], { timeout: 30_000 }, (error, _stdout, stderr) => {
        if (error === null) resolve();
        else reject(new Error(`${argv.join(" ")}: ${stderr.trim() === "" ? error.message : stderr.trim()}`));
      });
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input ?? "");
    }),
  has: (device) => list("/sys/class/net").includes(device),
  ports: (bridge) => list(`/sys/class/net/${bridge}/brif`),
  settings: networkSettings(readText(`${remotes}/etc/vnm/OpenNebulaNetwork.conf`)),
});
