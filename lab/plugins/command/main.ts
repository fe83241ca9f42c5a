// SPDX-License-Identifier: Apache-2.0
import { version } from "@pulumi/command/package.json";
import { serveStandIn } from "../shared/main";
import { commandProvider } from "./provider";

void serveStandIn(commandProvider(version));
