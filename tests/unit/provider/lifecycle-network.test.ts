// SPDX-License-Identifier: Apache-2.0

/** The life of networks and of what is around VMs, through the plugin protocol, against the stand-in oned. */
import { NETWORK_CASES } from "./support/cases-network";
import { lives } from "./support/life";

lives(NETWORK_CASES);
