// SPDX-License-Identifier: Apache-2.0

/** Which of the records that a host keeps: everybody's, its own, or those in files by a pattern. */
export type LogPlace = "all" | "own" | { files: string };

/** Which records are wanted. Empty lists mean all. */
export interface LogQuery {
  /** A time as journalctl takes it, or an age such as `30m`. */
  since?: string;
  until?: string;
  /** Names of hosts. */
  hosts: string[];
  /** Programs: units, identifiers, or one of `programs`. */
  units: string[];
  /** Number of a VM in oned. */
  vm?: number;
  /** Regular expression (PCRE2); small letters match capitals too. */
  grep?: string;
  /** Go on with what comes. */
  follow?: boolean;
  /** The last records only. */
  lines?: number;
  /** @default all that the host keeps */
  place?: LogPlace;
}

/** What people call a program, and how its records are marked. */
export const programs: Readonly<Record<string, readonly string[]>> = {
  oned: ["SYSLOG_IDENTIFIER=oned", "SYSLOG_IDENTIFIER=oned-vm", "_SYSTEMD_UNIT=opennebula.service"],
  monitord: ["SYSLOG_IDENTIFIER=monitor"],
  fireedge: ["SYSLOG_IDENTIFIER=fireedge", "_SYSTEMD_UNIT=opennebula-fireedge.service"],
  proxy: ["SYSLOG_IDENTIFIER=nginx-access", "SYSLOG_IDENTIFIER=nginx-error", "_SYSTEMD_UNIT=nginx.service"],
  mariadb: ["SYSLOG_IDENTIFIER=mariadb-slow", "_SYSTEMD_UNIT=mariadb.service"],
  libvirt: ["SYSLOG_IDENTIFIER=qemu", "_SYSTEMD_UNIT=libvirtd.service"],
  login: ["SYSLOG_IDENTIFIER=sshd", "SYSLOG_IDENTIFIER=sudo"],
  firewall: ["_TRANSPORT=kernel"],
  deployment: ["SYSLOG_IDENTIFIER=opennebula-scaleway-converger"],
  audit: ["SYSLOG_IDENTIFIER=opennebula-audit"],
};

/** Programs whose records are about a VM without a field that says so. */
const aboutVms = ["_SYSTEMD_UNIT=libvirtd.service", "SYSLOG_IDENTIFIER=oned", "_SYSTEMD_UNIT=opennebula.service"];

const FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_COMM,_HOSTNAME,OPENNEBULA_VM";

const SEARCH = ["journalctl", "--quiet", "--no-pager"];
/** How sudo notes a search, with the pattern that is looked for: every search would find itself. */
const OWN_SEARCH = new RegExp(`COMMAND=\\S*${SEARCH.join(" ")} `);

/** The words that have journalctl read what is in a place. */
export function journalAt(place: LogPlace = "all"): string[] {
  if (place === "own") return SEARCH;
  return [...SEARCH, place === "all" ? "--merge" : `--file=${place.files}`];
}

/** The command line, as words, that finds the records on a host that keeps everybody's; one JSON document a record. */
export function journalctl(query: LogQuery): string[] {
  const { since, until, grep, follow, lines } = query;
  const hosts = query.hosts.map((host) => `_HOSTNAME=${host}`);
  const marks = query.units.flatMap(marksOf);
  if (query.vm !== undefined && marks.length === 0) marks.push(`OPENNEBULA_VM=${query.vm}`, ...aboutVms);
  return [
    ...journalAt(query.place),
    "--output=json",
    `--output-fields=${FIELDS}`,
    ...(since === undefined ? [] : [`--since=${timeText(since)}`]),
    ...(until === undefined ? [] : [`--until=${timeText(until)}`]),
    ...(grep === undefined ? [] : [`--grep=${grep}`]),
    ...(lines === undefined ? [] : [`--lines=${lines}`]),
    ...(follow ? ["--follow"] : []),
    ...alternatives(hosts, marks),
  ];
}

/** What only the answer shows: whether a record is about the wanted VM, and no note of a search by its pattern. */
export function isWanted(
  { vm, grep }: LogQuery,
  record: { MESSAGE: string; OPENNEBULA_VM?: string; SYSLOG_IDENTIFIER?: string },
): boolean {
  if (grep !== undefined && record.SYSLOG_IDENTIFIER === "sudo" && OWN_SEARCH.test(record.MESSAGE)) return false;
  if (vm === undefined || record.OPENNEBULA_VM === String(vm)) return true;
  return new RegExp(`\\b(VM|vm|one-)[ =:]?${vm}\\b`).test(record.MESSAGE);
}

function marksOf(unit: string): readonly string[] {
  const known = programs[unit];
  if (known) return known;
  return unit.includes(".")
    ? [`_SYSTEMD_UNIT=${unit}`]
    : [`SYSLOG_IDENTIFIER=${unit}`, `_SYSTEMD_UNIT=${unit}.service`];
}

/** journalctl joins matches of one field by "or" and others by "and"; what is marked by several fields is written out. */
function alternatives(hosts: string[], marks: string[]): string[] {
  if (marks.length === 0) return hosts;
  return marks.flatMap((mark, index) => [...(index === 0 ? [] : ["+"]), ...hosts, mark]);
}

function timeText(time: string): string {
  return /^\d+[smhdw]$/.test(time) ? `-${time}` : time;
}
