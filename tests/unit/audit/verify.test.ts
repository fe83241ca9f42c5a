// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCloud, type DeployedCloud } from "../../../operations";
import { listAudit } from "../../../operations/audit/list";
import { verifyAudit, verdictText, type VerifyOptions } from "../../../operations/audit/verify";
import { readWitness, witnessFile, writeWitness, type Witness } from "../../../operations/audit/witness";
import { chain, digest } from "../../helpers/audit-chain";
import { cloudConfig, cloudOutputs, fakeStack, fakeSudo, keyPair } from "../../helpers/deployed-cloud";
import { startSshServer, type SshServer } from "../../helpers/ssh-server";

const keys = { host: keyPair(), login: keyPair() };
const path = process.env["PATH"];
const NOW = new Date("2026-11-26T10:00:00Z");
const SECOND = NOW.getTime() / 1000;
const DAY = 86_400;
let folder: string;
let cloud: DeployedCloud;
const servers: SshServer[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "audit-verify-"));
  process.env["PATH"] = `${fakeSudo(folder)}:${path}`;
  // What is asked of a host tells which of the journals is meant: its own without a pattern of files.
  writeFileSync(
    join(folder, "bin/journalctl"),
    [
      "#!/bin/sh",
      'case "$*" in',
      `*--file=*127.16.0.10*) file=fe.copy ;;`,
      `*--file=*127.16.0.11*) file=host01.copy ;;`,
      '*) file="$HOST_NAME.own" ;;',
      "esac",
      `[ -e "${folder}/$file" ] || { echo "Failed to open files: No such file or directory" >&2; exit 1; }`,
      'case "$*" in *--output=json*) file="$file.json" ;; esac',
      `cat "${folder}/$file"`,
    ].join("\n"),
  );
  chmodSync(join(folder, "bin/journalctl"), 0o755);
  cloud = await openCloud(fakeStack({ config: cloudConfig(), outputs: cloudOutputs(keys, "x") }));
  for (const { name, hop } of cloud.hosts) {
    const server = await startSshServer({
      hostKeys: [keys.host.privateKey],
      authorizedKey: keys.login.publicKey,
      environment: { HOST_NAME: name },
    });
    servers.push(server);
    hop.port = server.port;
  }
});
afterAll(async () => {
  cloud.close();
  process.env["PATH"] = path;
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});

type Copies = Partial<Record<"fe.own" | "fe.copy" | "host01.own" | "host01.copy", string[]>>;

/** Whole chains of both hosts on both, but for what is given. */
function hosts(given: Copies): void {
  const [fe, host01] = [chain(6, "fe", SECOND - DAY), chain(6, "host01", SECOND - DAY)];
  const copies: Copies = { "fe.own": fe, "fe.copy": fe, "host01.own": host01, "host01.copy": host01, ...given };
  for (const [name, messages] of Object.entries(copies)) {
    writeFileSync(join(folder, name), messages.map((message) => `${message}\n`).join(""));
    const records = messages.map((MESSAGE, index) => JSON.stringify({ MESSAGE, __MONOTONIC_TIMESTAMP: `${index}` }));
    writeFileSync(join(folder, `${name}.json`), records.map((record) => `${record}\n`).join(""));
  }
}

async function problems(given: Copies, options: Partial<VerifyOptions> = {}): Promise<string[]> {
  hosts(given);
  const { verdicts } = await verifyAudit(cloud, { witness: {}, now: NOW, ...options });
  return verdicts.flatMap((verdict) => verdict.problems);
}

const fe = chain(6, "fe", SECOND - DAY);
/** The same events, told otherwise from the third on, with digests that fit. */
const forged = chain(6, "fe", SECOND - DAY + 1);

describe("both copies", () => {
  test("whole ones are told with age and keeper", async () => {
    hosts({});
    const { verdicts, witness } = await verifyAudit(cloud, { witness: {}, now: NOW });
    expect(verdicts.map(({ host, keptBy, records, problems }) => [host, keptBy, records, problems])).toEqual([
      ["fe", "host01", 6, []],
      ["host01", "fe", 6, []],
    ]);
    expect(verdictText(verdicts)).toContain("fe  whole  6 records since 2026-11-25T10:00:00.000Z, copy on host01");
    expect(witness.fe).toEqual({
      n: 6,
      time: (SECOND - DAY + 5) * 1e6,
      digest: digest(fe[5]!),
      seen: NOW.toISOString(),
    });
  });

  test.each<[string, Copies, string]>([
    [
      "a host that rewrote its chain, digests and all",
      { "fe.own": forged },
      "record 6 or one before it differs between fe and host01",
    ],
    [
      "a host that cut its end",
      { "fe.own": fe.slice(0, 4) },
      "on fe: ends at record 4, host01 has 6: records were removed",
    ],
    ["a host that emptied its journal", { "fe.own": [] }, "on fe: there are no records"],
    ["a copy that is gone", { "fe.copy": [] }, "on host01: there is no copy of fe's records"],
    [
      "an edited copy",
      { "fe.copy": fe.map((m, i) => (i === 2 ? m.replace("login", "sudo") : m)) },
      "on host01: record 3 was changed after it was written",
    ],
    [
      "a host that sends records of another",
      { "host01.copy": fe, "host01.own": fe },
      'on host01: record 1 says that it is of host "fe"',
    ],
    [
      "a beginning cut out of both",
      { "fe.own": fe.slice(2), "fe.copy": fe.slice(2) },
      "begins at record 3 of 2026-11-25T10:00:02.000Z, and records are kept for 90 days",
    ],
  ])("%s shows", async (_title, given, problem) => {
    expect(await problems(given)).toContainEqual(expect.stringContaining(problem));
  });

  test("a copy may lack what is on its way, and nothing that was written long before", async () => {
    const quiet = chain(6, "fe", SECOND - 65);
    expect(await problems({ "fe.own": quiet, "fe.copy": quiet.slice(0, 4) })).toEqual([]);
    expect(await problems({ "fe.copy": fe.slice(0, 4) })).toEqual([
      "on host01: the copy ends at record 4, 2 later ones, from 2026-11-25T10:00:04.000Z on, have not arrived",
    ]);
  });

  test("a host's own journal may begin later than its copy, and both where age took records", async () => {
    expect(await problems({ "fe.own": fe.slice(2) })).toEqual([]);
    const old = chain(6, "fe", SECOND - 89 * DAY).slice(2);
    expect(await problems({ "fe.own": old, "fe.copy": old })).toEqual([]);
  });
});

describe("what was seen before", () => {
  const seen = (messages: string[]): Witness => ({
    fe: { n: messages.length, time: 0, digest: digest(messages.at(-1)!), seen: "2026-11-25T12:00:00.000Z" },
  });
  test.each<[string, string[], string]>([
    ["an end cut out of both copies", fe.slice(0, 4), "ends at record 4, before record 6"],
    ["a chain begun anew on both", chain(2, "fe", SECOND - 60), "ends at record 2, before record 6"],
    [
      "a chain rewritten on both",
      forged,
      "record 6, which was seen on 2026-11-25T12:00:00.000Z, or one before it, is another now",
    ],
  ])("%s shows, and what is remembered stays", async (_title, messages, problem) => {
    hosts({ "fe.own": messages, "fe.copy": messages });
    const { verdicts, witness } = await verifyAudit(cloud, { witness: seen(fe), now: NOW });
    expect(verdicts[0]!.problems).toContainEqual(expect.stringContaining(problem));
    expect(witness.fe).toEqual(seen(fe).fe);
  });

  test("a chain that has grown goes on from it", async () => {
    expect(await problems({}, { witness: seen(fe.slice(0, 3)) })).toEqual([]);
  });

  test("a host that was installed anew is told until somebody accepts it, and not again", async () => {
    const anew = [...fe, ...chain(2, "fe", SECOND - 60)];
    const given = { "fe.own": anew.slice(6), "fe.copy": anew };
    expect(await problems(given, { witness: seen(fe) })).toContain(
      "on host01: record 1 follows record 6: the chain begins anew",
    );
    const { witness } = await verifyAudit(cloud, { witness: seen(fe), accept: ["fe"], now: NOW });
    expect(await problems(given, { witness })).toEqual([]);
    const grown = [...anew, chain(3, "fe", SECOND - 60)[2]!];
    expect(await problems({ "fe.own": grown.slice(6), "fe.copy": grown }, { witness })).toEqual([]);
    expect(await problems({ "fe.own": anew.slice(6, 7), "fe.copy": anew.slice(0, 7) }, { witness })).not.toEqual([]);
  });

  test("refuses to accept a host that is none of the cloud", async () => {
    await expect(verifyAudit(cloud, { witness: {}, accept: ["nope"] })).rejects.toThrow('there is no host "nope"');
  });
});

test("a record is listed under the host that delivered it, whatever host it names", async () => {
  const [, told] = chain(2, "fe", SECOND - DAY);
  hosts({ "host01.copy": [told!], "fe.own": [] });
  const signal = new AbortController().signal;
  const events = await listAudit(cloud, { hosts: [], kinds: [], users: [], store: "fe", signal });
  expect(events).toMatchObject([{ host: "host01", kind: "login" }]);
  hosts({ "fe.copy": fe.slice(0, 1) });
  const ofFrontend = await listAudit(cloud, { hosts: ["fe"], kinds: [], users: [], store: "host01", signal });
  expect(ofFrontend).toMatchObject([{ host: "fe", kind: "begin" }]);
});

describe("the memory", () => {
  test("is a file of one stack, read back as written; a first look has none", async () => {
    const file = join(folder, "state/audit.json");
    expect(await readWitness(file)).toEqual({});
    const witness = { fe: { n: 1, time: 2, digest: "d", seen: "s" } };
    await writeWitness(file, witness);
    expect(await readWitness(file)).toEqual(witness);
    expect(witnessFile("org/project/prod")).toMatch(/\/opennebula-scaleway\/audit\/org_project_prod\.json$/);
  });

  test("that holds something else is not taken for a first look", async () => {
    for (const text of ["", "{", '{"fe": 1}']) {
      writeFileSync(join(folder, "bad.json"), text);
      await expect(readWitness(join(folder, "bad.json"))).rejects.toThrow("is no memory of audit chains");
    }
  });
});
