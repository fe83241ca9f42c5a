// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  drift,
  driftOf,
  driftText,
  exitCodeOf,
  runCli,
  type ResourceDrift,
  type Stack,
  type StackResource,
} from "../../../operations";
import { fakeStack, keyPair } from "../../helpers/deployed-cloud";
import { startSshServer, type SshServer } from "../../helpers/ssh-server";

const CANARY = "canary-7d1f-never-shown";

const hostKey = keyPair();
const login = keyPair();
let folder: string;
let server: SshServer;

beforeAll(async () => {
  server = await startSshServer({ hostKeys: [hostKey.privateKey], authorizedKey: login.publicKey });
});
afterAll(() => server.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "drift-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A converger that notes what it was asked and answers `check` by whether `apply` has been asked already. */
function converger(): string {
  const path = join(folder, "converger.sh");
  writeFileSync(
    path,
    `cat > "${folder}/stdin"
echo "$*" >> "${folder}/asked"
case "$1" in
  check) if [ -e "${folder}/applied" ]; then echo '{"ok":true,"changed":[]}'; else echo '{"ok":true,"changed":[{"kind":"file","id":"/etc/x","what":"updated"}]}'; fi ;;
  apply) touch "${folder}/applied"; echo '{"ok":true,"changed":[]}' ;;
  confirm) echo '{"ok":true,"changed":[]}' ;;
esac
`,
  );
  return `sh ${path}`;
}

function asked(): string[] {
  return readFileSync(join(folder, "asked"), "utf8").trim().split("\n");
}

const secret = (value: unknown): object => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

function layer(
  host: string,
  command: string,
  more: { port?: number; hostKey?: string; commitConfirm?: object } = {},
): StackResource {
  return {
    urn: `urn:pulumi:s::p::command:remote:Command::${host}`,
    type: "command:remote:Command",
    inputs: {
      create: `${command} apply`,
      stdin: secret(
        JSON.stringify({
          version: 1,
          host,
          layer: "frontend",
          secrets: [CANARY],
          state: more.commitConfirm ? { commitConfirm: more.commitConfirm } : {},
        }),
      ),
      connection: secret({
        host: "127.0.0.1",
        port: more.port ?? server.port,
        user: "ops",
        privateKey: login.privateKey,
        hostKey: more.hostKey ?? hostKey.publicKey,
      }),
    },
  };
}

const stackOf = (resources: StackResource[], drift: ResourceDrift[] = []): Stack => fakeStack({ resources, drift });

describe("drift", () => {
  it("tells what differs and changes nothing", async () => {
    const report = await drift({ stack: stackOf([layer("fe", converger())]) });
    expect(report.hosts).toMatchObject([
      {
        host: "fe",
        layers: [
          { layer: "frontend", verdict: "differs", differences: [{ kind: "file", id: "/etc/x", what: "updated" }] },
        ],
      },
    ]);
    expect(exitCodeOf(report)).toBe(1);
    expect(asked()).toEqual(["check"]);
  });

  it("repairs with fix, looks again, and is clean afterwards", async () => {
    const stack = stackOf([layer("fe", converger())]);
    const report = await drift({ stack, fix: true });
    expect(report.hosts[0]!.layers[0]!.verdict).toBe("fixed");
    expect(asked()).toEqual(["check", "apply", "check"]);
    const again = await drift({ stack, fix: true });
    expect(again.hosts[0]!.layers[0]).toMatchObject({ verdict: "clean", differences: [] });
    expect(exitCodeOf(again)).toBe(0);
  });

  it("confirms what must be confirmed, through a connection of its own", async () => {
    const before = server.seen.logins;
    await drift({ stack: stackOf([layer("fe", converger(), { commitConfirm: {} })]), fix: true });
    expect(asked()).toEqual(["check", "apply", "confirm frontend", "check"]);
    expect(server.seen.logins - before).toBe(2);
  });

  it("a host that shows another key is a finding of its own, and the others are looked at", async () => {
    const report = await drift({
      stack: stackOf([layer("bad", converger(), { hostKey: keyPair().publicKey }), layer("fe", converger())]),
    });
    expect(report.hosts.map(({ host, layers }) => [host, layers[0]!.verdict])).toEqual([
      ["bad", "failed"],
      ["fe", "differs"],
    ]);
    expect(report.hosts[0]!.layers[0]!.reason).toMatch(/host key is not the pinned one/);
    expect(exitCodeOf(report)).toBe(2);
  });

  it("a host that does not answer is a finding of its own", async () => {
    const report = await drift({ stack: stackOf([layer("gone", converger(), { port: 1 })]) });
    expect(report.hosts[0]!.layers[0]).toMatchObject({
      verdict: "failed",
      reason: expect.stringContaining("ECONNREFUSED") as string,
    });
  });

  it("never shows a secret of the bundle", async () => {
    const report = await drift({ stack: stackOf([layer("fe", "echo nonsense >&2; false")]) });
    expect(JSON.stringify(report) + driftText(report)).not.toContain(CANARY);
    expect(report.hosts[0]!.layers[0]!.reason).toContain("no answer of the converger");
  });

  it("looks at all layers of a host over one login", async () => {
    const before = server.seen.logins;
    await drift({ stack: stackOf([layer("fe", converger()), layer("fe", converger()), layer("fe", converger())]) });
    expect(server.seen.logins - before).toBe(1);
    expect(asked()).toHaveLength(3);
  });

  describe("of resources", () => {
    const changed = (type: string, name: string): ResourceDrift => ({
      ...{ urn: `urn:pulumi:s::p::${type}::${name}`, type, what: "changed", properties: ["memory"] },
    });
    const found = [changed("scaleway:vpc/vpc:Vpc", "net"), changed("opennebula:index:Image", "base")];

    it("is grouped by where it was changed, and names properties without values", async () => {
      const report = await drift({ stack: stackOf([layer("fe", converger())], found) });
      expect(report.resources.map(({ cause, verdict }) => [cause, verdict])).toEqual([
        ["opennebula", "differs"],
        ["scaleway", "differs"],
      ]);
      expect(driftText(report)).toMatch(/changed inside OpenNebula: differs\n {2}base: changed \(memory\)/);
      expect(exitCodeOf(report)).toBe(1);
    });

    it("is repaired by a refresh and the program, and looked at again", async () => {
      const calls: string[] = [];
      const stack = stackOf([layer("fe", converger())]);
      const answers = [found, []];
      stack.refreshPreview = async () => (calls.push("look"), answers.shift()!);
      const none = { same: 0, create: 0, update: 0, delete: 0, replace: 0 };
      stack.refresh = async () => (calls.push("refresh"), none);
      stack.up = async () => (calls.push("up"), none);
      const report = await drift({ stack, fix: true });
      expect(calls).toEqual(["look", "refresh", "up", "look"]);
      expect(report.resources.map(({ verdict }) => verdict)).toEqual(["fixed", "fixed"]);
      expect(exitCodeOf(report)).toBe(0);
    });

    it("is a failure of its own where a provider does not answer; hosts are looked at all the same", async () => {
      const stack = stackOf([layer("fe", converger())]);
      stack.refreshPreview = () => Promise.reject(new Error("no answer of oned"));
      const report = await drift({ stack });
      expect(report).toMatchObject({ reason: "no answer of oned", hosts: [{ host: "fe" }] });
      expect(exitCodeOf(report)).toBe(2);
      expect((await drift({ stack, hostsOnly: true })).reason).toBeUndefined();
    });

    it("takes from a refresh what is changed or gone", () => {
      const step = { urn: "u", type: "t", diffs: ["b"], detailedDiff: { a: {}, b: {} } };
      expect(driftOf({ ...step, op: "same" })).toEqual([]);
      expect(driftOf({ ...step, op: "update" })).toEqual([
        { urn: "u", type: "t", what: "changed", properties: ["a", "b"] },
      ]);
      expect(driftOf({ urn: "u", type: "t", op: "delete" })).toMatchObject([{ what: "gone", properties: [] }]);
    });
  });

  it("says so when nothing was deployed", async () => {
    await expect(drift({ stack: stackOf([]) })).rejects.toThrow(/holds no host/);
  });
});

describe("the command", () => {
  const run = async (argv: string[], resources: StackResource[]): Promise<{ code: number; out: string }> => {
    let out = "";
    const spies = (["log", "error"] as const).map((name) =>
      jest.spyOn(console, name).mockImplementation((...texts: unknown[]) => void (out += texts.join(" "))),
    );
    const write = jest.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((out += String(text))));
    try {
      return {
        code: await runCli(argv, { name: "opennebula-scaleway", openStack: async () => stackOf(resources) }),
        out,
      };
    } finally {
      [...spies, write].forEach((spy) => spy.mockRestore());
    }
  };

  it("ends with 1 for findings and prints them as JSON too", async () => {
    const text = await run(["drift", "--stack", "s"], [layer("fe", converger())]);
    expect(text).toMatchObject({ code: 1, out: expect.stringContaining("file /etc/x: updated") as string });
    const json = await run(["drift", "--stack", "s", "--json"], [layer("fe", converger())]);
    expect(JSON.parse(json.out)).toMatchObject({ stack: "test", hosts: [{ host: "fe" }] });
  });

  it.each([
    [["drift"], "--stack"],
    [["drift", "--bogus"], "--bogus"],
    [["nothing"], "unknown command"],
  ])("ends with 2 for %j", async (argv, message) => {
    expect(await run(argv, [])).toMatchObject({ code: 2, out: expect.stringContaining(message) as string });
  });
});
