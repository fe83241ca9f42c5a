// SPDX-License-Identifier: Apache-2.0
// `npm run test:soak`: the runbook of backups, command by command.
import { backupRunbook } from "../e2e/scenarios/backups";
import { CloudUnderTest, describeAsRoot } from "../helpers/e2e";

describeAsRoot("a cloud whose backups are looked after by the book", () => {
  const cloud = new CloudUnderTest(`soak-backups-${process.pid}`);

  beforeAll(async () => {
    await cloud.succeed([], { timeoutSeconds: 1200 });
    cloud.isUp = true;
  }, 1_220_000);
  afterAll(() => cloud.end(), 180_000);

  backupRunbook(cloud);
});
