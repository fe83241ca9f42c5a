// SPDX-License-Identifier: Apache-2.0
import { rotate, type DeployedCloud, type Stack, type StackResource } from "../../../operations";
import { rotations, type Rotation } from "../../../operations/secrets/rotations";
import { cloudConfig, cloudOutputs, keyPair } from "../../helpers/deployed-cloud";

const TYPE = "random:index/randomPassword:RandomPassword";
const URN = `urn:pulumi:prod::opennebula-scaleway::parent$${TYPE}::prod-frontend-db-password`;

/** A stack whose password is a number that counts up, and a door that opens to what `accepted` says. */
class World {
  value = 1;
  replaced: string[][] = [];
  accepted = (value: string): boolean => value === `password-${this.value}`;
  makesNew = true;
  holders = 1;
  /** What a killed run has left behind: the state still has what the resource replaced. */
  leftBehind = 0;

  readonly rotation: Rotation = {
    valueOf: (resource) => String(resource.outputs?.result),
    opens: (_cloud, value) => Promise.resolve(this.accepted(value)),
  };

  get stack(): Stack {
    const changes = { same: 0, create: 0, update: 0, delete: 0, replace: 0 };
    const resource = (): StackResource => ({ urn: URN, type: TYPE, outputs: { result: `password-${this.value}` } });
    return {
      name: "prod",
      outputs: () => Promise.resolve(cloudOutputs({ host: keyPair(), login: keyPair() }, "oneadmin's")),
      config: () => Promise.resolve(cloudConfig()),
      preview: () => Promise.resolve(changes),
      refresh: () => Promise.resolve(changes),
      forget: () => Promise.resolve(),
      refreshPreview: () => Promise.resolve([]),
      up: (replace = []) => {
        this.replaced.push(replace);
        if (this.makesNew) this.value++;
        return Promise.resolve(changes);
      },
      export: () =>
        Promise.resolve([
          ...Array.from({ length: this.leftBehind }, () => ({
            ...resource(),
            outputs: { result: "gone" },
            delete: true,
          })),
          ...Array.from({ length: this.holders }, resource),
        ]),
    };
  }

  async run(): Promise<{ verdict: string; reason?: string }> {
    const [result] = await rotate(this.stack, ["database-password"], {
      stack: { "database-password": this.rotation },
      hosts: {},
    });
    return { verdict: result!.verdict, reason: result!.reason };
  }
}

test("replaces that one resource and is content when the new value works and the old one does not", async () => {
  const world = new World();
  expect(await world.run()).toEqual({ verdict: "rotated", reason: undefined });
  expect(world.replaced).toEqual([[URN]]);
});

test("can be run again", async () => {
  const world = new World();
  await world.run();
  expect(await world.run()).toEqual({ verdict: "rotated", reason: undefined });
  expect(world.value).toBe(3);
});

test("takes up what a killed run has left: the successor is the credential, not what waits for its deletion", async () => {
  const world = new World();
  world.leftBehind = 1;
  expect(await world.run()).toEqual({ verdict: "rotated", reason: undefined });
});

test.each<[string, (world: World) => void, string, number]>([
  ["an old value that lives on", (w) => (w.accepted = () => true), "the old value still works", 1],
  ["a new value that opens nothing", (w) => (w.accepted = (v) => v === "password-1"), "the new value does not work", 1],
  ["a run that changes nothing", (w) => (w.makesNew = false), "the run made no new value", 1],
  ["a present value that is dead already", (w) => (w.accepted = () => false), "the present value does not work", 0],
  ["a stack without it", (w) => (w.holders = 0), "this cloud has none", 0],
  ["a stack with two", (w) => (w.holders = 2), "the stack has several", 0],
])("fails for %s, without a value in the reason", async (_title, prepare, reason, runs) => {
  const world = new World();
  prepare(world);
  const result = await world.run();
  expect(result).toEqual({ verdict: "failed", reason: expect.stringContaining(reason) as string });
  expect(result.reason).not.toMatch(/password-\d/);
  expect(world.replaced).toHaveLength(runs);
});

test("a time with both values begins after the proof of the old one and ends before that of the new one", async () => {
  const world = new World();
  const done: string[] = [];
  const note = (what: string) => (_cloud: unknown, value: string) =>
    Promise.resolve(void done.push(`${what} ${value}`));
  const { opens, ...rest } = world.rotation;
  const rotation: Rotation = {
    ...rest,
    opens: (cloud, value) => (done.push(`ask ${value}`), opens(cloud, value)),
    prepare: note("prepare"),
    settle: note("settle"),
  };
  await rotate(world.stack, ["database-password"], { stack: { "database-password": rotation }, hosts: {} });
  expect(done).toEqual([
    "settle password-1",
    "ask password-1",
    "prepare password-1",
    "settle password-2",
    "ask password-2",
    "ask password-1",
  ]);
});

describe("oneadmin's SSH key", () => {
  const settled = async (...answers: string[]): Promise<string[]> => {
    const asked: string[] = [];
    const root = (_host: string, script: string): Promise<string> => {
      asked.push(script.includes("rm -f /var/lib/one/.ssh/id_ecdsa") ? "drop" : "ask");
      const answer = answers.shift() ?? "";
      return answer === "some do not" ? Promise.reject(new Error(answer)) : Promise.resolve(answer);
    };
    const { hosts, frontend } = { hosts: [{ name: "fe" }], frontend: { name: "fe" } };
    const cloud = { hosts, frontend, root, config: { domain: "example.org" } } as unknown as DeployedCloud;
    await rotations["oneadmin-ssh-key"]!.settle!(cloud, "key").catch((error: Error) => asked.push(error.message));
    return asked;
  };

  test("that was kept goes only when every host takes the present one", async () => {
    expect(await settled("yes")).toEqual(["ask", "drop"]);
    expect(await settled("no")).toEqual(["ask"]);
    expect(await settled("some do not")).toEqual(["ask", "some do not"]);
  });
});

describe("a credential that a host keeps", () => {
  const kinds = (applies: boolean, replace: () => Promise<void>) => ({
    stack: {},
    hosts: { "service-users": { applies: () => applies, replace } },
  });
  const outcome = async (names: string[] | "all", ...[applies, replace]: Parameters<typeof kinds>) => {
    const { stack } = new World();
    const results = await rotate(stack, names, kinds(applies, replace), ["service-users"]);
    return results.map(({ verdict, reason }) => ({ verdict, reason }));
  };

  test("is replaced there, and what fails there is the reason", async () => {
    expect(await outcome(["service-users"], true, () => Promise.resolve())).toEqual([{ verdict: "rotated" }]);
    const failing = () => Promise.reject(new Error("oned refused"));
    expect(await outcome("all", true, failing)).toEqual([{ verdict: "failed", reason: "oned refused" }]);
  });

  test("and that this cloud has not is a failure only where it was named", async () => {
    const never = () => Promise.reject(new Error("nothing to replace"));
    expect(await outcome("all", false, never)).toEqual([{ verdict: "absent" }]);
    expect(await outcome(["service-users"], false, never)).toEqual([
      { verdict: "failed", reason: "service-users: this cloud has none" },
    ]);
  });
});

test.each([
  ["no-such-thing", 'there is no credential "no-such-thing"'],
  ["deploy-key", "deploy-key is not rotated by this command"],
])("refuses %s before anything is changed", async (name, message) => {
  const world = new World();
  await expect(rotate(world.stack, ["database-password", name])).rejects.toThrow(message);
  expect(world.replaced).toEqual([]);
});
