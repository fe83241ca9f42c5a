// SPDX-License-Identifier: Apache-2.0
// `npm run test:soak`: every port from every zone, every declared way out, what people of each role can do, and lynis.
import { firewall } from "../e2e/scenarios/firewall";
import { hardening } from "../e2e/scenarios/hardening";
import { outbound } from "../e2e/scenarios/outbound";
import { rolesOnLab } from "../e2e/scenarios/roles";
import { CloudUnderTest, describeAsRoot } from "../helpers/e2e";

describeAsRoot("a cloud that is locked down", () => {
  const cloud = new CloudUnderTest(`soak-zones-${process.pid}`);

  beforeAll(async () => {
    await cloud.succeed([], { timeoutSeconds: 1200 });
    cloud.isUp = true;
  }, 1_220_000);
  afterAll(() => cloud.end(), 180_000);

  // `npm test` looks at all TCP ports from the public side, and at samples of the rest.
  firewall(cloud, true);
  hardening(cloud);
  outbound(cloud);
  rolesOnLab(cloud);
});
