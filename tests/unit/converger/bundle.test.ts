// SPDX-License-Identifier: Apache-2.0
import Ajv from "ajv";
import { spawnSync } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { bundleConverger, CONVERGER_FILE } from "../../../onhost/converger/bundle";
import { Sandbox } from "./sandbox";

const SOURCES = path.join(path.dirname(CONVERGER_FILE), "src");

let sandbox: Sandbox;
beforeAll(() => {
  sandbox = new Sandbox();
});
afterAll(() => sandbox.dispose());

/** A good bundle of which each test spoils one thing. */
function good(): { version: number; host: string; layer: string; state: Record<string, any> } {
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

type Spoil = (bundle: ReturnType<typeof good>) => void;

const SPOILED: [string, Spoil, RegExp][] = [
  ["another version", (b) => (b.version = 2), /^version: must be 1$/],
  ["host with a blank", (b) => (b.host = "a b"), /^host: must match/],
  ["unknown field", (b) => (b.state.pakages = {}), /^state\.pakages: is no known field; known are repositories/],
  ["relative path", (b) => (b.state.files["etc/b"] = { content: "" }), /state\.files: the name "etc\/b": must match/],
  ["path with ..", (b) => (b.state.files["/etc/../b"] = { content: "" }), /the name "\/etc\/\.\.\/b": must match/],
  [
    "mode as number",
    (b) => (b.state.files["/etc/a"].mode = 384),
    /state\.files\["\/etc\/a"\]\.mode: must be of type string, is integer/,
  ],
  ["mode that is not octal", (b) => (b.state.files["/etc/c"] = { content: "", mode: "0689" }), /\.mode: must match/],
  ["no content", (b) => delete b.state.files["/etc/a"].content, /state\.files\["\/etc\/a"\]: content is missing/],
  ["validate without {}", (b) => (b.state.files["/etc/a"].validate = ["true"]), /validate: no word holds \{\}/],
  ["owned twice", (b) => (b.state.blocks = { "/etc/a": { content: "" } }), /\/etc\/a stands in files and in blocks/],
  [
    "cause unknown",
    (b) => b.state.sequence[1].restartOn.push("/etc/b"),
    /sequence\[1\]: \/etc\/b is nothing that this state holds/,
  ],
  ["cause later", (b) => b.state.sequence.reverse(), /sequence\[0\]: action:prepare comes later/],
  ["step twice", (b) => b.state.sequence.push(b.state.sequence[0]), /prepare stands there 2 times/],
  ["unit without type", (b) => (b.state.sequence[1].unit = "mariadb"), /sequence\[1\]\.unit: must match/],
  ["readiness of no kind", (b) => (b.state.sequence[1].ready = "127.0.0.1:1"), /\.ready: must match/],
  ["timeout zero", (b) => (b.state.sequence[0].timeoutSeconds = 0), /timeoutSeconds: must lie between 1 and 7200/],
  ["boolean as text", (b) => (b.state.sequence[1].reload = "yes"), /\.reload: must be of type boolean, is string/],
  [
    "settings path too long",
    (b) => b.state.settings["/etc/one/oned.conf"].set[0].path.push("X"),
    /oned paths have 1 to 2 words/,
  ],
  [
    "two lines in YAML",
    (b) => (b.state.settings["/etc/y"] = { syntax: "yaml", set: [{ path: ["a"], value: "1\n2" }] }),
    /one line/,
  ],
  ["line end in a name", (b) => (b.state.packages["x\n"] = "*"), /the name "x\\n": must match/],
  ["sysctl upwards", (b) => (b.state.sysctls["net..x"] = "1"), /state\.sysctls: the name "net\.\.x"/],
  ["nothing to activate on", (b) => (b.state.commitConfirm.activateOn = []), /activateOn: must have at least 1 items/],
];

function refusal(bundle: unknown): string[] {
  const result = sandbox.run(["apply"], JSON.stringify(bundle));
  expect(result.status).toBe(1);
  expect(result.answer).toMatchObject({ ok: false, error: { step: "input" } });
  return result.stderr
    .trim()
    .split("\n")
    .map((line) => line.replace(/^refused: /, ""));
}

test("the file that hosts get is what its sources make", () => {
  expect(fs.readFileSync(CONVERGER_FILE, "utf8")).toBe(bundleConverger());
});

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
  // Relations between entries are judged once the entries themselves are well formed.
  const shape = SPOILED.filter(([what]) => !/twice|cause|later|without \{\}|too long|two lines/.test(what));
  const bundle = good();
  for (const [, spoil] of shape) spoil(bundle);
  const mistakes = refusal(bundle);
  for (const [what, , message] of shape) {
    if (!mistakes.some((mistake) => message.test(mistake))) throw new Error(`${what}: not in\n${mistakes.join("\n")}`);
  }
  expect(mistakes.join("\n")).not.toContain("TOPSECRET");
  expect(fs.existsSync(sandbox.path("state"))).toBe(false);
});

test.each(SPOILED.filter(([what]) => /twice|cause|later|without \{\}|too long|two lines/.test(what)))(
  "refuses %s",
  (_, spoil, message) => {
    const bundle = good();
    spoil(bundle);
    expect(refusal(bundle).join("\n")).toMatch(message);
  },
);

test("the same schema works for validators of JSON Schema", () => {
  const schema = JSON.parse(
    fs.readFileSync(path.join(path.dirname(CONVERGER_FILE), "bundle.schema.json"), "utf8"),
  ) as object;
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  expect(validate(good())).toBe(true);
  for (const [what, spoil] of SPOILED.filter(
    ([name]) => !/twice|cause|later|without \{\}|too long|two lines/.test(name),
  )) {
    const bundle = good();
    spoil(bundle);
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
