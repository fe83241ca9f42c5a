// SPDX-License-Identifier: Apache-2.0
import { serveProvider } from "../../../provider/grpc/serve";
import { scalewayProvider } from "./provider";

void serveProvider(scalewayProvider());
