// SPDX-License-Identifier: Apache-2.0

/** The life of every resource type, through the plugin protocol, against the stand-in oned. */
import {
  ACL_RESOURCES,
  ACL_RIGHTS,
  aclRuleToHex,
  type AclResource,
  type AclRight,
  type AclRule,
} from "../../../../opennebula";
import { Secret, UNKNOWN, type PropertyMap, type PropertyValue } from "../../../../provider/grpc/provider";
import { RESOURCES } from "../../../../provider/resources";
import { token } from "../../../../provider/types";
import type { CallError } from "../../../helpers/provider-client";
import { NOT_AUTHORIZED, type Case, type Ids } from "./case";
import { PASSWORD, World, type Made } from "./world";

/** A rule by which a user may do everything with everything. */
const everything = (id: number): AclRule => ({
  user: `#${id}`,
  resources: Object.keys(ACL_RESOURCES) as AclResource[],
  scope: "*",
  rights: Object.keys(ACL_RIGHTS) as AclRight[],
});

/** The tests of each case. */
export function lives(cases: Case[]): void {
  describe.each(cases)("$type", (subject) => life(subject));
}

function life(subject: Case): void {
  const { type } = subject;
  let world: World;
  let ids: Ids;
  let number = 0;
  let name: string;
  let args: PropertyMap;

  beforeAll(async () => {
    world = await World.start();
    ids = (await subject.before?.(world)) ?? {};
    await world.call("one.user.allocate", "bob", "bobpw", "core");
  });
  afterAll(async () => world.close());
  beforeEach(() => {
    // The length tells the cases of rules apart, which have no name.
    number += 1;
    name = `r${"x".repeat(number)}`;
    args = subject.inputs(name, ids);
  });

  const changed = (change: Record<string, PropertyValue | undefined>): PropertyMap => {
    const entries = Object.entries({ ...args, ...change }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries) as PropertyMap;
  };
  const refreshed = async (made: Made): Promise<Made> => {
    const state = await world.refresh(type, name, made);
    if (state === undefined) throw new Error("gone");
    return state;
  };
  const expectNothing = async (made: Made, wanted: PropertyMap): Promise<void> => {
    expect(await world.diff(type, name, made, wanted)).toEqual({ paths: [], replaces: [] });
  };

  it("is there once after create, and nothing changes after that", async () => {
    const made = await world.make(type, name, args);
    await expectNothing(made, args);
    const state = await refreshed(made);
    expect(state.inputs).toEqual(made.inputs);
    expect(state.outputs).toEqual(made.outputs);
    await expectNothing(state, args);
    expect(await subject.count(world, name, ids)).toBe(1);
    await world.delete(type, name, made);
    await world.delete(type, name, made);
    expect(await subject.count(world, name, ids)).toBe(0);
  });

  it("changes in place", async () => {
    const made = await world.make(type, name, args);
    const wanted = changed(subject.update(ids));
    const difference = await world.diff(type, name, made, wanted);
    expect(difference.replaces).toEqual([]);
    expect(difference.paths.length > 0).toBe(Object.keys(subject.update(ids)).length > 0);
    const after = await world.update(type, name, made, wanted);
    await expectNothing(after, wanted);
    const state = await refreshed(after);
    await expectNothing(state, wanted);
    expect(state.inputs).toEqual(after.inputs);
    await world.delete(type, name, after);
  });

  it("is replaced, the old one first, by what oned cannot change", async () => {
    const made = await world.make(type, name, args);
    for (const [property, value] of Object.entries(subject.replace?.(ids) ?? {})) {
      expect((await world.diff(type, name, made, changed({ [property]: value }))).replaces).toEqual([property]);
    }
    await world.delete(type, name, made);
  });

  it("shows what somebody has changed by hand, and puts it back", async () => {
    const made = await world.make(type, name, args);
    await subject.drift(world, made.id, ids);
    const state = await refreshed(made);
    expect((await world.diff(type, name, state, args)).paths).toEqual(subject.drifted);
    const after = await world.update(type, name, state, args);
    await expectNothing(await refreshed(after), args);
    await world.delete(type, name, after);
  });

  it("is found gone when somebody has deleted it, and made anew", async () => {
    const made = await world.make(type, name, args);
    await subject.remove(world, made.id, ids);
    expect(await world.refresh(type, name, made)).toBeUndefined();
    await subject.restore?.(world);
    const again = await world.make(type, name, args);
    await expectNothing(again, args);
    await world.delete(type, name, again);
  });

  it("is imported without a difference", async () => {
    const made = await world.make(type, name, args);
    const call = { type: token(type), name, id: made.id };
    const { id, inputs, properties } = await world.provider.read(call);
    const open = (_key: string, value: unknown): unknown => (value instanceof Secret ? "secret" : value);
    expect(JSON.stringify({ inputs, properties }, open)).not.toContain("canary");
    expect(id).toBe(made.id);
    const { paths, replaces } = await world.diff(type, name, { id, inputs, outputs: properties }, args);
    const known = paths.filter((path) => !(subject.unknownToImport ?? []).includes(path.replace(/[.[].*/, "")));
    expect(known).toEqual([]);
    expect(replaces).toEqual([]);
    await expect(world.provider.read({ ...call, id: "no id" })).rejects.toThrow("is not the id of a");
    await world.delete(type, name, made);
  });

  it("is not doubled by another resource of the same name", async () => {
    const made = await world.make(type, name, args);
    const { duplicate } = subject;
    if (duplicate !== undefined) {
      await expect(world.make(type, "another", args)).rejects.toThrow(duplicate);
      expect(await subject.count(world, name, ids)).toBe(1);
    } else await world.delete(type, "another", await world.make(type, "another", args));
    await world.delete(type, name, made);
  });

  it("tells who may not make it, or may not delete it", async () => {
    const made = subject.denied === undefined ? await world.make(type, name, args) : undefined;
    await world.login("bob", "bobpw");
    try {
      const attempt = made === undefined ? world.make(type, name, args) : world.delete(type, name, made);
      const error = (await attempt.catch((reason: unknown) => reason)) as CallError;
      expect(error.message).toMatch(subject.denied ?? subject.refused ?? NOT_AUTHORIZED);
      expect(error.partial).toBeUndefined();
    } finally {
      await world.login("oneadmin", PASSWORD);
    }
    expect(await subject.count(world, name, ids)).toBe(made === undefined ? 0 : 1);
    if (made !== undefined) await world.delete(type, name, made);
  });

  const { api } = subject;
  if (RESOURCES[token(type)]?.inputs["lock"] !== undefined && api !== undefined)
    it("is locked, changed and deleted by the program alone, and shows who else opens it", async () => {
      const info = async (): Promise<string> => world.call(`one.${api}.info`, Number(made.id), false);
      const level = async (): Promise<string | undefined> => /<LOCKED>(\d)</.exec(await info())?.[1];
      args = { ...args, lock: "manage" };
      const made = await world.make(type, name, args);
      expect(await level()).toBe("2");
      await expect(world.call(`one.${api}.rename`, Number(made.id), "other")).rejects.toThrow("is locked");
      await expectNothing(await refreshed(made), args);
      const wanted = changed({ ...subject.update(ids), lock: "use" });
      let state = await world.update(type, name, await refreshed(made), wanted);
      await expectNothing(await refreshed(state), wanted);
      expect(await level()).toBe("1");
      await world.call(`one.${api}.unlock`, Number(made.id));
      state = await refreshed(state);
      expect((await world.diff(type, name, state, wanted)).paths).toEqual(["lock"]);
      state = await world.update(type, name, state, wanted);
      const open = Object.fromEntries(Object.entries(wanted).filter(([key]) => key !== "lock"));
      expect((await world.diff(type, name, state, open)).paths).toEqual(["lock"]);
      state = await world.update(type, name, state, open);
      expect(await level()).toBeUndefined();
      await world.call(`one.${api}.lock`, Number(made.id), 2, false);
      // A lock that the program never spoke of is somebody else's.
      await expectNothing(await refreshed(state), open);
      await expect(world.delete(type, name, state)).rejects.toThrow("is locked");
      await world.delete(type, name, await world.update(type, name, state, wanted));
      expect(await subject.count(world, name, ids)).toBe(0);
    });

  if (subject.quota !== undefined)
    it("tells the limit that it would go over, and leaves nothing behind", async () => {
      const carol = Number(await world.call("one.user.allocate", "carol", "carolpw", "core"));
      // Whatever she may do, her limit holds.
      const { user, resource, rights, zone } = aclRuleToHex(everything(carol));
      await world.call("one.acl.addrule", user, resource, rights, zone);
      await world.call("one.user.quota", carol, subject.quota?.(ids) ?? "");
      await world.login("carol", "carolpw");
      try {
        await expect(world.make(type, name, args)).rejects.toThrow(/limit of \d+ reached for \w+ quota/);
      } finally {
        await world.login("oneadmin", PASSWORD);
      }
      expect(await subject.count(world, name, ids)).toBe(0);
    });

  it.each(["loseAnswer", "dropCall"] as const)("is made once when the answer is lost (%s)", async (fault) => {
    const { allocate } = subject;
    world.breakNext(fault, typeof allocate === "string" ? allocate : allocate(ids));
    const made = await world.make(type, name, args);
    await expectNothing(await refreshed(made), args);
    expect(await subject.count(world, name, ids)).toBe(1);
    await world.delete(type, name, made);
  });

  if (subject.unmarked !== true)
    it("goes on where a killed run has stopped", async () => {
      const made = await world.make(type, name, args);
      const again = await world.make(type, name, args);
      expect(again.id).toBe(made.id);
      expect(await subject.count(world, name, ids)).toBe(1);
      await world.delete(type, name, made);
    });

  it("does nothing in a preview", async () => {
    const inputs = await world.check(type, name, args);
    const before = world.proxy.calls.length;
    const call = { type: token(type), name, preview: true };
    const { properties } = await world.provider.create(call, inputs);
    expect(properties).toMatchObject(inputs);
    const made = { id: "5", inputs, outputs: properties };
    await world.provider.update({ ...call, id: "5" }, made, inputs);
    expect(world.proxy.calls.length).toBe(before);
    const later = Object.fromEntries(Object.keys(args).map((key): [string, PropertyValue] => [key, UNKNOWN]));
    expect((await world.provider.check(call, later)).failures).toEqual([]);
  });
}
