// SPDX-License-Identifier: Apache-2.0
import { Secret, UNKNOWN } from "../../../provider/grpc/provider";
import type { PropertyMap } from "../../../provider/grpc/provider";
import { check } from "../../../lab/plugins/scaleway/core/check";
import type { CheckSubject } from "../../../lab/plugins/scaleway/core/check";
import { iamPolicy } from "../../../lab/plugins/scaleway/resources/iam-policy";
import { iamSshKey } from "../../../lab/plugins/scaleway/resources/iam-ssh-key";
import { ipamIp } from "../../../lab/plugins/scaleway/resources/ipam-ip";
import { server } from "../../../lab/plugins/scaleway/resources/server";
import { vpc } from "../../../lab/plugins/scaleway/resources/vpc";

const subject = (seed: number[] = [1], warnings: string[] = []): CheckSubject => ({
  urn: "urn:pulumi:s::p::t::r",
  name: "r",
  randomSeed: new Uint8Array(seed),
  warn: (message) => warnings.push(message),
});

describe("automatic names", () => {
  test("are the resource's name and seven hex digits, the same for the same seed", () => {
    const name = (seed: number[]): unknown => check(vpc.schema, {}, {}, subject(seed)).inputs.name;
    expect(name([1])).toMatch(/^r-[0-9a-f]{7}$/);
    expect(name([1])).toBe(name([1]));
    expect(name([2])).not.toBe(name([1]));
  });

  test("differ from call to call without a seed", () => {
    const name = (): unknown => check(vpc.schema, {}, {}, subject([])).inputs.name;
    expect(name()).not.toBe(name());
  });

  test("are kept while they are automatic, and told in __defaults", () => {
    const first = check(vpc.schema, {}, {}, subject([1])).inputs;
    const second = check(vpc.schema, { tags: ["a"] }, first, subject([2])).inputs;
    expect(second).toMatchObject({ name: first.name, __defaults: ["name"] });
  });

  test("do not take over a name that the program gave before", () => {
    const { inputs } = check(vpc.schema, {}, { name: "mine", __defaults: [] }, subject());
    expect(inputs.name).toMatch(/^r-[0-9a-f]{7}$/);
  });
});

describe("refusals", () => {
  const reasons = (...args: Parameters<typeof check>): string[] => check(...args).failures.map(({ reason }) => reason);

  test("come all at once, each with its place", () => {
    const found = reasons(
      ipamIp.schema,
      { address: "999.1.1.1", projectId: "nope", customResources: [{ macAddress: "zz" }], colour: "red" },
      {},
      subject(),
    );
    expect(found).toHaveLength(5);
    expect(found.join("\n")).toContain("'r.address'");
    expect(found.join("\n")).toContain("'r.projectId'");
    expect(found.join("\n")).toContain("'r.customResources[0].macAddress'");
    expect(found.join("\n")).toContain("Invalid or unknown key. Examine values at 'r.colour'");
    expect(found.join("\n")).toContain('The argument "source" is required');
  });

  test("an output is no argument", () => {
    expect(reasons(vpc.schema, { srn: "x" }, {}, subject())).toEqual([
      "Invalid or unknown key. Examine values at 'r.srn'.",
    ]);
  });

  test("exactly one principal", () => {
    const rules = [{ permissionSetNames: ["IAMReadOnly"] }];
    expect(reasons(iamPolicy.schema, { rules }, {}, subject())).toHaveLength(4);
    expect(reasons(iamPolicy.schema, { rules, noPrincipal: true }, {}, subject())).toEqual([]);
    expect(reasons(iamPolicy.schema, { rules, noPrincipal: true, userId: "u" }, {}, subject())).toHaveLength(4);
  });

  test("arguments that exclude each other", () => {
    const given = { offer: "EM-A", os: "", password: "a", passwordWo: "b" };
    expect(reasons(server.schema, given, {}, subject()).join()).toContain("conflicts with");
  });

  test("what is not known yet passes", () => {
    const inputs: PropertyMap = { publicKey: UNKNOWN, projectId: UNKNOWN };
    expect(check(iamSshKey.schema, inputs, {}, subject()).failures).toEqual([]);
  });
});

describe("values", () => {
  test("a lone value becomes a list of one, with a warning", () => {
    const warnings: string[] = [];
    const { inputs, failures } = check(vpc.schema, { tags: "a" }, {}, subject([1], warnings));
    expect(inputs.tags).toEqual(["a"]);
    expect(failures).toEqual([]);
    expect(warnings.join()).toContain('Unexpected type at field "tags"');
  });

  test("text of a flag is a flag", () => {
    expect(check(vpc.schema, { enableRouting: "true" }, {}, subject()).inputs.enableRouting).toBe(true);
  });

  test("an unknown region is only a warning", () => {
    const warnings: string[] = [];
    expect(check(vpc.schema, { region: "mars-1" }, {}, subject([1], warnings)).failures).toEqual([]);
    expect(warnings.join()).toContain("expected region to be one of");
  });

  test("passwords come back as secrets", () => {
    const { inputs } = check(server.schema, { offer: "EM-A", password: "canary" }, {}, subject());
    expect(inputs.password).toEqual(new Secret("canary"));
  });
});
