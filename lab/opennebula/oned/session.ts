// SPDX-License-Identifier: Apache-2.0

import type { Entity } from "./entities";
import { sha256 } from "./methods/user";
import type { State } from "./state";

/**
 * The user of a session text `name:password` or `name:token`; undefined when it does not authenticate. Nothing is
 * trimmed, names are case sensitive, and the password begins after the first colon.
 */
export function authenticate(state: State, session: string, now: number): Entity<"user"> | undefined {
  const colon = session.indexOf(":");
  if (colon <= 0) return undefined;
  const user = state.byName("user", session.slice(0, colon));
  if (user === undefined || !user.data.enabled) return undefined;
  const secret = session.slice(colon + 1);
  const token = user.data.tokens.find((t) => t.token === secret);
  if (token !== undefined) {
    const valid = token.expires === -1 || token.expires > now;
    return valid ? inGroup(user, token.egid) : undefined;
  }
  // Other drivers are programs that the stand-in does not have.
  return user.data.driver === "core" && user.data.password === sha256(secret) ? user : undefined;
}

/** A token for one group makes of its user a member of that group alone. */
function inGroup(user: Entity<"user">, egid: number): Entity<"user"> {
  return egid === -1 ? user : { ...user, gid: egid, data: { ...user.data, groups: [egid] } };
}
