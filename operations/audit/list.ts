// SPDX-License-Identifier: Apache-2.0
import type { DeployedCloud } from "../cloud";
import { searchLogs } from "../logs/logs";
import { recordOf } from "./chain";
import { AUDIT_UNIT, placeOf } from "./copies";
import { auditEvents, type AuditEvent, type AuditRecord } from "./records";

export interface AuditSearch {
  since?: string;
  until?: string;
  hosts: string[];
  kinds: string[];
  users: string[];
  /** The host whose store is searched. */
  store: string;
  signal: AbortSignal;
}

/**
 * What people and programs did, oldest first. A record is of the host that delivered it, whatever host it names.
 *
 * @throws Error when a named host is none of the cloud, or the search itself fails.
 */
export async function listAudit(cloud: DeployedCloud, search: AuditSearch): Promise<AuditEvent[]> {
  const { since, until, store, signal } = search;
  const hosts = search.hosts.length > 0 ? search.hosts : cloud.hosts.map(({ name }) => name);
  hosts.forEach((host) => cloud.host(host));
  const records: AuditRecord[] = [];
  for (const host of hosts) {
    const place = placeOf(cloud, host, store);
    if (place === undefined) continue;
    await searchLogs(cloud, {
      since,
      until,
      store,
      signal,
      place,
      hosts: [],
      units: [AUDIT_UNIT],
      onRecord: ({ MESSAGE: message }) => {
        // What is none was written by somebody else under the unit's name; `audit verify` tells of it.
        const record = recordOf(message);
        if (record) records.push({ ...record, host });
      },
    });
  }
  const wanted = (list: string[], value = ""): boolean => list.length === 0 || list.includes(value);
  return auditEvents(records).filter(({ kind, user }) => wanted(search.kinds, kind) && wanted(search.users, user));
}
