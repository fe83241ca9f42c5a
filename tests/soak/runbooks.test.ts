// SPDX-License-Identifier: Apache-2.0
// `npm run test:soak`: every command of every runbook that is for the lab, as it stands there.
import { CloudUnderTest, describeAsRoot } from "../helpers/e2e";
import { labCommands, runbooks } from "../helpers/runbook";

/** The highest exit status that is no failure: what looks for something ends with 1 where it has found, or not found, it. */
const highest = ([command]: string[]): number => (["validate", "logs", "audit"].includes(command!) ? 1 : 0);

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
        if (code > highest(words)) throw new Error(`${words.join(" ")} ended with ${code}:\n${output}`);
      }
      expect((await cloud.status()).healthy).toBe(true);
    },
    900_000,
  );
});
