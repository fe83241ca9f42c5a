// SPDX-License-Identifier: Apache-2.0

/** Each role tries every method that oned has on everybody else's things, and gets what its rules say and nothing more. */
import { AccessRole } from "../../../catalogue";
import { roles } from "../../../components/access";
import { isReadOnly, type MethodName } from "../../../opennebula/signatures";
import { allMethods, attemptAll, everything, type Attempt } from "../../helpers/access";
import { permitted, UNDECIDED } from "../../helpers/access-rules";
import { AccessWorld } from "./support/world";

const refused = (attempts: Attempt[]): string[] =>
  attempts.filter(({ outcome }) => outcome === "refused").map(({ method }) => method);

let world: AccessWorld;
beforeAll(async () => {
  world = await AccessWorld.start();
}, 60_000);
afterAll(() => world.close());

describe("people", () => {
  it("an administrator may do everything", async () => {
    const admin = await world.login("admin01");
    const methods: MethodName[] = ["one.acl.info", "one.user.info", "one.hook.info", "one.vdc.info", "one.user.chauth"];
    expect((await attemptAll(admin, methods, world.targets)).map(({ outcome }) => outcome)).toEqual(
      methods.map(() => "allowed"),
    );
  });

  it("no role sees anybody's login token", async () => {
    const admin = await world.login("admin01");
    await admin.callAny("one.user.login", ["admin01", "canary-token", 600, -1]);
    for (const role of Object.keys(roles)) {
      const caller = await world.login(`${role}01`);
      expect(String(await caller.callAny("one.userpool.info", []))).not.toContain("canary-token");
    }
  });

  it("a second deployment changes nothing", async () => {
    (await world.stack.deploy()).unchanged();
  }, 60_000);

  it("the passwords are secrets in the state", () => {
    const users = world.deployed.resources.filter(({ type }) => type === "opennebula:index:User");
    expect(users).toHaveLength(4);
    for (const { inputs } of users)
      expect(inputs!.password).toMatchObject({ ciphertext: expect.any(String) as string });
  });
});

// The operator comes last: what operators may do spoils the world for others.
describe.each([AccessRole.Auditor, AccessRole.Developer, AccessRole.Operator] as const)("the role %s", (role) => {
  let attempts: Attempt[];
  let before: Record<string, string>;
  let after: Record<string, string>;

  beforeAll(async () => {
    const own = { user: `${role}01`, group: roles[role].group };
    const caller = await world.login(own.user);
    before = await everything(world.admin.client, own);
    attempts = await attemptAll(caller, allMethods, world.targets);
    after = await everything(world.admin.client, own);
  }, 60_000);

  it("is refused exactly what its rules do not give", () => {
    const decided = allMethods.filter((method) => !UNDECIDED.has(method));
    const expected = decided.filter((method) => !permitted(role, method));
    expect(refused(attempts.filter(({ method }) => !UNDECIDED.has(method))).sort()).toEqual(expected.sort());
    for (const { method, outcome } of attempts)
      if (UNDECIDED.has(method)) expect([method, outcome]).toEqual([method, "other"]);
  });

  it("changes nothing of what it may not change", () => {
    const forbidden =
      role === AccessRole.Operator ? /^(acl|clusterpool|grouppool|userpool|vdcpool|zonepool|hookpool) / : /./;
    const part = (all: Record<string, string>): Record<string, string> =>
      Object.fromEntries(Object.entries(all).filter(([name]) => forbidden.test(name)));
    expect(Object.keys(part(before)).length).toBeGreaterThan(8);
    expect(part(after)).toEqual(part(before));
  });

  it("does something", () => {
    const done = attempts.filter(({ outcome }) => outcome === "allowed").map(({ method }) => method);
    expect(done.length).toBeGreaterThan(20);
    expect(done.some((method) => !isReadOnly(method))).toBe(role !== AccessRole.Auditor);
  });
});
