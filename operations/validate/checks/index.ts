// SPDX-License-Identifier: Apache-2.0
import type { Check } from "../check";
import { backupAge } from "./backup/age";
import { backupObjectives } from "./backup/objectives";
import { backupProven } from "./backup/proven";
import { references } from "./database/references";
import { replica } from "./database/replica";
import { replicaTls } from "./database/replica-tls";
import { tables } from "./database/tables";
import { guestZone } from "./firewall/guest-zone";
import { privateZone } from "./firewall/private-zone";
import { publicZone } from "./firewall/public-zone";
import { apparmor } from "./hosts/apparmor";
import { cpu } from "./hosts/cpu";
import { numa } from "./hosts/numa";
import { power } from "./hosts/power";
import { reboot } from "./hosts/reboot";
import { hostState } from "./hosts/state";
import { time } from "./hosts/time";
import { timeSource } from "./hosts/time-source";
import { virtualization } from "./hosts/virtualization";
import { marketplaceApps } from "./marketplace/apps";
import { firing } from "./monitoring/alerts";
import { delivery } from "./monitoring/delivery";
import { targets } from "./monitoring/targets";
import { dns } from "./network/dns";
import { flexibleIp } from "./network/flexible-ip";
import { interfaces } from "./network/interfaces";
import { latency } from "./network/latency";
import { mtu } from "./network/mtu";
import { outbound } from "./network/outbound";
import { throughput } from "./network/throughput";
import { usage } from "./quotas/usage";
import { leader } from "./raft/leader";
import { secretAge } from "./secrets/age";
import { defaultPasswords } from "./secrets/default-passwords";
import { secretFiles } from "./secrets/files";
import { exposed } from "./services/exposed";
import { failedUnits } from "./services/failed-units";
import { health } from "./services/health";
import { listening } from "./services/listening";
import { restart } from "./services/restart";
import { units } from "./services/units";
import { versions } from "./services/versions";
import { datastores } from "./storage/datastores";
import { free } from "./storage/free";
import { raid } from "./storage/raid";
import { sequential } from "./storage/sequential";
import { syncWrite } from "./storage/sync-write";
import { endpoints } from "./tls/endpoints";
import { accounts } from "./users/accounts";
import { rules } from "./users/rules";
import { deleted } from "./vm/delete";
import { deploy } from "./vm/deploy";
import { diskHotplug } from "./vm/disk-hotplug";
import { internet } from "./vm/internet";
import { login } from "./vm/login";
import { migrateCold } from "./vm/migrate-cold";
import { migrateLive } from "./vm/migrate-live";
import { onegate } from "./vm/onegate";
import { resize } from "./vm/resize";
import { snapshot } from "./vm/snapshot";
import { vxlan } from "./vm/vxlan";

/** Every check, by area, in the order of the report. */
export const checks: readonly Check[] = [
  ...[units, failedUnits, listening, exposed, health, versions, restart],
  ...[hostState, time, timeSource, cpu, virtualization, numa, apparmor, reboot, power],
  ...[interfaces, latency, mtu, dns, outbound, flexibleIp, throughput],
  ...[free, datastores, raid, sequential, syncWrite],
  ...[
    deploy,
    login,
    internet,
    onegate,
    guestZone,
    vxlan,
    diskHotplug,
    snapshot,
    migrateLive,
    migrateCold,
    resize,
    deleted,
  ],
  marketplaceApps,
  ...[tables, references, replica, replicaTls],
  endpoints,
  ...[privateZone, publicZone],
  ...[accounts, rules],
  ...[targets, firing, delivery],
  ...[backupAge, backupObjectives, backupProven],
  ...[defaultPasswords, secretFiles, secretAge],
  usage,
  leader,
];
