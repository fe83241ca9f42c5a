// SPDX-License-Identifier: Apache-2.0

/** Each role tries every method that oned has on everybody else's things, and gets what its rules say and nothing more. */
import { AccessRole } from "../../../catalogue";
import { roles, type GroupRole } from "../../../components/access";
import { ACL_TYPES } from "../../../lab/opennebula/oned/acl";
import { isReadOnly, type MethodName } from "../../../opennebula/signatures";
import { allMethods, attemptAll, everything, type Attempt } from "../../helpers/access";
import { AccessWorld } from "./support/world";

type Right = "USE" | "MANAGE" | "ADMIN" | "CREATE";

/** What oned gives everybody, and the sandbox its members. */
const EVERYBODY = ["ZONE+MARKETPLACE+MARKETPLACEAPP/* USE"];
const SANDBOX = ["NET+DATASTORE/* USE"];

/** Rights by type of object, read from the rules as declared. */
function declared(role: GroupRole): Record<string, Set<Right>> {
  const rights: Record<string, Set<Right>> = {};
  const rules = [...Object.values(roles[role].rules), ...EVERYBODY, ...(roles[role].sandbox ? SANDBOX : [])];
  for (const rule of rules) {
    const [, types = "", words = ""] = /^([A-Z+]+)\/\* ([A-Z+]+)$/.exec(rule) ?? [];
    for (const type of types.split("+")) {
      rights[type] ??= new Set();
      for (const word of words.split("+")) rights[type].add(word as Right);
    }
  }
  return rights;
}

/** What only members of `oneadmin` and other servers do, whatever rules say. */
const ONEADMIN = /^one\.(acl\.|system\.sql|(user|group)quota\.update|vmpool\.calculateshowback|hooklog\.)/;

/** Answered before any right is looked at: what is asked makes no sense in this world, or the stand-in does not have it. */
const UNDECIDED = new Set([
  ...["one.market.allocatedb", "one.market.updatedb", "one.marketapp.allocatedb", "one.marketapp.dropdb"],
  ...["one.marketapp.updatedb", "one.zone.updatedb"],
  ...[
    "one.vm.attach",
    "one.vm.attachpci",
    "one.vm.attachsg",
    "one.vm.backup",
    "one.vm.disksaveas",
    "one.vm.disksnapshotcreate",
    "one.vm.restore",
    "one.vm.updatenic",
  ],
]);

/** Whether the rules alone let a role reach what a method does to somebody else's object. */
function permitted(role: GroupRole, method: MethodName): boolean {
  if (ONEADMIN.test(method)) return false;
  const [, kind = "", action = ""] = method.split(".");
  // Lists hold what the asker may see; what the cloud is set to is shown without its secrets.
  if (isReadOnly(method) && (kind.endsWith("pool") || kind.endsWith("quota") || kind === "system")) return true;
  if (method === "one.zone.raftstatus") return true;
  const rights = declared(role)[ACL_TYPES[kind as keyof typeof ACL_TYPES] ?? ""] ?? new Set<Right>();
  if (isReadOnly(method)) return rights.has("USE");
  if (action === "allocate") return rights.has("CREATE");
  if (action === "clone") return rights.has("USE") && rights.has("CREATE");
  // In oned these take no more than USE; a quota keeps those away who may hold nothing.
  if (method === "one.vn.reserve" || method === "one.template.instantiate")
    return rights.has("USE") && !roles[role].holdsNothing;
  // Giving a thing to somebody is a right on that somebody.
  if (action === "chown") return false;
  const administered = ["host", "cluster", "vdc", "zone"].includes(kind) || NEEDS_ADMIN.has(method);
  return rights.has(administered ? "ADMIN" : "MANAGE");
}

/** Methods of other kinds that take ADMIN. */
const NEEDS_ADMIN = new Set<string>(["one.vn.add_ar", "one.vn.rm_ar"]);

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
