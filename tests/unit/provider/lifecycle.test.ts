// SPDX-License-Identifier: Apache-2.0

/** The life of clusters, storage, people, templates and VMs, through the plugin protocol, against the stand-in oned. */
import { CASES } from "./support/cases";
import { lives } from "./support/life";

lives(CASES);
