// SPDX-License-Identifier: Apache-2.0
import { HostRole, unitsOf } from "../../../catalogue";
import type { HostMachine, MachineRecord } from "../../../lab/hosts/machine";
import { collectStatus, type LabStatus, type StatusSources } from "../../../lab/status";

const hosts = {
  fe: { roles: [HostRole.Frontend, HostRole.Hypervisor], managementAddress: "10.16.0.10" },
  host01: { roles: [HostRole.Hypervisor], managementAddress: "10.16.0.11" },
};

interface FakeHost {
  /** @default its name */
  id?: string;
  running?: boolean;
  /** ActiveState by unit where it is not `active`. */
  states?: Record<string, string>;
  journal?: string[];
}

function fakeMachine(
  hostname: string,
  { id = hostname, running = true, states = {}, journal = [] }: FakeHost,
): StatusSources["machines"][number] {
  const answer = (argv: string[]): string => {
    if (argv[0] === "systemctl")
      return argv
        .slice(4)
        .map((unit) => `${states[unit] ?? "active"}\n`)
        .join("\n");
    if (argv[0] === "journalctl") return journal.join("\n");
    if (argv[0] === "cat") return "oneadmin:password\n";
    throw new Error(`not expected: ${argv.join(" ")}`);
  };
  const machine = {
    running,
    tryExec: (argv: string[]) => Promise.resolve({ code: 0, stdout: answer(argv), stderr: "" }),
    exec: (argv: string[]) => Promise.resolve(answer(argv)),
  };
  const record = { id, hostname, publicAddress: hostname === "fe" ? "203.0.113.10" : "203.0.113.11" };
  return { machine: machine as unknown as HostMachine, record: record as MachineRecord };
}

const lastUpdate = { startedAt: 1000, seconds: 61.26, succeeded: true, same: 1, created: 2, updated: 3, deleted: 4 };
const onBoth = [
  { name: "fe", state: "on" },
  { name: "host01", state: "on" },
];

function sources(fakes: Record<string, FakeHost>, change: Partial<StatusSources> = {}): StatusSources {
  return {
    hosts,
    machines: Object.entries(fakes).map(([name, fake]) => fakeMachine(name, fake)),
    owned: new Set(["fe", "host01"]),
    lastUpdate,
    stack: () => Promise.resolve({ resources: 46 }),
    oned: () => Promise.resolve({ version: "7.0.0", endpoint: "http://127.0.0.1:2633/RPC2", hosts: onBoth }),
    ...change,
  };
}

describe("the lab's status", () => {
  it("has the agreed shape", async () => {
    const status = await collectStatus(sources({ fe: {}, host01: {} }));
    expect(status).toEqual<LabStatus>({
      healthy: true,
      hosts: [
        {
          name: "fe",
          roles: ["frontend", "hypervisor"],
          address: "203.0.113.10",
          privateAddress: "10.16.0.10",
          units: Object.fromEntries(unitsOf(hosts.fe.roles).map((unit) => [unit, "active"])),
        },
        {
          name: "host01",
          roles: ["hypervisor"],
          address: "203.0.113.11",
          privateAddress: "10.16.0.11",
          units: Object.fromEntries(unitsOf(hosts.host01.roles).map((unit) => [unit, "active"])),
        },
      ],
      oned: { version: "7.0.0", endpoint: "http://127.0.0.1:2633/RPC2", hosts: onBoth },
      stack: { resources: 46, lastUpdate: { same: 1, created: 2, updated: 3, deleted: 4, logins: 0, seconds: 61.3 } },
      unowned: [],
      notInstalled: [],
      standIns: expect.arrayContaining([expect.stringContaining("lab/scaleway")]) as string[],
    });
  });

  it("tells of an optional part that is not there, and is healthy without it", async () => {
    const grafana = { installed: false, reason: "repository grafana: no answer" };
    const stack = () => Promise.resolve({ resources: 46, grafana });
    const status = await collectStatus(sources({ fe: {}, host01: {} }, { stack }));
    expect(status.notInstalled).toEqual(["Grafana (optional): repository grafana: no answer"]);
    expect(status.healthy).toBe(true);
  });

  it.each<[string, Record<string, FakeHost>, Partial<StatusSources>]>([
    ["a unit has failed", { fe: { states: { "mariadb.service": "failed" } }, host01: {} }, {}],
    ["a host is off", { fe: {}, host01: { running: false } }, {}],
    ["a server has not been made", { fe: {} }, {}],
    ["oned does not answer", { fe: {}, host01: {} }, { oned: () => Promise.reject(new Error("refused")) }],
    [
      "oned does not monitor a host",
      { fe: {}, host01: {} },
      { oned: () => Promise.resolve({ version: "7.0.0", endpoint: "x", hosts: [{ name: "fe", state: "on" }] }) },
    ],
    ["the last update failed", { fe: {}, host01: {} }, { lastUpdate: { ...lastUpdate, succeeded: false } }],
    ["nothing was ever deployed", { fe: {}, host01: {} }, { lastUpdate: undefined }],
    ["there are no hosts", {}, { hosts: {}, machines: [] }],
  ])("is not healthy when %s", async (_, fakes, change) => {
    expect((await collectStatus(sources(fakes, change))).healthy).toBe(false);
  });

  it("looks at the server that the stack owns and names another of that name, which a killed run has ordered", async () => {
    const { machines, ...others } = sources({ fe: {}, host01: {} });
    const stray = fakeMachine("host01", { id: "stray", states: { "libvirtd.service": "inactive" } });
    for (const all of [
      [...machines, stray],
      [stray, ...machines],
    ]) {
      const status = await collectStatus({ ...others, machines: all });
      expect(status.healthy).toBe(true);
      expect(status.unowned).toEqual([{ id: "stray", name: "host01", address: "203.0.113.11" }]);
    }
  });

  it("counts the operator's logins since the last update began, and nobody else's", async () => {
    const journal = [
      "999.900000 fe sshd[1]: Accepted publickey for ops from 192.0.2.10 port 1 ssh2: ED25519 SHA256:x",
      "1000.100000 fe sshd[2]: Accepted publickey for ops from 192.0.2.10 port 2 ssh2: ED25519 SHA256:x",
      "1001.000000 fe sshd[3]: Accepted publickey for oneadmin from 10.16.0.10 port 3 ssh2: ED25519 SHA256:x",
      "1001.000000 fe sshd[4]: Connection closed by 203.0.113.1 port 4 [preauth]",
      "1001.500000 fe sshd[5]: Failed publickey for ops from 192.0.2.10 port 5 ssh2",
      "1002.000000 fe sshd[6]: Accepted publickey for ops from 192.0.2.100 port 6 ssh2",
    ];
    const status = await collectStatus(sources({ fe: { journal }, host01: { journal: journal.slice(1, 2) } }));
    expect(status.stack.lastUpdate.logins).toBe(2);
  });
});
