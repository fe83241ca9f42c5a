// SPDX-License-Identifier: Apache-2.0
// `npm run test:soak`: collectors of logs that are down for ten minutes. SOAK_LOG_SECONDS shortens it.
import { logs } from "../e2e/scenarios/logs";
import { CloudUnderTest, describeAsRoot } from "../helpers/e2e";

const seconds = Number(process.env.SOAK_LOG_SECONDS ?? "600");

describeAsRoot("a cloud whose collectors of logs are down for long", () => {
  const cloud = new CloudUnderTest(`soak-logs-${process.pid}`);

  beforeAll(async () => {
    await cloud.succeed([], { timeoutSeconds: 1200 });
    cloud.isUp = true;
  }, 1_220_000);
  afterAll(() => cloud.end(), 180_000);

  logs(cloud, { seconds, perHost: 40_000 });
});
