// SPDX-License-Identifier: Apache-2.0
import { datastores, hosts, raft } from "./infrastructure";
import { machines } from "./machines";
import { quotas } from "./quotas";
import type { Subject } from "./subject";

/** Everything that is read of oned; what takes longest goes first. */
export const subjects: readonly Subject[] = [machines, hosts, quotas, datastores, raft];
