// SPDX-License-Identifier: Apache-2.0
// `npm run test:soak`: every command of every runbook that is for the lab, as it stands there.
import { CloudUnderTest, describeAsRoot } from "../helpers/e2e";
import { labCommands, runbooks } from "../helpers/runbook";

/**
 * Exit statuses that are no failure, where 0 is not the only one: what looks for something ends with 1 where it has found, or not found,
 * it, and no host of the lab is lost.
 */
const statuses: Record<string, number[]> = { validate: [0, 1], logs: [0, 1], audit: [0, 1], "forget-host": [2] };

describeAsRoot("a cloud that is looked after by the book", () => {
  const cloud = new CloudUnderTest(`soak-runbooks-${process.pid}`);

  beforeAll(async () => {
    await cloud.succeed([], { timeoutSeconds: 1200 });
    cloud.isUp = true;
  }, 1_220_000);
  afterAll(() => cloud.end(), 180_000);

  test.each(runbooks())(
    "$name does what it says",
    async ({ markdown }) => {
      for (const words of labCommands(markdown)) {
        const { code, output } = await cloud.cli(words);
        if (!(statuses[words[0]!] ?? [0]).includes(code))
          throw new Error(`${words.join(" ")} ended with ${code}:\n${output}`);
      }
      expect((await cloud.status()).healthy).toBe(true);
    },
    900_000,
  );
});
