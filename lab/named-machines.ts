// SPDX-License-Identifier: Apache-2.0
import { Backend } from "./engine/backend";
import { loadProject } from "./engine/project";
import type { LabLayout } from "./hosts/layout";
import { machinesOf, type HostMachine, type MachineEntry } from "./hosts/machine";
import { engineOptions } from "./settings";

const SERVER = "scaleway:elasticmetal/server:Server";

/**
 * Ids of the servers that the stack owns, also in the middle of a run.
 *
 * @param project - folder of the Pulumi project.
 */
export function ownedServers(layout: LabLayout, project: string): Set<string> {
  const { backendDir, stack } = engineOptions(layout, project);
  const { resources = [] } = new Backend(backendDir, loadProject(project).name, stack).read() ?? {};
  const servers = resources.filter((resource) => resource.type === SERVER && resource.delete !== true);
  return new Set(servers.map(({ id = "" }) => id.split("/").pop()!));
}

/**
 * Machines by host name. Where two bear the same name, because one replaces the other or a killed run has ordered one that no state
 * knows of, it is the one that the stack owns, and before any other one that runs.
 */
export function byHostname(machines: readonly MachineEntry[], owned: ReadonlySet<string>): Map<string, MachineEntry> {
  const rank = ({ machine, record }: MachineEntry): number =>
    (owned.has(record.id) ? 2 : 0) + (machine.running ? 1 : 0);
  const ranked = [...machines].sort((a, b) => rank(a) - rank(b));
  return new Map(ranked.map((entry) => [entry.record.hostname, entry]));
}

/**
 * The machine of that host name.
 *
 * @throws Error that names the hosts there are.
 */
export function machineNamed(layout: LabLayout, project: string, hostname: string): HostMachine {
  const machines = byHostname(machinesOf(layout), ownedServers(layout, project));
  const found = machines.get(hostname);
  if (found !== undefined) return found.machine;
  const names = [...machines.keys()].join(", ");
  throw new Error(`lab ${layout.name} has no host "${hostname}"; it has: ${names === "" ? "none" : names}`);
}
