// SPDX-License-Identifier: Apache-2.0
import { logDefaults, logSource, services } from "../../catalogue";

export interface LogsPlanArgs {
  /** Private DNS domain of the hosts. */
  domain: string;
  /** Name of the host that keeps everybody's records. */
  frontend: string;
  /** Management addresses of all hosts by name. */
  hosts: Record<string, string>;
  /** GiB of each host's journal: also how much waits there while the collector is down. @default 1 */
  bufferGib?: number;
  /** GiB of what other hosts sent. @default 10 */
  storeGib?: number;
  /** Days until records are removed. @default 90 */
  days?: number;
}

/** One host's part in the logs. */
export interface HostLogsPlan {
  host: string;
  /** The host's name in its certificate. */
  fqdn: string;
  /** Loopback address as which the collectors know the host: its records are in a file of that name. */
  source: string;
  isFrontend: boolean;
  bufferBytes: number;
  days: number;
  /** Where the host's records go; undefined where it is the only host. */
  sendTo?: { fqdn: string; port: number };
  /** Present on hosts that others send to. */
  collector?: { address: string; port: number; storePort: number; storeBytes: number };
}

const GIB = 1024 ** 3;

/**
 * Plans who sends to whom: every host to the front-end, and the front-end to the first other host by name, so that whoever owns
 * the front-end cannot remove the traces of how.
 */
export function planLogs(args: LogsPlanArgs): HostLogsPlan[] {
  const { domain, frontend, hosts } = args;
  const { port } = services.logCollector;
  const names = Object.keys(hosts).sort();
  const witness = names.find((name) => name !== frontend);
  const fqdn = (name: string): string => `${name}.${domain}`;
  return names.map((host) => {
    const target = host === frontend ? witness : frontend;
    const collects = witness !== undefined && (host === frontend || host === witness);
    return {
      host,
      source: logSource(hosts[host]!),
      fqdn: fqdn(host),
      isFrontend: host === frontend,
      bufferBytes: (args.bufferGib ?? logDefaults.bufferGib) * GIB,
      days: args.days ?? logDefaults.days,
      sendTo: target === undefined ? undefined : { fqdn: fqdn(target), port },
      collector: collects
        ? {
            address: hosts[host]!,
            port,
            storePort: services.logStore.port,
            storeBytes: (args.storeGib ?? logDefaults.storeGib) * GIB,
          }
        : undefined,
    };
  });
}
