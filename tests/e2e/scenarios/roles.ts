// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { AccessRole } from "../../../catalogue";
import { checkout, inNamespace, programCommand } from "../../../lab/hosts/layout";
import { machineNamed } from "../../../lab/named-machines";
import { run } from "../../../lab/hosts/run";
import { isReadOnly } from "../../../opennebula/signatures";
import { permitted, UNDECIDED } from "../../helpers/access-rules";
import { allMethods } from "../../helpers/access";
import type { CloudUnderTest } from "../../helpers/e2e";
import type { RolesAsked, RoleTried } from "../support/roles-on-host";

/** A VXLAN's number comes from whoever makes it: a reservation without one is refused before anybody's quota is looked at. */
const undecided = new Set([...UNDECIDED, "one.vn.reserve"]);

/** Auditor and developer try every method of the oned that runs on a lab: for a lab that ends afterwards, it is full of their leavings. */
export function rolesOnLab(cloud: CloudUnderTest): void {
  const { lab } = cloud;
  const tested = [AccessRole.Auditor, AccessRole.Developer] as const;

  describe("people of a role on the lab's oned", () => {
    let tried: RoleTried[] = [];

    beforeAll(async () => {
      expect(cloud.isUp).toBe(true);
      const oneAuth = await lab.exec("fe", ["cat", "/var/lib/one/.one/one_auth"]);
      const asked: RolesAsked = { oneAuth, network: "private", roles: [...tested] };
      const program = programCommand(join(checkout, "tests/e2e/support/roles-on-host.ts"));
      const { namespace } = machineNamed(lab.layout, lab.project, "fe").record!;
      const answer = await run(inNamespace(namespace, program), { input: JSON.stringify(asked), timeoutSeconds: 240 });
      tried = JSON.parse(answer) as RoleTried[];
    }, 250_000);

    test.each(tested)(
      "%s: every method is refused that the rules do not give, and nothing of others has changed",
      (role) => {
        const { attempts, before, after } = tried.find((one) => one.role === role)!;
        expect(attempts.map(({ method }) => method)).toEqual(allMethods);
        const refused = attempts.filter(({ outcome }) => outcome === "refused").map(({ method }) => method);
        const expected = allMethods.filter((method) => !undecided.has(method) && !permitted(role, method));
        expect(refused.filter((method) => !undecided.has(method)).sort()).toEqual(expected.sort());
        for (const { method, outcome } of attempts)
          if (undecided.has(method)) expect([method, outcome]).not.toEqual([method, "allowed"]);
        const done = attempts.filter(({ outcome }) => outcome === "allowed").map(({ method }) => method);
        expect(done.some((method) => !isReadOnly(method))).toBe(role === AccessRole.Developer);
        expect(Object.keys(before).length).toBeGreaterThan(8);
        expect(after).toEqual(before);
      },
    );
  });
}
