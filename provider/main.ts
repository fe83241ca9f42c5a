// SPDX-License-Identifier: Apache-2.0

/** The plugin process: `pulumi-resource-opennebula <engine address>`. */
import { serveProvider } from "./grpc/serve";
import { openNebulaProvider } from "./opennebula";

void serveProvider(openNebulaProvider());
