// SPDX-License-Identifier: Apache-2.0
// The whole cloud on one lab, which all scenarios share: each goes on from where the one before left it.
import { CloudUnderTest, describeAsRoot } from "../helpers/e2e";
import { alerts } from "./scenarios/alerts";
import { audit } from "./scenarios/audit";
import { backups } from "./scenarios/backups";
import { dashboards } from "./scenarios/dashboards";
import { destroyed } from "./scenarios/destroyed";
import { firewall } from "./scenarios/firewall";
import { freshCloud } from "./scenarios/fresh";
import { hosts } from "./scenarios/hosts";
import { interrupted } from "./scenarios/interrupted";
import { logs } from "./scenarios/logs";
import { networkRollback } from "./scenarios/network-rollback";
import { noSecrets } from "./scenarios/no-secrets";
import { refused } from "./scenarios/refused";
import { oneSetting } from "./scenarios/setting";
import { tenant } from "./scenarios/tenant";
import { tlsAndSecrets } from "./scenarios/tls";
import { unchanged } from "./scenarios/unchanged";
import { validation } from "./scenarios/validate";
import { vms } from "./scenarios/vms";
import { Canaries } from "./support/canaries";
import { ProcessWatch } from "./support/process-watch";

describeAsRoot("the cloud on a lab", () => {
  const cloud = new CloudUnderTest(`e2e-${process.pid}`);
  const canaries = new Canaries(cloud);
  const processes = new ProcessWatch();

  beforeAll(() => processes.start());
  afterAll(async () => {
    processes.stop();
    await cloud.end();
  }, 180_000);

  freshCloud(cloud, canaries);
  unchanged(cloud);
  oneSetting(cloud);
  tenant(cloud);
  vms(cloud);
  refused(cloud);
  hosts(cloud, canaries);
  logs(cloud, { seconds: 30, perHost: 2000 });
  dashboards(cloud);
  alerts(cloud);
  audit(cloud);
  tlsAndSecrets(cloud);
  backups(cloud);
  firewall(cloud);
  validation(cloud);
  networkRollback(cloud);
  interrupted(cloud, canaries);
  noSecrets(cloud, canaries, processes);
  destroyed(cloud);
});
