// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { table, toJson } from "../../../lab/opennebula/cli/format";
import { vmWord } from "../../../lab/opennebula/cli/kinds";
import { parseConfig } from "../../../lab/opennebula/oned/config";
import { logLine } from "../../../lab/opennebula/oned/log";
import { parseProbe } from "../../../lab/opennebula/oned/sshprobe";
import { lcmNumber } from "../../../lab/opennebula/oned/vm/states";
import { fileStore } from "../../../lab/opennebula/oned/store-file";
import { parseXml } from "../../../lab/opennebula/oned/xml";
import { bindOf, SERVICES } from "../../../lab/opennebula/services/main";

const shipped = readFileSync(join(__dirname, "../../../lab/opennebula/conf/oned.conf"), "utf8");

describe("oned.conf", () => {
  test("the shipped file is read, with what is built in below it", () => {
    const config = parseConfig(shipped);
    expect(config.number("PORT")).toBe(2633);
    expect(config.number("MAX_CONN")).toBe(15);
    expect(config.database()).toEqual({ backend: "sqlite" });
    expect(config.vectors("VM_MAD").map((mad) => mad.NAME)).toContain("kvm");
  });

  test("the database of the deployer's edit", () => {
    const db =
      'DB = [ BACKEND = "mysql", SERVER = "localhost", PORT = 0,\n USER = "u", PASSWD = "p\\"w", DB_NAME = "one" ]';
    const config = parseConfig(shipped.replace(/^DB = .*$/m, db));
    expect(config.database()).toEqual({
      ...{ backend: "mysql", server: "localhost", port: 0, user: "u" },
      ...{ password: 'p"w', database: "one", connections: 25 },
    });
  });

  test.each([
    ['DB = [ BACKEND = "postgresql" ]', /DB\/BACKEND/],
    ['DB = [ BACKEND = "mysql", USER = "u" ]', /DB\/PASSWD, DB\/DB_NAME missing/],
  ])("%s is refused by name", (text, message) => expect(() => parseConfig(text).database()).toThrow(message));

  test("a port that is none, and a file that is none, are refused", () => {
    expect(() => parseConfig('PORT = "x"').number("PORT")).toThrow("PORT must be a whole number");
    expect(() => parseConfig("DB = [")).toThrow("oned.conf: Parse error");
  });
});

test.each([
  [3, "RUNNING", "runn"],
  [3, "PROLOG_MIGRATE", "migr"],
  [3, "PROLOG_MIGRATE_FAILURE", "fail"],
  [3, "HOTPLUG_SNAPSHOT", "snap"],
  [3, "HOTPLUG_SAVEAS", "hotp"],
  [3, "DISK_RESIZE_POWEROFF", "drsz"],
  [3, "BACKUP", "back"],
  [8, "LCM_INIT", "poff"],
] as const)("a VM in state %i, doing %s, is listed as %s", (state, lcm, word) => {
  expect(vmWord(state, lcmNumber(lcm))).toBe(word);
});

describe("services", () => {
  const [gate, fireedge] = [SERVICES.gate, SERVICES.fireedge] as [
    NonNullable<(typeof SERVICES)[string]>,
    NonNullable<(typeof SERVICES)[string]>,
  ];

  test("each series reads its own layout and no other", () => {
    const old = ":host: 10.0.0.1\n:port: 5031\n";
    const sections = ":server:\n  :bind: 10.0.0.2\n  :port: 5032\n";
    expect(bindOf(gate, old, "7.2.0")).toEqual({ host: "10.0.0.1", port: 5031 });
    expect(bindOf(gate, sections, "7.4.0")).toEqual({ host: "10.0.0.2", port: 5032 });
    expect(bindOf(gate, old, "7.4.0")).toEqual({ host: "127.0.0.1", port: 5030 });
    expect(bindOf(fireedge, "host: 127.0.0.1\nport: 2616\n", "7.0.0")).toEqual({ host: "127.0.0.1", port: 2616 });
  });

  test.each(["- a list", ":port: 70000", ":port: five", ":host: [a]"])("%s is refused with the file's name", (text) =>
    expect(() => bindOf(gate, text, "7.0.0")).toThrow("onegate-server.conf"),
  );

  test("ruby's symbol keys are plain text for YAML", () => expect(parse(":host: a")).toEqual({ ":host": "a" }));
});

describe("the file store", () => {
  const directory = mkdtempSync(join(tmpdir(), "one-store-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  test("keeps rows over a restart and drops removed ones", async () => {
    const path = join(directory, "one.db");
    const row = (oid: number) => ({ table: "host_pool", oid, name: `h${oid}`, body: "{}" });
    const store = await fileStore(path);
    await store.write([{ put: row(0) }, { put: row(1) }]);
    await store.write([{ remove: row(0) }]);
    expect(await (await fileStore(path)).load()).toEqual([row(1)]);
    expect(await store.query?.("SELECT oid,name FROM host_pool")).toEqual([{ oid: "1", name: "h1" }]);
  });

  test("refuses a database that is not its own", async () => {
    const path = join(directory, "sqlite.db");
    writeFileSync(path, "SQLite format 3\0");
    await expect(fileStore(path)).rejects.toThrow("not a database of the stand-in");
  });
});

test("log lines have oned's shape", () => {
  const line = logLine(new Date(2026, 10, 2, 8, 5, 3), "I", "ReM", "two\nlines");
  expect(line).toBe("Mon Nov  2 08:05:03 2026 [Z0][ReM][I]: two\\nlines");
});

test("a probe without a figure is refused by its name", () => {
  const figures = ["TOTALCPU", "USEDCPU", "TOTALMEMORY", "USEDMEMORY", "MAXDISK", "FREEDISK", "NETRX", "NETTX"];
  const text = figures.map((name, index) => `${name}=${index + 1}`).join("\n");
  expect(parseProbe(`HOSTNAME=h=1\n${text}\n`)).toMatchObject({
    capacity: { totalCpu: 1, freeDisk: 6 },
    netrx: 7,
    attributes: { HOSTNAME: "h=1", TOTALCPU: "1" },
  });
  expect(() => parseProbe(text.replace("FREEDISK=6", "FREEDISK=many"))).toThrow("FREEDISK");
});

test("the tools print tables, and repeated elements as lists", () => {
  expect(
    table([
      ["ID", "NAME"],
      ["10", "a"],
    ]),
  ).toBe("ID  NAME\n10  a");
  expect(toJson(parseXml("<P><H><ID>1</ID></H><H><ID>2</ID></H><E/></P>"))).toEqual({
    H: [{ ID: "1" }, { ID: "2" }],
    E: "",
  });
});
