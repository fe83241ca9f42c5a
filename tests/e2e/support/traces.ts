// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { LabLayout } from "../../../lab/hosts/layout";

/** What a lab may leave on the machine outside its folder. */
export interface Traces {
  namespaces: string[];
  mounts: string[];
  links: string[];
  controlGroups: string[];
  processes: string[];
  memoryFiles: string[];
}

/** Names of the links that a lab makes, in whatever namespace. */
const labLink = /^(br-public|pn-|to-op$|to-pub$|pn\d+$|p[0-9a-f]{8}$|n[0-9a-f]{8}-\d+$)/;

/** Everything on the machine that bears the lab's name, apart from its folder. */
export function machineTraces(layout: LabLayout): Traces {
  const mine = (text: string): boolean => text.includes(layout.id) || text.includes(`${layout.directory}/`);
  return {
    namespaces: list("/run/netns").filter(mine),
    mounts: readFileSync("/proc/mounts", "utf8").split("\n").filter(mine),
    links: list("/sys/class/net").filter((link) => labLink.test(link)),
    controlGroups: controlGroups().filter(mine),
    processes: processes(mine),
    memoryFiles: list("/dev/shm").filter((file) => file.startsWith("opennebula-scaleway-lab-")),
  };
}

function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

/** Looked at where the lab makes them: in the unified hierarchy, wherever the machine has it. */
function controlGroups(): string[] {
  const look = "umount -R /sys/fs/cgroup 2>/dev/null; mount -t cgroup2 none /sys/fs/cgroup && ls /sys/fs/cgroup";
  return execFileSync("unshare", ["--mount", "--propagation", "private", "sh", "-c", look], { encoding: "utf8" }).split(
    "\n",
  );
}

function processes(mine: (text: string) => boolean): string[] {
  return list("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
        const about = [command, readFileSync(`/proc/${pid}/environ`, "latin1"), readlinkSync(`/proc/${pid}/cwd`)];
        return about.some(mine) ? [command] : [];
      } catch {
        return []; // Gone meanwhile.
      }
    });
}
