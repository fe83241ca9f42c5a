// SPDX-License-Identifier: Apache-2.0
import { gauge, type Subject } from "./subject";

const WINDOW_SECONDS = 900;

/**
 * Failures of hooks. Their log takes the right to administer hooks; without it oned refuses, and then there is no number, because 0
 * would be a lie.
 */
export const hooks: Subject = {
  name: "hooks",
  read: async (look) => {
    const failed = await look.one.hooks.log({ from: look.now - WINDOW_SECONDS, outcome: "failure" });
    gauge(look, "hook_failures_recent", "Executions of hooks that failed in the last 15 minutes.").set(failed.length);
    // An execution leaves this window once and never comes back to it.
    look.tallies.hookFailures.seen(failed.map(({ hookId, id }) => `${hookId}/${id}`));
  },
};
