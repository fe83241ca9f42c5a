// SPDX-License-Identifier: Apache-2.0
import type { CommandFactory } from "../command";
import { driftCommand } from "./drift";
import { validateCommand } from "./validate";

/** Every day-two command, in the order of the help. */
export const commands: readonly CommandFactory[] = [validateCommand, driftCommand];
