// SPDX-License-Identifier: Apache-2.0

import type { Methods } from "../call";
import { clusterMethods } from "./cluster";
import { commonMethods } from "./common";
import { datastoreMethods } from "./datastore";
import { hostMethods } from "./host";
import { imageMethods } from "./image";
import { recordMethods } from "./records";
import { systemMethods } from "./system";
import { userMethods } from "./user";
import { vdcMethods } from "./vdc";
import { vmMethods } from "./vm";
import { poolMethods } from "./vm-pool";
import { zoneMethods } from "./zone";

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
    ...systemMethods,
  };
}
