// SPDX-License-Identifier: Apache-2.0
import { formatAclRule } from "../../../../opennebula";
import { judge, type Check } from "../../check";

/** What only administrators may be allowed to change. */
const INFRASTRUCTURE = ["HOST", "DATASTORE", "CLUSTER", "USER", "GROUP", "ZONE", "VDC"];

export const rules: Check = {
  id: "users/rules",
  title: "no rule lets everybody administer the cloud's own objects",
  area: "users",
  severity: "critical",
  seconds: 30,
  cure: "`oneacl list`, then delete the rule and give the right to the group that needs it",
  async run({ cloud, signal }) {
    const all = await cloud.oned.acls.list({ signal });
    const tooWide = all.filter(
      ({ rule }) =>
        rule.user === "*" &&
        rule.resources.some((resource) => INFRASTRUCTURE.includes(resource)) &&
        rule.rights.some((right) => right === "ADMIN" || right === "MANAGE"),
    );
    return judge(
      tooWide.map(({ id, rule }) => `rule ${id}: ${formatAclRule(rule)}`),
      [`${all.length} rules looked at`],
      {
        threshold: `nobody but named users and groups manages ${INFRASTRUCTURE.join(", ")}`,
      },
    );
  },
};
