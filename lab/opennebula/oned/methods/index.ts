// SPDX-License-Identifier: Apache-2.0

import type { Methods } from "../call";
import { backupMethods } from "./backup";
import { clusterMethods } from "./cluster";
import { commonMethods } from "./common";
import { datastoreMethods } from "./datastore";
import { hookMethods } from "./hook";
import { hostMethods } from "./host";
import { imageMethods } from "./image";
import { marketMethods } from "./market";
import { networkMethods } from "./network";
import { recordMethods } from "./records";
import { reservationMethods } from "./reservation";
import { securityGroupMethods } from "./secgroup";
import { systemMethods } from "./system";
import { templateMethods } from "./template";
import { userMethods } from "./user";
import { vdcMethods } from "./vdc";
import { vmMethods } from "./vm";
import { vmDiskMethods } from "./vm-disks";
import { hotplugMethods } from "./vm-hotplug";
import { poolMethods } from "./vm-pool";
import { scheduleMethods } from "./vm-schedule";
import { zoneMethods } from "./zone";
import { vmGroupMethods } from "./vmgroup";
import { routerMethods } from "./vrouter";

/** Every method that the stand-in has. A kind's own method takes the place of the common one of that name. */
export function presentMethods(): Methods {
  return {
    ...commonMethods(),
    ...userMethods,
    ...hostMethods,
    ...clusterMethods,
    ...datastoreMethods,
    ...zoneMethods,
    ...vdcMethods(),
    ...recordMethods,
    ...imageMethods,
    ...vmMethods,
    ...poolMethods(),
    ...vmDiskMethods,
    ...hotplugMethods,
    ...scheduleMethods,
    ...templateMethods,
    ...backupMethods,
    ...networkMethods,
    ...reservationMethods,
    ...securityGroupMethods,
    ...routerMethods,
    ...vmGroupMethods,
    ...hookMethods,
    ...marketMethods,
    ...systemMethods,
  };
}
