// SPDX-License-Identifier: Apache-2.0
import { bundledProgram } from "../host/program";

/** The driver as one file. */
export function driverProgram(): string {
  return bundledProgram("flexible-ip", "flexible-ip.cjs");
}
