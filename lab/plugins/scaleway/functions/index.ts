// SPDX-License-Identifier: Apache-2.0
import type { FunctionDefinition } from "../core/resource";
import { getOffer, getOption, getOs } from "./catalogue";
import { getIp } from "./ip";
import { getPrivateNetwork, getVpc } from "./network";
import { getPartitionSchema } from "./partition-schema";
import { getServer } from "./server";

export const functions: readonly FunctionDefinition[] = [
  ...[getOffer, getOs, getOption, getPartitionSchema, getServer],
  ...[getVpc, getPrivateNetwork, getIp],
];
