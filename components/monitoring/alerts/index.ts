// SPDX-License-Identifier: Apache-2.0
import type { AlertGroup, AlertModel } from "../model";
import { hostAlerts } from "./hosts";
import { openNebulaAlerts } from "./opennebula";
import { platformAlerts } from "./platform";
import { sloAlerts } from "./slo";

/** Every rule of the cloud. */
export function alertGroups(model: AlertModel): AlertGroup[] {
  return [hostAlerts, openNebulaAlerts, platformAlerts, sloAlerts].map((group) => group(model));
}
