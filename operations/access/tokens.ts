// SPDX-License-Identifier: Apache-2.0
import type { DeployedCloud } from "../cloud";

/** A login that ends by itself. */
export interface IssuedToken {
  user: string;
  /** Whose rights it has. */
  group: string;
  /** In place of the password; a secret. */
  token: string;
  /** ISO 8601. */
  expires: string;
}

const UNITS: Record<string, number> = { m: 60, h: 3600, d: 86_400 };
/** A token that lives longer than this is a password that nobody changes. */
const MAX_DAYS = 90;

/**
 * Makes a token with which a user's programs log in, for a while. It has the rights of one group: oned gives a token of all groups to
 * nobody but the user. oned would let an administrator name any group; here it must be one of the user's.
 *
 * @param lasts - `30m`, `8h`, `7d`; at most 90 days.
 * @param group - @default the user's primary group
 * @param now - what the end is told from.
 * @throws Error for another duration, a user that does not exist, or a group that the user is not in.
 */
export async function issueToken(
  { oned }: Pick<DeployedCloud, "oned">,
  request: { user: string; lasts: string; group?: string },
  now = new Date(),
): Promise<IssuedToken> {
  const { user, lasts, group } = request;
  const seconds = secondsOf(lasts);
  const [users, groups] = await Promise.all([oned.users.list(), oned.groups.list()]);
  const person = users.find(({ name }) => name === user);
  if (!person) throw new Error(`there is no user "${user}"`);
  const own = groups.filter(({ id }) => id === person.primaryGroupId || person.groupIds.includes(id));
  const chosen = own.find(({ id, name }) => (group === undefined ? id === person.primaryGroupId : name === group));
  if (!chosen)
    throw new Error(
      `${user} is not in group "${group}", but in ${own
        .map(({ name }) => name)
        .sort()
        .join(", ")}`,
    );
  const token = await oned.users.login({ userName: user, seconds, groupId: chosen.id });
  return { user, group: chosen.name, token, expires: new Date(now.getTime() + seconds * 1000).toISOString() };
}

/** Ends every token of a user; the password stays. */
export async function revokeTokens(cloud: Pick<DeployedCloud, "oned">, user: string): Promise<void> {
  await cloud.oned.users.login({ userName: user, token: "", seconds: 0 });
}

function secondsOf(lasts: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(lasts) ?? [];
  const seconds = Number(count) * (UNITS[unit ?? ""] ?? NaN);
  if (Number.isNaN(seconds)) throw new Error(`--expires: "${lasts}" is no duration: write 30m, 8h or 7d`);
  if (seconds > MAX_DAYS * UNITS["d"]!)
    throw new Error(`--expires: "${lasts}" is longer than ${MAX_DAYS} days: a token that lives so long is a password`);
  return seconds;
}
