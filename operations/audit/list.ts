// SPDX-License-Identifier: Apache-2.0
import type { DeployedCloud } from "../cloud";
import { searchLogs } from "../logs/logs";
import { auditEvents, type AuditEvent, type AuditRecord } from "./records";

/** Only root of a host can write as this unit; a record that merely has the identifier is nobody's. */
const UNIT = "opennebula-scaleway-audit.service";

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

/** What people and programs did, oldest first, from where the records of all hosts are. */
export async function listAudit(cloud: DeployedCloud, search: AuditSearch): Promise<AuditEvent[]> {
  const records: AuditRecord[] = [];
  await searchLogs(cloud, {
    ...search,
    units: [UNIT],
    onRecord: ({ MESSAGE: message }) => {
      const record = recordOf(message);
      if (record) records.push(record);
    },
  });
  const wanted = (list: string[], value = ""): boolean => list.length === 0 || list.includes(value);
  return auditEvents(records).filter(({ kind, user }) => wanted(search.kinds, kind) && wanted(search.users, user));
}

/** What is no record was written by somebody else under the unit's name; `audit verify` tells of a chain that misses one. */
function recordOf(message: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(message) as AuditRecord | null;
    return typeof record?.n === "number" ? record : undefined;
  } catch {
    return undefined;
  }
}
