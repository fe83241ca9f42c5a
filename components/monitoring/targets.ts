// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import type { HostState } from "../host/state";
import type { MonitoredHost } from "./plan";

const FOLDER = "/etc/opennebula-scaleway/targets";

/** Where a job's targets stand, as Prometheus takes them without being told. */
export function targetFile(job: string): string {
  return `${FOLDER}/${job}.json`;
}

export interface TargetsArgs {
  /** Every host by name. */
  hosts: Record<string, MonitoredHost>;
  /** The host that watches. */
  frontend: string;
}

/** Names of what is looked at on other hosts, job by job, with `address:port` or the address of each. */
export function hostTargets({
  hosts,
  frontend,
}: TargetsArgs): Record<"node" | "libvirt" | "ping", Map<string, string>> {
  const all = Object.keys(hosts).sort();
  const on = (names: string[], port?: number): Map<string, string> =>
    new Map(names.map((host) => [host, `${hosts[host]!.managementAddress}${port === undefined ? "" : `:${port}`}`]));
  return {
    node: on(all, services.nodeExporter.port),
    libvirt: on(
      all.filter((host) => hosts[host]!.hypervisor),
      services.libvirtExporter.port,
    ),
    ping: on(all.filter((host) => host !== frontend)),
  };
}

/** The files in which Prometheus finds the hosts: a host more or less leaves its own configuration as it is. */
export function renderTargets(args: TargetsArgs): HostState {
  const files = Object.entries(hostTargets(args)).map(([job, targets]) => {
    const entries = [...targets].map(([host, address]) => ({ targets: [address], labels: { host } }));
    return [targetFile(job), { content: `${JSON.stringify(entries, null, 2)}\n` }] as const;
  });
  return { directories: { [FOLDER]: {} }, files: Object.fromEntries(files) };
}
