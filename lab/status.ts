// SPDX-License-Identifier: Apache-2.0
import { HostRole, unitsOf } from "../catalogue";

import { addresses } from "./hosts/layout";
import type { HostMachine, MachineEntry, MachineRecord } from "./hosts/machine";
import type { LastUpdate } from "./last-update";
import { byHostname } from "./named-machines";
import type { StackHost } from "./stack-file";

/** What `npm run lab -- status --json` prints. */
export interface LabStatus {
  /** Every unit active, every hypervisor `on` in oned, the last update succeeded. */
  healthy: boolean;
  hosts: HostStatus[];
  /** Empty version and no hosts while oned does not answer. */
  oned: { version: string; endpoint: string; hosts: { name: string; state: string }[] };
  stack: {
    resources: number;
    lastUpdate: { same: number; created: number; updated: number; deleted: number; logins: number; seconds: number };
  };
  /** Servers of the account that the stack does not own: a run was killed while it ordered them, or orders them now. */
  unowned: { id: string; name: string; address: string }[];
  /** Optional parts of the cloud that could not be installed, with the reason; never counted as passed. */
  notInstalled: string[];
  /** What stands in for a part that a production cloud gets from elsewhere. */
  standIns: string[];
}

export interface HostStatus {
  name: string;
  roles: string[];
  address: string;
  privateAddress: string;
  /** systemd's ActiveState by unit; `host off` where the host does not run. */
  units: Record<string, string>;
}

/** What of this lab is a stand-in; each says so of itself too. */
export const standIns = [
  "engine: lab/engine for the Pulumi CLI",
  "providers: lab/plugins for command, scaleway, random, tls",
  "cloud: lab/scaleway for the Scaleway API, lab/hosts (systemd-nspawn) for Elastic Metal",
  "OpenNebula: packages of lab/opennebula for the vendor's",
  "people: lab/inbox for their mailboxes, Slack's webhook and a dead-man's switch outside",
];

/** What of production this lab does not run; never counted as passed. */
export const notRunHere = [
  "VLAN devices: private networks arrive as NICs of their own (networks.privateNics: dedicated)",
  "sysctls vm.*, fs.* and some of kernel.*: simulated, they read back and change nothing",
  "clock: hosts share the machine's; systemd-timesyncd does not run",
  "hardware virtualization, where this machine has none: VMs run under software emulation (QEMU TCG)",
  "auditd: this kernel has no audit; its rules are on the hosts and not loaded",
  "IPv6 between VMs and the Internet: the lab's fabric routes IPv4 alone; addresses, ranges and the driver's moves are real",
];

/** What the status takes from the stack's state. */
export interface StackSummary {
  resources: number;
  /** The output of that name. */
  grafana?: { installed: boolean; reason?: string };
}

/** Where the status comes from. */
export interface StatusSources {
  hosts: Record<string, StackHost>;
  machines: MachineEntry[];
  /** Ids of the servers that the stack owns. */
  owned: ReadonlySet<string>;
  lastUpdate: LastUpdate | undefined;
  stack(): Promise<StackSummary>;
  oned(frontend: MachineRecord, username: string, password: string): Promise<LabStatus["oned"]>;
}

/** Asks everything at once; what does not answer makes the lab unhealthy, not the call fail. */
export async function collectStatus(sources: StatusSources): Promise<LabStatus> {
  const { hosts, machines, owned, lastUpdate } = sources;
  const byName = byHostname(machines, owned);
  const [rows, oned, { resources, grafana }, logins] = await Promise.all([
    Promise.all(Object.entries(hosts).map(([name, host]) => hostStatus(name, host, byName.get(name)))),
    onedStatus(sources, byName),
    sources.stack(),
    countLogins(machines, lastUpdate?.startedAt),
  ]);
  const { same = 0, created = 0, updated = 0, deleted = 0, seconds = 0 } = lastUpdate ?? {};
  const hypervisors = Object.keys(hosts).filter((name) => hosts[name]?.roles.includes(HostRole.Hypervisor));
  const healthy =
    lastUpdate?.succeeded === true &&
    rows.length > 0 &&
    rows.every(({ units }) => Object.values(units).every((state) => state === "active")) &&
    hypervisors.every((name) => oned.hosts.some((host) => host.state === "on" && isHost(host.name, name)));
  return {
    healthy,
    hosts: rows,
    oned,
    stack: {
      resources,
      lastUpdate: { same, created, updated, deleted, logins, seconds: Math.round(seconds * 10) / 10 },
    },
    unowned: machines
      .filter(({ record }) => !owned.has(record.id))
      .map(({ record }) => ({ id: record.id, name: record.hostname, address: record.publicAddress })),
    notInstalled: grafana?.installed === false ? [`Grafana (optional): ${grafana.reason}`] : [],
    standIns,
  };
}

/** oned may know a host by its short or its full name. */
function isHost(onedName: string, name: string): boolean {
  return onedName === name || onedName.startsWith(`${name}.`);
}

async function hostStatus(name: string, host: StackHost, entry: MachineEntry | undefined): Promise<HostStatus> {
  const wanted = unitsOf(host.roles);
  return {
    name,
    roles: host.roles,
    address: entry?.record.publicAddress ?? "",
    privateAddress: host.managementAddress,
    units: await unitStates(wanted, entry?.machine),
  };
}

async function unitStates(units: string[], machine: HostMachine | undefined): Promise<Record<string, string>> {
  const all = (state: string): Record<string, string> => Object.fromEntries(units.map((unit) => [unit, state]));
  if (machine?.running !== true) return all("host off");
  const shown = await machine
    .tryExec(["systemctl", "show", "--property=ActiveState", "--value", ...units], { timeoutSeconds: 20 })
    .catch(() => undefined);
  if (shown?.code !== 0) return all("unknown");
  const states = shown.stdout.split("\n").filter((line) => line !== "");
  return Object.fromEntries(units.map((unit, index) => [unit, states[index] ?? "unknown"]));
}

async function onedStatus(sources: StatusSources, byName: Map<string, MachineEntry>): Promise<LabStatus["oned"]> {
  const silent = { version: "", endpoint: "", hosts: [] };
  const name = Object.keys(sources.hosts).find((host) => sources.hosts[host]?.roles.includes(HostRole.Frontend));
  const frontend = name === undefined ? undefined : byName.get(name);
  if (frontend?.machine.running !== true) return silent;
  try {
    const text = await frontend.machine.exec(["cat", "/var/lib/one/.one/one_auth"]);
    const [, username = "", password = ""] = /^([^:\s]+):(\S+)/.exec(text) ?? [];
    return await sources.oned(frontend.record, username, password);
  } catch {
    return silent;
  }
}

/**
 * Logins from outside the hosts: sshd's lines of accepted keys whose source is the operator, on every host of the lab.
 *
 * @param since - seconds since 1970
 */
export async function countLogins(machines: MachineEntry[], since: number | undefined): Promise<number> {
  if (since === undefined) return 0;
  const counts = await Promise.all(
    machines.map(async ({ machine }) => {
      if (!machine.running) return 0;
      const journal = [
        "journalctl",
        "--quiet",
        "--output=short-unix",
        "--identifier=sshd",
        `--since=@${Math.floor(since)}`,
      ];
      const { stdout } = await machine.tryExec(journal, { timeoutSeconds: 30 }).catch(() => ({ stdout: "" }));
      return stdout.split("\n").filter((line) => isOperatorLogin(line, since)).length;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function isOperatorLogin(line: string, since: number): boolean {
  const accepted = /^(\d+\.\d+) .*: Accepted \S+ for \S+ from (\S+) port /.exec(line);
  return accepted !== null && accepted[2] === addresses.operator && Number(accepted[1]) >= since;
}
