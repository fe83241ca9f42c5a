// SPDX-License-Identifier: Apache-2.0
import Ajv from "ajv";
import { spawnSync } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { Sandbox } from "./sandbox";

const FOLDER = path.join(__dirname, "../../../onhost/converger");
const SOURCES = path.join(FOLDER, "src");

let sandbox: Sandbox;
beforeAll(() => {
  sandbox = new Sandbox();
});
afterAll(() => sandbox.dispose());

/** A good bundle of which each test spoils one thing. */
function good(): object {
  return {
    version: 1,
    host: "fe",
    layer: "frontend",
    state: {
      packages: { "mariadb-server": "*", opennebula: "7.0.*" },
      files: { "/etc/a": { content: "TOPSECRET", mode: "0600", validate: ["true", "{}"] } },
      settings: { "/etc/one/oned.conf": { syntax: "oned", set: [{ path: ["DB", "PASSWD"], value: '"TOPSECRET"' }] } },
      sysctls: { "net.ipv4.ip_forward": "1" },
      sequence: [
        { action: "prepare", needed: "false", run: "true" },
        {
          unit: "mariadb.service",
          restartOn: ["/etc/a", "package:mariadb-server", "action:prepare"],
          ready: "tcp:127.0.0.1:3306",
        },
      ],
      commitConfirm: { deadlineSeconds: 60, activate: "true", restore: "true", activateOn: ["/etc/a"] },
    },
  };
}

/** What is spoilt, where, by which value (undefined: taken away), and what is said of it. */
type Spoil = [what: string, where: (string | number)[], value: unknown, message: RegExp];

const A = ["state", "files", "/etc/a"];
const CONF = ["state", "settings", "/etc/one/oned.conf", "set", 0];

/** Mistakes in the shape of single entries. */
const SHAPE: Spoil[] = [
  ["another version", ["version"], 2, /^version: must be 1$/],
  ["host with a blank", ["host"], "a b", /^host: must match/],
  ["unknown field", ["state", "pakages"], {}, /^state\.pakages: is no known field; known are repositories/],
  ["relative path", ["state", "files", "etc/b"], { content: "" }, /state\.files: the name "etc\/b": must match/],
  ["path with ..", ["state", "files", "/etc/../b"], { content: "" }, /the name "\/etc\/\.\.\/b": must match/],
  ["mode as number", [...A, "mode"], 384, /files\["\/etc\/a"\]\.mode: must be of type string, is integer/],
  ["mode not octal", ["state", "files", "/etc/c"], { content: "", mode: "0689" }, /c"\]\.mode: must match/],
  ["no content", [...A, "content"], undefined, /files\["\/etc\/a"\]: content is missing/],
  ["unit without type", ["state", "sequence", 1, "unit"], "mariadb", /sequence\[1\]\.unit: must match/],
  ["readiness of no kind", ["state", "sequence", 1, "ready"], "127.0.0.1:1", /\.ready: must match/],
  ["timeout zero", ["state", "sequence", 0, "timeoutSeconds"], 0, /timeoutSeconds: must lie between 1 and 7200/],
  ["boolean as text", ["state", "sequence", 1, "reload"], "yes", /\.reload: must be of type boolean, is string/],
  ["line end in a name", ["state", "packages", "x\n"], "*", /the name "x\\n": must match/],
  ["sysctl upwards", ["state", "sysctls", "net..x"], "1", /state\.sysctls: the name "net\.\.x"/],
  ["nothing to activate on", ["state", "commitConfirm", "activateOn"], [], /activateOn: must have at least 1 items/],
];

/** Mistakes in how entries go together; they are judged once every entry is well formed. */
const RELATIONS: Spoil[] = [
  ["validate without {}", [...A, "validate"], ["true"], /validate: no word holds \{\}/],
  ["owned twice", ["state", "blocks"], { "/etc/a": { content: "" } }, /\/etc\/a stands in files and in blocks/],
  ["cause unknown", ["state", "sequence", 1, "restartOn", 3], "/etc/b", /sequence\[1\]: \/etc\/b is nothing that/],
  ["cause later", ["state", "sequence", 0, "rerunOn"], ["action:prepare"], /sequence\[0\]: action:prepare comes later/],
  ["step twice", ["state", "sequence", 2], { unit: "mariadb.service" }, /mariadb\.service stands there 2 times/],
  ["settings path too long", [...CONF, "path", 2], "X", /oned paths have 1 to 2 words/],
  [
    "two lines in YAML",
    ["state", "settings", "/etc/y"],
    { syntax: "yaml", set: [{ path: ["a"], value: "1\n2" }] },
    /one line/,
  ],
];

function spoil(bundle: object, where: (string | number)[], value: unknown): void {
  let node = bundle as Record<string | number, unknown>;
  for (const key of where.slice(0, -1)) node = node[key] as Record<string | number, unknown>;
  const last = where.at(-1)!;
  if (value === undefined) delete node[last];
  else node[last] = value;
}

function refusal(bundle: unknown): string[] {
  const result = sandbox.run(["apply"], JSON.stringify(bundle));
  expect(result.status).toBe(1);
  expect(result.answer).toMatchObject({ ok: false, error: { step: "input" } });
  return result.stderr
    .trim()
    .split("\n")
    .map((line) => line.replace(/^refused: /, ""));
}

test("no two modules give one name to different things", () => {
  const names = fs
    .readdirSync(SOURCES)
    .flatMap((file) => [
      ...fs.readFileSync(path.join(SOURCES, file), "utf8").matchAll(/^(?:def|class) (\w+)|^([A-Z_]+) =/gm),
    ])
    .map((match) => match[1] ?? match[2]!);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test("every mistake is told at once, nothing is done, and no value is shown", () => {
  const bundle = good();
  for (const [, where, value] of SHAPE) spoil(bundle, where, value);
  const mistakes = refusal(bundle);
  for (const [what, , , message] of SHAPE) {
    if (!mistakes.some((mistake) => message.test(mistake))) throw new Error(`${what}: not in\n${mistakes.join("\n")}`);
  }
  expect(mistakes.join("\n")).not.toContain("TOPSECRET");
  expect(fs.existsSync(sandbox.path("state"))).toBe(false);
});

test.each(RELATIONS)("refuses %s", (_, where, value, message) => {
  const bundle = good();
  spoil(bundle, where, value);
  expect(refusal(bundle).join("\n")).toMatch(message);
});

test("the same schema works for validators of JSON Schema", () => {
  const file = path.join(FOLDER, "bundle.schema.json");
  const schema = JSON.parse(fs.readFileSync(file, "utf8")) as object;
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  expect(validate(good())).toBe(true);
  for (const [what, where, value] of SHAPE) {
    const bundle = good();
    spoil(bundle, where, value);
    if (validate(bundle)) throw new Error(`${what}: accepted`);
  }
});

test.each([[["apply", "x"]], [["undo"]], [["undo", "../x"]], [["confirm"]], [[]], [["destroy"]]])(
  "wrong use: %j",
  (words) => {
    const result = spawnSync("python3", ["-I", "-B", sandbox.program, ...words], { encoding: "utf8", input: "" });
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(/^usage: /);
  },
);
