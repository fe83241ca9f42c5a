// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";

import { debianSources } from "./apt-sources";
import type { LabLayout } from "./layout";
import { run, tryRun } from "./run";

/** What the lab itself needs of Debian, beyond what every installation has. */
export const labPackages = [
  "ca-certificates",
  "debian-archive-keyring",
  "gnupg",
  "iproute2",
  "mmdebstrap",
  "openssh-client",
  "systemd-container",
  "util-linux",
];

/** What `npm test` judges rendered files and scripts with, besides what the lab needs. */
export const testPackages = [
  "age",
  "chromium",
  "cryptsetup-bin",
  "mariadb-server",
  "netplan.io",
  "nftables",
  "nginx-light",
  "nmap",
  "openssh-client",
  "openssl",
  "pebble",
  "prometheus",
  "prometheus-alertmanager",
  "prometheus-blackbox-exporter",
  "python3",
  "restic",
  "rsyslog",
  "shellcheck",
  "uacme",
  "zstd",
];

const minimumNode = [20, 19, 4] as const;
/** Base file system, package cache and the disks of a few hosts. */
const minimumFreeBytes = 5e9;
const overlayMagic = 0x794c7630;

/** What the checks look at; replaced in tests. */
export interface Machine {
  platform: string;
  uid: number | undefined;
  node: string;
  /** True if the program is installed. */
  has(program: string): boolean;
  /** Bytes that may still be written below a directory, and whether it lies on an overlay. */
  disk(directory: string): { free: number; overlay: boolean };
  filesystems(): string;
  /** @throws Error with the reason if Debian's package sources cannot be told */
  packageSources(): void;
}

/** This machine. */
export const thisMachine: Machine = {
  platform: process.platform,
  uid: process.getuid?.(),
  node: process.versions.node,
  has(program) {
    return (process.env.PATH ?? "").split(":").some((directory) => {
      try {
        accessSync(`${directory}/${program}`, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  },
  disk(directory) {
    const { bavail, bsize, type } = statfsSync(directory);
    return { free: bavail * bsize, overlay: type === overlayMagic };
  },
  filesystems: () => (existsSync("/proc/filesystems") ? readFileSync("/proc/filesystems", "utf8") : ""),
  packageSources: () => void debianSources(),
};

/**
 * Why no lab can run here: every reason with its cure; empty if one can.
 *
 * @param directory - where the lab's files go; must exist.
 */
export function obstacles(directory: string, machine: Machine = thisMachine): string[] {
  const found: string[] = [];
  if (machine.platform !== "linux") {
    const preview = "`npm run preview` works here";
    return [`this is ${machine.platform}: lab hosts need a Linux kernel; use a Debian 12 machine (${preview})`];
  }
  if (machine.uid !== 0)
    found.push("not root: lab hosts need namespaces, mounts and NICs; run it as root (sudo -E npm run lab)");
  if (!machine.has("apt-get") || !machine.has("dpkg-query")) {
    found.push("apt is missing: the lab installs Debian packages; use a Debian 12 machine");
  } else {
    try {
      machine.packageSources();
    } catch (error) {
      found.push(error instanceof Error ? error.message : String(error));
    }
  }
  const node = machine.node.split(".").map(Number);
  const older = minimumNode.findIndex((part, index) => (node[index] ?? 0) !== part);
  if (older >= 0 && (node[older] ?? 0) < (minimumNode[older] ?? 0)) {
    found.push(`Node ${machine.node} is too old: install Node ${minimumNode.join(".")} or newer`);
  }
  if (!/^(nodev)?\s+overlay$/m.test(machine.filesystems())) {
    found.push("the kernel has no overlay file system: load it (modprobe overlay) or use a kernel that has it");
  }
  const disk = machine.disk(directory);
  if (disk.overlay) {
    found.push(
      `${directory} lies on an overlay, which cannot carry another: put the checkout on a disk or volume of its own`,
    );
  }
  if (disk.free < minimumFreeBytes) {
    const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
    found.push(
      `${directory} has ${gigabytes(disk.free)} GB free, a lab needs ${gigabytes(minimumFreeBytes)} GB: ` +
        "free some, or put the checkout on a bigger disk",
    );
  }
  return found;
}

/**
 * Refuses a machine on which no lab can run.
 *
 * @throws Error that lists every reason with its cure
 */
export function checkMachine(layout: LabLayout): void {
  const found = obstacles(layout.root);
  if (found.length > 0) throw new Error(`no lab can run here:\n${found.map((reason) => `  - ${reason}`).join("\n")}`);
}

/** Those of the packages that are not installed. */
export async function missingPackages(packages: readonly string[] = labPackages): Promise<string[]> {
  // Asked for all at once, dpkg-query reports the installed ones and fails for the rest.
  const query = await tryRun(["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\\n", ...packages]);
  const installed = new Set(
    query.stdout.split("\n").flatMap((line) => (line.endsWith(" installed") ? [line.split(" ")[0]] : [])),
  );
  return packages.filter((name) => !installed.has(name));
}

/** Installs Debian packages, after one look for newer lists if they are not known. */
export async function installPackages(packages: string[], onLine?: (line: string) => void): Promise<void> {
  const options = { timeoutSeconds: 900, onLine, env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" } };
  const install = [
    "apt-get",
    "install",
    "--yes",
    "--no-install-recommends",
    "-o",
    "DPkg::Lock::Timeout=300",
    ...packages,
  ];
  const first = await tryRun(install, options);
  if (first.code === 0) return;
  await run(["apt-get", "update"], options);
  await run(install, options);
}
