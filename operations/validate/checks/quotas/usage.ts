// SPDX-License-Identifier: Apache-2.0
import type { Quotas } from "../../../../opennebula";
import { judge, notApplicable, type Check } from "../../check";
import { figure } from "../../text";

const MAX_PERCENT = 90;

interface Use {
  owner: string;
  what: string;
  percent: number;
}

export const usage: Check = {
  id: "quotas/usage",
  title: "nobody is about to meet a quota",
  area: "quotas",
  severity: "warning",
  seconds: 60,
  cure: "raise the quota, or ask its owner to remove what is no longer used",
  async run({ cloud, signal }) {
    const { oned } = cloud;
    const [users, groups] = await Promise.all([oned.users.list({ signal }), oned.groups.list({ signal })]);
    // Lists come without quotas.
    const owners = await Promise.all([
      ...users.map(async ({ id, name }) => ({
        owner: `user ${name}`,
        quotas: (await oned.users.info(id, { signal })).quotas,
      })),
      ...groups.map(async ({ id, name }) => ({
        owner: `group ${name}`,
        quotas: (await oned.groups.info(id, { signal })).quotas,
      })),
    ]);
    const uses = owners.flatMap(({ owner, quotas }) => (quotas ? limitsOf(owner, quotas) : []));
    if (uses.length === 0) return notApplicable("no user or group has a quota");
    const problems = uses
      .filter(({ percent }) => percent > MAX_PERCENT)
      .map(({ owner, what, percent }) => `${owner} uses ${figure(percent)} % of ${what}`);
    return judge(problems, [`${uses.length} limits of ${owners.length} users and groups`], {
      threshold: `at most ${MAX_PERCENT} % used`,
    });
  },
};

/** Every limit with an end and how much of it is used. */
export function limitsOf(owner: string, quotas: Quotas): Use[] {
  return Object.entries(quotas).flatMap(([section, entries]) =>
    entries.flatMap((entry) =>
      Object.entries(entries.length > 0 ? entry : {})
        .filter(([name, limit]) => `${name}_USED` in entry && Number(limit) > 0)
        .map(([name, limit]): Use => {
          const percent = (Number(entry[`${name}_USED`]) / Number(limit)) * 100;
          return { owner, what: `${name} in ${section}`, percent };
        }),
    ),
  );
}
