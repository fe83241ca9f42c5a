// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcessWithoutNullStreams } from "child_process";
import * as fc from "fast-check";
import * as path from "path";
import { createInterface } from "readline";
import { convergerFile } from "../../../components/host/program";

interface Result {
  value?: unknown;
  error?: string;
}

let python: ChildProcessWithoutNullStreams;
let answers: AsyncIterableIterator<string>;

beforeAll(() => {
  python = spawn("python3", ["-I", "-B", path.join(__dirname, "edit_driver.py"), convergerFile()]);
  answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
});

afterAll(() => {
  python.stdin.end();
});

async function call(calls: unknown[][]): Promise<Result[]> {
  python.stdin.write(`${JSON.stringify(calls)}\n`);
  const answer = await answers.next();
  return JSON.parse(String(answer.value)) as Result[];
}

const one = async (...words: unknown[]): Promise<Result> => (await call([words]))[0]!;

const ONED = `# Daemon configuration
LOG = [
  SYSTEM      = "FILE",
  DEBUG_LEVEL = 3,   # 0 = ERROR, 3 = DEBUG
  USE_VMS_LOCATION = "NO"  # last one
]

#MANAGER_TIMER = 15
PORT = 2633
LISTEN_ADDRESS = "0.0.0.0"

DB = [ BACKEND = "sqlite",
       TIMEOUT = 2500 ]

# Sample configuration for MySQL
# DB = [ BACKEND = "mysql",
#        SERVER  = "localhost" ]

VNC_PORTS = [
    START    = 5900,
    RESERVED = "32768:65536"
]

VM_MAD = [
    NAME           = "kvm",
    ARGUMENTS      = "-t 15 -r 0 kvm -l x=y,z # no ] comment",
    DEFAULT        = "vmm_exec/vmm_exec_kvm.conf",
]
VM_MAD = [ NAME = "lxc", ARGUMENTS = "-t 15 lxc" ]
`;

const ONEGATE = `# where to listen
#:host: 192.0.2.1
:one_xmlrpc: http://localhost:2633/RPC2
:server:
  :bind: 127.0.0.1   # loopback
  # the port
  :port: 5030
:permissions:
- :vm
- :host: not a key of ours
:text: |
  :host: nor is this
:host: 127.0.0.1
`;

describe("oned.conf", () => {
  test.each([
    [["PORT"], "2633"],
    [["DB", "BACKEND"], '"sqlite"'],
    [["LOG", "DEBUG_LEVEL"], "3"],
    [["VM_MAD[NAME=kvm]", "ARGUMENTS"], '"-t 15 -r 0 kvm -l x=y,z # no ] comment"'],
    [["VM_MAD[NAME=lxc]", "NAME"], '"lxc"'],
    [["MANAGER_TIMER"], null],
    [["DB", "SERVER"], null],
  ])("reads %j", async (key, value) => {
    expect(await one("get", "oned", ONED, key)).toEqual({ value });
  });

  test("a value changes in its place and nothing else does", async () => {
    const edited = (await one("set", "oned", ONED, ["LOG", "DEBUG_LEVEL"], "5")).value;
    expect(edited).toBe(ONED.replace("DEBUG_LEVEL = 3, ", "DEBUG_LEVEL = 5, "));
  });

  test("an attribute joins its vector below the last, behind that one's comment", async () => {
    const edited = (await one("set", "oned", ONED, ["LOG", "ROTATE"], '"yes"')).value;
    expect(edited).toBe(ONED.replace('"NO"  # last one\n', '"NO",  # last one\n  ROTATE = "yes"\n'));
    const short = (await one("set", "oned", ONED, ["DB", "SERVER"], '"localhost"')).value;
    expect(short).toBe(ONED.replace("2500 ]", '2500, SERVER = "localhost" ]'));
  });

  test("a commented default stays and the key is added at the end", async () => {
    const edited = (await one("set", "oned", ONED, ["MANAGER_TIMER"], "30")).value;
    expect(edited).toBe(`${ONED}MANAGER_TIMER = 30\n`);
  });

  test("a vector that is missing is made", async () => {
    expect((await one("set", "oned", "PORT = 1\n", ["DB", "BACKEND"], '"mysql"')).value).toBe(
      'PORT = 1\nDB = [\n  BACKEND = "mysql"\n]\n',
    );
  });

  test.each([
    [["VM_MAD", "NAME"], /VM_MAD stands on lines 24, 29: say which/],
    [["PORT", "X"], /PORT \(line 9\) is a single value/],
    [["IM_MAD[NAME=kvm]", "X"], /there is no such vector/],
  ])("refuses %j", async (key, message) => {
    expect((await one("set", "oned", ONED, key, "1")).error).toMatch(message);
  });

  test.each(['A = [ B = "x" \nC = 1\n', 'A = "open\n', "= 1\n", "A 1\n"])(
    "a damaged file is not edited: %j",
    async (text) => {
      expect((await one("set", "oned", text, ["Z"], "1")).error).toMatch(/^line \d+: /);
    },
  );
});

describe("YAML", () => {
  test("keys of Ruby symbols, nested, beside comments, lists and block scalars", async () => {
    expect(
      await call([
        ["get", "yaml", ONEGATE, [":host"]],
        ["get", "yaml", ONEGATE, [":server", ":bind"]],
      ]),
    ).toEqual([{ value: "127.0.0.1" }, { value: "127.0.0.1" }]);
    expect((await one("set", "yaml", ONEGATE, [":host"], "0.0.0.0")).value).toBe(
      ONEGATE.replace(/:host: 127.0.0.1\n$/, ":host: 0.0.0.0\n"),
    );
    expect((await one("set", "yaml", ONEGATE, [":server", ":bind"], "::")).value).toBe(
      ONEGATE.replace(":bind: 127.0.0.1   # loopback", ":bind: ::   # loopback"),
    );
  });

  test("a missing key joins its mapping, missing mappings are made", async () => {
    expect((await one("set", "yaml", ONEGATE, [":server", ":tls"], "no")).value).toBe(
      ONEGATE.replace("  :port: 5030\n", "  :port: 5030\n  :tls: no\n"),
    );
    expect((await one("set", "yaml", "a: 1\n", ["b", "c", "d"], "2")).value).toBe("a: 1\nb:\n  c:\n    d: 2\n");
  });

  test.each([
    [[":server"], "1", /holds more than a value/],
    [[":host", "x"], "1", /has a value of its own/],
    [[":permissions", "x"], "1", /holds a list/],
  ])("refuses %j", async (key, value, message) => {
    expect((await one("set", "yaml", ONEGATE, key, value)).error).toMatch(message);
  });
});

describe("INI and shell", () => {
  const ini = "[client]\nport = 1\n# port = 2\n\n[mysqld]\nx=1\nx = 2\n";
  test("sections", async () => {
    expect((await one("set", "ini", ini, ["mysqld", "x"], "3")).value).toBe(ini.replace("x = 2", "x = 3"));
    expect((await one("set", "ini", ini, ["client", "user"], "me")).value).toBe(
      ini.replace("# port = 2\n", "# port = 2\nuser = me\n"),
    );
    expect((await one("set", "ini", ini, ["new", "k"], "v")).value).toBe(`${ini}\n[new]\nk = v\n`);
  });
  test("variables", async () => {
    const shell = 'A="1" # one\nexport B=2\n#C=3\n';
    expect((await one("set", "shell", shell, ["A"], "9")).value).toBe(shell.replace('"1"', "9"));
    expect((await one("set", "shell", shell, ["B"], "9")).value).toBe(shell.replace("B=2", "B=9"));
    expect((await one("set", "shell", shell, ["C"], "9")).value).toBe(`${shell}C=9\n`);
  });
});

describe("blocks", () => {
  test("come, change and go without touching the rest", async () => {
    const hosts = "127.0.0.1 localhost\n";
    const added = (await one("set_block", hosts, "hosts", "10.0.0.1 a\n")).value;
    expect(added).toBe(`${hosts}# BEGIN opennebula-scaleway hosts\n10.0.0.1 a\n# END opennebula-scaleway hosts\n`);
    const changed = (await one("set_block", `${String(added)}after\n`, "hosts", "10.0.0.2 b\n")).value;
    expect(changed).toBe(`${String(added)}after\n`.replace("10.0.0.1 a", "10.0.0.2 b"));
    expect((await one("unset_block", changed, "hosts")).value).toBe(`${hosts}after\n`);
  });
  test("damaged markers are an error", async () => {
    expect((await one("set_block", "# BEGIN opennebula-scaleway hosts\n", "hosts", "x\n")).error).toMatch(
      /markers of block "hosts" are damaged/,
    );
  });
});

describe("any edit", () => {
  const names = fc.constantFrom("PORT", "LISTEN_ADDRESS", "NEW_ONE", "LOG", "DB", "VNC_PORTS", "FRESH");
  const attribute = fc.constantFrom("BACKEND", "START", "SYSTEM", "ADDED", "OTHER");
  const onedPath = fc.oneof(
    fc.constantFrom(["PORT"], ["NEW_ONE"], ["LISTEN_ADDRESS"]),
    fc.tuple(
      names.filter((name) => !["PORT", "LISTEN_ADDRESS", "NEW_ONE"].includes(name)),
      attribute,
    ),
    fc.tuple(fc.constantFrom("VM_MAD[NAME=kvm]", "VM_MAD[NAME=lxc]"), attribute),
  );
  const onedValue = fc.oneof(
    fc.integer({ min: 0, max: 99999 }).map(String),
    fc.stringMatching(/^[ -!#-[\]-~]{0,20}$/).map((text) => `"${text}"`),
  );
  const yamlPath = fc.constantFrom(
    [":host"],
    [":server", ":bind"],
    [":server", ":new"],
    ["made", "for", "this"],
    [":one_xmlrpc"],
  );
  const yamlValue = fc.stringMatching(/^[A-Za-z0-9.:/]{1,20}$/);
  const edit = fc.oneof(
    fc.record({ syntax: fc.constant("oned"), text: fc.constant(ONED), key: onedPath, value: onedValue }),
    fc.record({ syntax: fc.constant("yaml"), text: fc.constant(ONEGATE), key: yamlPath, value: yamlValue }),
  );

  test("reads back, is the same when done twice, and can be taken back", async () => {
    const edits = fc.sample(edit, { numRuns: 400, seed: 20261122 });
    const set = await call(edits.map(({ syntax, text, key, value }) => ["set", syntax, text, key, value]));
    const former = await call(edits.map(({ syntax, text, key }) => ["get", syntax, text, key]));
    const texts = set.map((result) => result.value as string);
    const read = await call(edits.map(({ syntax, key }, index) => ["get", syntax, texts[index], key]));
    const twice = await call(edits.map(({ syntax, key, value }, index) => ["set", syntax, texts[index], key, value]));
    const back = await call(
      edits.map(({ syntax, key }, index) => {
        const before = former[index]!.value;
        return before === null ? ["unset", syntax, texts[index], key] : ["set", syntax, texts[index], key, before];
      }),
    );
    const unified = (text: unknown): string => String(text).replace(/,(\s*(#.*)?\s*\])/g, "$1");
    edits.forEach(({ text, value }, index) => {
      expect(read[index]).toEqual({ value });
      expect(twice[index]).toEqual({ value: texts[index] });
      expect(unified(back[index]!.value)).toBe(unified(text));
    });
  });
});
