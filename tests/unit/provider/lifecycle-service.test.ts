// SPDX-License-Identifier: Apache-2.0

/** The life of hosts, exported apps and OneFlow's services, through the plugin protocol, against the stand-in oned. */
import { SERVICE_CASES } from "./support/cases-service";
import { lives } from "./support/life";

lives(SERVICE_CASES);
