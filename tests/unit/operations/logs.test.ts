// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  openCloud,
  recordText,
  searchLogs,
  type DeployedCloud,
  type LogRecord,
  type LogSearch,
} from "../../../operations";
import { isWanted, journalctl } from "../../../operations/logs/query";
import { RecordReader } from "../../../operations/logs/records";
import { cloudConfig, cloudOutputs, fakeStack, fakeSudo, keyPair } from "../../helpers/deployed-cloud";
import { startSshServer, type SshServer } from "../../helpers/ssh-server";

const nothing = { hosts: [], units: [] };
const matches = (query: Parameters<typeof journalctl>[0]): string[] =>
  journalctl(query).filter((word) => word === "+" || /^[A-Z_]+=/.test(word));

describe("what journalctl is asked", () => {
  it("host and program by 'and', the marks of a program by 'or'", () => {
    expect(matches({ hosts: ["host01"], units: ["libvirt"] })).toEqual([
      ...["_HOSTNAME=host01", "SYSLOG_IDENTIFIER=qemu", "+", "_HOSTNAME=host01", "_SYSTEMD_UNIT=libvirtd.service"],
    ]);
    expect(matches({ ...nothing, units: ["chrony.service"] })).toEqual(["_SYSTEMD_UNIT=chrony.service"]);
    expect(matches({ ...nothing, units: ["chronyd"] })).toEqual([
      ...["SYSLOG_IDENTIFIER=chronyd", "+", "_SYSTEMD_UNIT=chronyd.service"],
    ]);
    expect(matches(nothing)).toEqual([]);
  });

  it("ages and times, patterns as they are", () => {
    const words = journalctl({ ...nothing, since: "30m", until: "2026-11-25 10:00", grep: "it's $HOME", lines: 5 });
    expect(words).toEqual(
      expect.arrayContaining(["--since=-30m", "--until=2026-11-25 10:00", "--grep=it's $HOME", "--lines=5"]),
    );
  });

  it("a VM by its field, and by name where programs have no field", () => {
    expect(matches({ ...nothing, vm: 7 })[0]).toBe("OPENNEBULA_VM=7");
    const wanted = (MESSAGE: string, field?: string): boolean =>
      isWanted({ ...nothing, vm: 7 }, { MESSAGE, OPENNEBULA_VM: field });
    expect([wanted("x", "7"), wanted("domain one-7 died"), wanted("Error in VM 7:"), wanted("VM=7")]).toEqual(
      Array(4).fill(true),
    );
    expect([wanted("x", "70"), wanted("one-70"), wanted("VM 17"), wanted("7")]).toEqual(Array(4).fill(false));
  });
});

it("a search by a pattern does not find the note that sudo made of it", () => {
  const MESSAGE =
    "ops : PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/journalctl --quiet --no-pager --merge --output=json x --grep=y";
  const note = { MESSAGE, SYSLOG_IDENTIFIER: "sudo" };
  expect(isWanted({ ...nothing, grep: "y" }, note)).toBe(false);
  expect(isWanted(nothing, note)).toBe(true);
  expect(isWanted({ ...nothing, grep: "y" }, { ...note, SYSLOG_IDENTIFIER: "mallory" })).toBe(true);
});

const record = (more: Partial<Record<string, unknown>>): string =>
  `${JSON.stringify({ __REALTIME_TIMESTAMP: "1795635089000000", _BOOT_ID: "b", _HOSTNAME: "fe", SYSLOG_IDENTIFIER: "oned", ...more })}\n`;

describe("records", () => {
  it("come whole from pieces, each once, bytes as text", () => {
    const reader = new RecordReader();
    const bytes = Buffer.from(
      record({ MESSAGE: "one", __MONOTONIC_TIMESTAMP: "1" }) +
        record({ MESSAGE: "one", __MONOTONIC_TIMESTAMP: "1" }) +
        record({ MESSAGE: "one", __MONOTONIC_TIMESTAMP: "2" }) +
        record({ MESSAGE: [...Buffer.from("zwölf")], __MONOTONIC_TIMESTAMP: "3" }) +
        record({ MESSAGE: null, __MONOTONIC_TIMESTAMP: "4" }),
    );
    const found = [...bytes].flatMap((_, index) => reader.take(bytes.subarray(index, index + 1)));
    expect(found.map(({ MESSAGE }) => MESSAGE)).toEqual(["one", "one", "zwölf", ""]);
  });

  it("are lines for people that cannot drive the terminal", () => {
    const text = recordText({
      MESSAGE: "first \u001b[31mred\nsecond\n",
      __REALTIME_TIMESTAMP: "1795635089000000",
      _HOSTNAME: "fe",
      SYSLOG_IDENTIFIER: "oned-vm",
      _PID: "12",
      OPENNEBULA_VM: "7",
    } satisfies LogRecord);
    expect(text).toBe("2026-11-25T19:31:29.000Z fe oned-vm[12]: [VM 7] first \\x1b[31mred\n    second");
  });
});

describe("a search on a host", () => {
  const keys = { host: keyPair(), login: keyPair() };
  const path = process.env["PATH"];
  let folder: string;
  let server: SshServer;
  let cloud: DeployedCloud;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "logs-"));
    process.env["PATH"] = `${fakeSudo(folder)}:${path}`;
    server = await startSshServer({ hostKeys: [keys.host.privateKey], authorizedKey: keys.login.publicKey });
    cloud = await openCloud(fakeStack({ config: cloudConfig(), outputs: cloudOutputs(keys, "x") }));
    cloud.hosts.forEach(({ hop }) => (hop.port = server.port));
  });
  afterAll(async () => {
    cloud.close();
    process.env["PATH"] = path;
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function journal(text: string): void {
    const file = join(folder, "bin/journalctl");
    writeFileSync(file, `#!/bin/sh\nprintf '%s\\n' "$@" > "${folder}/asked"\n${text}\n`);
    chmodSync(file, 0o755);
  }

  async function search(more: Partial<LogSearch>): Promise<{ count: number; messages: string[] }> {
    const messages: string[] = [];
    const onRecord = ({ MESSAGE }: LogRecord): void => void messages.push(MESSAGE);
    const signal = new AbortController().signal;
    const count = await searchLogs(cloud, { ...nothing, store: "fe", onRecord, signal, ...more });
    return { count, messages };
  }

  it("asks with every word as it was given and counts what it finds", async () => {
    const lines = ["a", "b"].map((MESSAGE, index) => record({ MESSAGE, __MONOTONIC_TIMESTAMP: `${index}` }));
    writeFileSync(join(folder, "lines"), lines.join(""));
    journal(`cat "${folder}/lines"`);
    expect(await search({ grep: "it's; $(reboot)" })).toEqual({ count: 2, messages: ["a", "b"] });
    expect(readFileSync(join(folder, "asked"), "utf8").split("\n")).toContain("--grep=it's; $(reboot)");
  });

  it("finds nothing where journalctl says nothing, and repeats its complaint otherwise", async () => {
    journal("exit 1");
    expect(await search({})).toEqual({ count: 0, messages: [] });
    journal('echo "Failed to parse timestamp: x" >&2; exit 1');
    await expect(search({ since: "x" })).rejects.toThrow("host fe: journalctl: Failed to parse timestamp: x");
  });

  it("refuses a host that is none before it asks anybody", async () => {
    await expect(search({ hosts: ["nope"] })).rejects.toThrow(/no host "nope"/);
  });

  it("follows until it is told to stop", async () => {
    writeFileSync(join(folder, "lines"), record({ MESSAGE: "now", __MONOTONIC_TIMESTAMP: "1" }));
    journal(`cat "${folder}/lines"; exec sleep 60`);
    const stop = new AbortController();
    const onRecord = (): void => stop.abort(new Error("enough"));
    await expect(search({ follow: true, onRecord, signal: stop.signal })).rejects.toThrow("enough");
  });
});
