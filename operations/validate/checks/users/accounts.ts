// SPDX-License-Identifier: Apache-2.0
import { judge, type Check } from "../../check";

/** Accounts that OpenNebula makes for itself. */
const BUILT_IN = ["oneadmin", "serveradmin"];
const GROUP_ONEADMIN = 0;

export const accounts: Check = {
  id: "users/accounts",
  title: "only OpenNebula's own accounts are in the group of administrators by default",
  area: "users",
  severity: "warning",
  seconds: 30,
  cure: "give people a group of their own with the rights they need, and take them out of oneadmin",
  async run({ cloud, signal }) {
    const users = await cloud.oned.users.list({ signal });
    const admins = users.filter(
      (user) => user.primaryGroupId === GROUP_ONEADMIN || user.groupIds.includes(GROUP_ONEADMIN),
    );
    const named = declaredAdmins(cloud.config);
    const problems = [
      ...admins
        .filter(({ name, enabled }) => enabled && !BUILT_IN.includes(name) && !named.includes(name))
        .map(({ name }) => `${name} is in the group oneadmin and not in the stack file`),
      ...users
        .filter(({ authDriver, enabled }) => enabled && authDriver === "public")
        .map(({ name }) => `${name} signs in by the driver public`),
    ];
    return judge(problems, [`${users.length} accounts, ${admins.length} of them administrators`], {
      threshold: "administrators are OpenNebula's own or named in the stack file",
    });
  },
};

/** Administrators that the stack file's section `access` names, where it has one. */
function declaredAdmins(config: object): string[] {
  const { access } = config as { access?: { users?: Record<string, { role?: string; groups?: string[] }> } };
  return Object.entries(access?.users ?? {})
    .filter(([, user]) => user.role === "admin" || user.groups?.includes("oneadmin"))
    .map(([name]) => name);
}
