// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import * as path from "node:path";

/** Root of the checkout. */
export const checkout = path.resolve(__dirname, "../..");

/** The command line that runs a program of the checkout, bundled: see `tools/bundled.cjs`. */
export function programCommand(program: string): string[] {
  return [process.execPath, path.join(checkout, "tools", "bundled.cjs"), program];
}

/** Addresses are the same in every lab: network namespaces keep labs apart. All from the documentation ranges of RFC 5737. */
export const addresses = {
  /** Public network of the servers; the fabric is its gateway. */
  publicGateway: "203.0.113.1",
  publicNetwork: "203.0.113.0/24",
  publicPrefixLength: 24,
  flexibleNetwork: "198.51.100.0/24",
  /** The gateway that Scaleway names for flexible IPs (facts of the original installation). */
  flexibleGateway: "62.210.0.1",
  adminNetwork: "192.0.2.0/25",
  operator: "192.0.2.10",
  operatorGateway: "192.0.2.1",
  publicZoneNetwork: "192.0.2.128/25",
  publicZoneHost: "192.0.2.130",
  publicZoneGateway: "192.0.2.129",
} as const;

/** Ports of the lab's own services. */
export const ports = {
  /** Package cache, on the fabric's address. */
  packageCache: 3142,
  /** Stand-in OpenNebula repository, on the fabric's address. */
  repository: 3141,
  /** Scaleway emulator, on loopback of the operator's namespace. */
  emulator: 8650,
  /** The same for hosts, on the fabric's address. */
  emulatorForHosts: 3143,
  /** Where alerts arrive, on the fabric's address: mail, and the webhooks of chat and dead-man's switch. */
  mail: 3125,
  webhooks: 3126,
} as const;

/** Every name and path of one lab. Two labs, and two checkouts, never share any of them but the cache. */
export interface LabLayout {
  name: string;
  /** Where `.lab` lives. */
  root: string;
  /** Short identifier that all namespace, cgroup and machine names begin with. */
  id: string;
  /** `.lab/<name>` */
  directory: string;
  /** `.lab/cache`: base file system and packages, shared by the labs of a checkout. */
  cacheDirectory: string;
  hostsDirectory: string;
  /** Pid files of the lab's long-lived processes. */
  runDirectory: string;
  logDirectory: string;
  /** Served to the hosts as the OpenNebula repository. */
  repositoryDirectory: string;
  namespaces: { fabric: string; operator: string; publicZone: string };
  /** Unix socket of the package cache. */
  cacheSocket: string;
  /** Where the Scaleway emulator can be reached from outside the operator's namespace. */
  emulatorSocket: string;
}

const labName = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

/**
 * Derives a lab's names from its name and its place.
 *
 * @param name - 1 to 32 of a-z, 0-9 and "-".
 * @param root - where `.lab` lives. @default the checkout
 */
export function labLayout(name: string, root: string = checkout): LabLayout {
  if (!labName.test(name) || name === "cache") {
    throw new Error(
      `lab name "${name}" is refused: use 1 to 32 characters of a-z, 0-9 and "-", not "-" at an end, and not "cache"`,
    );
  }
  const directory = path.join(root, ".lab", name);
  const cacheDirectory = path.join(root, ".lab", "cache");
  // The path takes part, so that labs of two checkouts on one machine do not meet.
  const id = `lab${createHash("sha256").update(directory).digest("hex").slice(0, 6)}`;
  return {
    name,
    root,
    id,
    directory,
    cacheDirectory,
    hostsDirectory: path.join(directory, "hosts"),
    runDirectory: path.join(directory, "run"),
    logDirectory: path.join(directory, "log"),
    repositoryDirectory: path.join(directory, "repository"),
    namespaces: { fabric: `${id}-net`, operator: `${id}-op`, publicZone: `${id}-pub` },
    cacheSocket: path.join(directory, "run", "packages.sock"),
    emulatorSocket: path.join(directory, "run", "scaleway.sock"),
  };
}

/** Path of a named network namespace. */
export function namespacePath(namespace: string): string {
  return `/run/netns/${namespace}`;
}

/** A command line that runs in a network namespace and shares everything else with this process. */
export function inNamespace(namespace: string, argv: string[]): string[] {
  return ["nsenter", `--net=${namespacePath(namespace)}`, "--", ...argv];
}
