// SPDX-License-Identifier: Apache-2.0
// Runs in the front-end's network namespace: people of the roles of standard input try every method of the oned there, one role after the
// other. Tells as JSON what came of each, and what of everybody else's things was there before and after.
import { text } from "node:stream/consumers";
import { services } from "../../../catalogue";
import { roles, type GroupRole } from "../../../components/access";
import { OpenNebula } from "../../../opennebula";
import { allMethods, attemptAll, everything, type Attempt } from "../../helpers/access";
import { makeTargets } from "../../helpers/access-targets";

export interface RolesAsked {
  /** oneadmin's login, `name:password`. */
  oneAuth: string;
  /** The network of the sandbox. */
  network: string;
  roles: GroupRole[];
}

export interface RoleTried {
  role: GroupRole;
  attempts: Attempt[];
  before: Record<string, string>;
  after: Record<string, string>;
}

const clientOf = (username: string, password: string): OpenNebula =>
  new OpenNebula({ endpoint: `http://127.0.0.1:${services.oned.port}/RPC2`, username, password });

async function main(): Promise<RoleTried[]> {
  const asked = JSON.parse(await text(process.stdin)) as RolesAsked;
  const [name = "", ...rest] = asked.oneAuth.trim().split(":");
  const admin = clientOf(name, rest.join(":"));
  const network = await admin.vnets.findByName(asked.network);
  const targets = await makeTargets(admin.client, network?.id);
  const tried: RoleTried[] = [];
  for (const role of asked.roles) {
    const own = { user: `${role}-tries`, group: roles[role].group };
    const group = await admin.groups.findByName(own.group);
    await admin.client.callAny("one.user.allocate", [own.user, "known-here", "core", [group?.id ?? -1]]);
    const token = await clientOf(own.user, "known-here").users.login({ userName: own.user, seconds: 600 });
    const caller = clientOf(own.user, token).client;
    const before = await everything(admin.client, own);
    const attempts = await attemptAll(caller, allMethods, targets);
    tried.push({ role, attempts, before, after: await everything(admin.client, own) });
  }
  return tried;
}

main().then(
  (tried) => process.stdout.write(JSON.stringify(tried)),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
