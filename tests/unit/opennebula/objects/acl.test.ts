// SPDX-License-Identifier: Apache-2.0

/** Access rules between words and oned's numbers; oned's own words for recorded rules are the judge. */
import fc from "fast-check";
import {
  ACL_RESOURCES,
  ACL_RIGHTS,
  aclRuleFromHex,
  aclRuleToHex,
  formatAclRule,
  InvalidValueError,
  parseAclRule,
  parseXml,
  type AclResource,
  type AclRight,
  type AclRule,
  type AclScope,
} from "../../../../opennebula";
import { aclFromXml } from "../../../../opennebula/objects/acl";
import { loadRecordings } from "../../../conformance/oned/recordings";

it("says of every recorded rule what oned says", () => {
  let rules = 0;
  for (const [, recordings] of loadRecordings()) {
    for (const { method, result } of recordings) {
      const content = Array.isArray(result?.value) ? result.value[1]?.value : undefined;
      if (method !== "one.acl.info" || typeof content !== "string" || !content.startsWith("<")) continue;
      parseXml(method, content, (element) => {
        const { rule, hex } = aclFromXml(element);
        expect(formatAclRule(rule)).toBe(element.value("STRING"));
        expect(aclRuleToHex(rule)).toEqual(hex);
        rules += 1;
      });
    }
  }
  expect(rules).toBeGreaterThan(10);
});

it("writes and reads back any rule", () => {
  const id = fc.nat(0x7fffffff);
  const scope = (signs: string): fc.Arbitrary<AclScope> =>
    fc.oneof(
      fc.constant<AclScope>("*"),
      fc.tuple(fc.constantFrom(...signs), id).map(([sign, number]) => `${sign}${number}` as AclScope),
    );
  const some = <T>(names: T[]): fc.Arbitrary<T[]> => fc.subarray(names, { minLength: 1 });
  const rule: fc.Arbitrary<Required<AclRule>> = fc.record({
    user: scope("#@"),
    resources: some(Object.keys(ACL_RESOURCES) as AclResource[]),
    scope: scope("#@%"),
    rights: some(Object.keys(ACL_RIGHTS) as AclRight[]),
    zone: scope("#"),
  });
  fc.assert(
    fc.property(rule, (one) => {
      expect(aclRuleFromHex(aclRuleToHex(one))).toEqual(one);
      expect(parseAclRule(formatAclRule(one))).toEqual(one);
    }),
  );
});

it.each([
  ["@1 VM/*", "rule: "],
  ["%1 VM/* USE", "rule.user: "],
  ["@1 VM+WAT/* USE", "rule.resources: "],
  ["@1 VM/x USE", "rule.scope: "],
  ["@1 VM/* USE+FLY", "rule.rights: "],
  ["@1 VM/* USE @3", "rule.zone: "],
  ["#99999999999 VM/* USE", "rule.user: "],
])("refuses %s", (text, start) => {
  expect(() => parseAclRule(text)).toThrow(InvalidValueError);
  expect(() => parseAclRule(text)).toThrow(new RegExp(`^${start}`));
});
