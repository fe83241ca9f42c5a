// SPDX-License-Identifier: Apache-2.0

/** A stand-in oned in memory with what `Access` makes, deployed by the engine through the real provider, and somebody's objects. */
import { resolve } from "node:path";
import { deployProgram, type ProgramResult, type ProgramStack } from "../../../../lab/engine/testing";
import { memoryStore, startOned, type Oned } from "../../../../lab/opennebula/oned/index";
import { dummyProbe } from "../../../../lab/opennebula/oned/monitor";
import { OpenNebula } from "../../../../opennebula";
import type { OneClient } from "../../../../opennebula/client";
import { makeTargets } from "../../../helpers/access-targets";
import type { Targets } from "../../../helpers/access";

const checkout = resolve(__dirname, "../../../..");
const ADMIN_PASSWORD = "canary-oneadmin-5f2e";

/** A network of VMs is made by hand: in a cloud it is there before people are. */
const programOf = (port: number, network: string): string => `
import { Access, AccessRole, cloud } from ${JSON.stringify(resolve(checkout, "components"))};
const oned = new cloud.Provider("oned", {
  endpoint: "http://127.0.0.1:${port}/RPC2", username: "oneadmin", password: ${JSON.stringify(ADMIN_PASSWORD)},
});
const users = Object.fromEntries(Object.values(AccessRole).map((role) => [role + "01", { role }]));
const access = new Access("access", { users, networkIds: { private: ${network} }, privateNetworks: ["private"] },
  { providers: { opennebula: oned } });
export const passwords = access.passwords;
`;

const project = `
name: access
main: index.ts
runtime: { name: nodejs, options: { typescript: false, nodeargs: "--import tsx" } }
plugins: { providers: [{ name: opennebula, path: ${JSON.stringify(resolve(checkout, "provider"))} }] }
`;

export class AccessWorld {
  private constructor(
    readonly oned: Oned,
    readonly admin: OpenNebula,
    /** The objects of `victim`, and everything of oneadmin's. */
    readonly targets: Targets,
    private readonly program: { stack: ProgramStack; result: ProgramResult },
  ) {}

  get stack(): ProgramStack {
    return this.program.stack;
  }

  /** What came of the first deployment. */
  get deployed(): ProgramResult {
    return this.program.result;
  }

  static async start(): Promise<AccessWorld> {
    const oned = await startOned({
      store: memoryStore(),
      port: 0,
      oneAuth: `oneadmin:${ADMIN_PASSWORD}`,
      monitorInterval: 60,
      backgroundInterval: 0.01,
      prober: () => Promise.resolve(dummyProbe),
    });
    const admin = clientOf(oned, "oneadmin", ADMIN_PASSWORD);
    const targets = await makeTargets(admin.client);
    const files = { "Pulumi.yaml": project, "index.ts": programOf(oned.port, String(targets.ids.vn)) };
    const program = await deployProgram({ files });
    program.result.succeeded();
    return new AccessWorld(oned, admin, targets, program);
  }

  /** Logs in by a token that ends, as people's programs do; with a password that is known only here. */
  async login(userName: string): Promise<OneClient> {
    const user = await this.admin.users.findByName(userName);
    await this.admin.client.callAny("one.user.passwd", [user?.id ?? -1, "known"]);
    const token = await clientOf(this.oned, userName, "known").users.login({ userName, seconds: 600 });
    return clientOf(this.oned, userName, token).client;
  }

  async close(): Promise<void> {
    this.stack.dispose();
    await this.oned.close();
  }
}

export function clientOf(oned: Oned, username: string, password: string): OpenNebula {
  return new OpenNebula({ endpoint: `http://127.0.0.1:${oned.port}/RPC2`, username, password });
}
