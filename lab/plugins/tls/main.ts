// SPDX-License-Identifier: Apache-2.0
import { version } from "@pulumi/tls/package.json";
import { serveStandIn } from "../shared/main";
import { tlsProvider } from "./provider";

void serveStandIn(tlsProvider(version));
