// SPDX-License-Identifier: Apache-2.0
import { capacity } from "./capacity";
import { database } from "./database";
import { infrastructure } from "./infrastructure";
import type { Subject } from "./model";
import { network } from "./network";
import { opennebula } from "./opennebula";
import { slo } from "./slo";
import { storage } from "./storage";

export { renderDashboard } from "./render";
export type { PanelSpec, Query, Row, Subject } from "./model";

/** Every dashboard, in the order in which people read them. */
export const subjects: readonly Subject[] = [infrastructure, opennebula, network, storage, database, capacity, slo];
