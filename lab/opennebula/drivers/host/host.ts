// SPDX-License-Identifier: Apache-2.0

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { ProxiedService } from "./tproxy";
import { proxiedServices, proxyScript, settingOf } from "./tproxy";

/** The host that a script runs on; replaced in tests. */
export interface Host {
  /** Runs a command as root; rejects with its standard error. */
  root: (argv: string[], input?: string) => Promise<void>;
  /** True when there is such a network device. */
  has: (device: string) => boolean;
  /** Devices in a bridge. */
  ports: (bridge: string) => string[];
  settings: NetworkSettings;
  /** The script of the guests' proxy. */
  proxyScript: string;
}

/** OpenNebulaNetwork.conf, as far as these drivers read it. */
export interface NetworkSettings {
  vxlan_mc: string;
  vxlan_ttl: string;
  /** A bridge stays when the last VM has left it. */
  keep_empty_bridge: boolean;
  tproxy: ProxiedService[];
}

/** Reads the settings. */
export function networkSettings(text: string): NetworkSettings {
  const given = (parse(text) ?? {}) as Record<string, unknown>;
  return {
    vxlan_mc: settingOf(given, "vxlan_mc") ?? "239.0.0.0",
    vxlan_ttl: settingOf(given, "vxlan_ttl") ?? "16",
    keep_empty_bridge: given[":keep_empty_bridge"] === true,
    tproxy: proxiedServices(given[":tproxy"]),
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
  proxyScript: proxyScript(remotes),
});
