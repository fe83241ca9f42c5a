// SPDX-License-Identifier: Apache-2.0
import { plainProgram } from "../host/program";

/** The program of the hosts that counts records and removes old ones. */
export function logsProgram(): string {
  return plainProgram("logs", "logs.py");
}
