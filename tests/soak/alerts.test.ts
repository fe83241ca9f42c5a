// SPDX-License-Identifier: Apache-2.0
// `npm run test:soak`: faults and messages with production's times, five minutes being five minutes. `npm test` has them scaled.
import { alerts } from "../e2e/scenarios/alerts";
import { configure } from "../e2e/support/deployment";
import { CloudUnderTest, describeAsRoot } from "../helpers/e2e";

describeAsRoot("a cloud whose alerts take production's time", () => {
  const cloud = new CloudUnderTest(`soak-alerts-${process.pid}`);

  beforeAll(async () => {
    await cloud.succeed([], { timeoutSeconds: 1200 });
    for (const [name, value] of Object.entries({ scrapeSeconds: 15, timeScale: 1 }))
      configure(cloud, ["monitoring", name], value);
    await cloud.succeed(["up"], { timeoutSeconds: 600 });
    cloud.isUp = true;
  }, 1_820_000);
  afterAll(() => cloud.end(), 180_000);

  // The CPU counts for two minutes and then must be busy for five; what is over is told with the next group, after five more.
  alerts(cloud, { message: 900, load: 900 }, false);
});
