// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import type { HostState } from "../host/state";

export interface HostNamesArgs {
  /** Name of the front-end host, which knows its own name already. */
  host: string;
  /** Private DNS domain of the hosts. */
  domain: string;
  /** Management addresses of all hosts by name. */
  hosts: Record<string, string>;
}

/** Names of the other hosts on the front-end, whose name server tells them to everybody. */
export function renderHostNames({ host, domain, hosts }: HostNamesArgs): HostState {
  const content = Object.keys(hosts)
    .filter((name) => name !== host)
    .sort()
    .map((name) => `${hosts[name]} ${name}.${domain} ${name}\n`)
    .join("");
  return {
    blocks: { "/etc/hosts": { content, marker: "hosts of the cloud" } },
    sequence: [
      {
        action: "reload-host-names",
        needed: "false",
        run: `systemctl reload ${services.dns.unit}`,
        rerunOn: ["/etc/hosts"],
      },
    ],
  };
}
