// SPDX-License-Identifier: Apache-2.0
import { version } from "@pulumi/random/package.json";
import { serveStandIn } from "../shared/main";
import { randomProvider } from "./provider";

void serveStandIn(randomProvider(version));
