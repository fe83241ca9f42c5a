// SPDX-License-Identifier: Apache-2.0
import { logSource } from "../../catalogue";
import type { DeployedCloud } from "../cloud";
import type { LogPlace } from "../logs/query";

/** Only root of a host can write as this unit; a record that merely has the identifier is nobody's. */
export const AUDIT_UNIT = "opennebula-scaleway-audit.service";

/** The host that keeps the copy of a host's records, as `components/logs/plan.ts` has it; undefined where there is no other. */
export function keeperOf(cloud: DeployedCloud, host: string): string | undefined {
  if (!cloud.config.logs.enabled) return undefined;
  const frontend = cloud.frontend.name;
  if (host !== frontend) return frontend;
  return cloud.hosts
    .map(({ name }) => name)
    .filter((name) => name !== frontend)
    .sort()[0];
}

/**
 * Where a host's records are on `store`; undefined where it keeps none of that host. The collector names a file by the certificate that
 * delivered it, so these are the host's records whatever they claim.
 */
export function placeOf(cloud: DeployedCloud, host: string, store: string): LogPlace | undefined {
  if (host === store) return "own";
  if (keeperOf(cloud, host) !== store) return undefined;
  const { managementAddress } = cloud.host(host);
  return { files: `/var/log/journal/remote/remote-${logSource(managementAddress)}[.@]*journal` };
}
