// SPDX-License-Identifier: Apache-2.0
import { type CloudUnderTest, now } from "../../helpers/e2e";
import { changesBegun, lastUpdate } from "../support/deployment";
import { invocations, restarted } from "../support/units";

/** `up` when there is nothing to do. */
export function unchanged(cloud: CloudUnderTest): void {
  describe("a second run", () => {
    test("changes nothing, logs in nowhere, and finds every resource the same", async () => {
      expect(cloud.isUp).toBe(true);
      const hosts = ["fe", "host01"];
      const look = (): Promise<Record<string, string>[]> =>
        Promise.all(hosts.map((host) => invocations(cloud.lab, host)));
      const before = await look();
      const started = now();
      const { output } = await cloud.succeed(["up"]);
      expect(changesBegun(output)).toEqual([]);
      expect(await cloud.logins(started)).toEqual({ fe: 0, host01: 0 });
      const { same, ...rest } = await lastUpdate(cloud);
      expect(rest).toEqual({ created: 0, updated: 0, deleted: 0, logins: 0 });
      // Providers that the engine starts by itself are in the state and no resources of the program.
      const { resources = [] } = await cloud.lab.export();
      expect(same).toBe(resources.filter(({ urn }) => !/::pulumi:providers:\w+::default_/.test(urn)).length);
      const after = await look();
      hosts.forEach((_, index) => expect(restarted(before[index]!, after[index]!)).toEqual([]));
    }, 330_000);
  });
}
