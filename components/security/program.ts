// SPDX-License-Identifier: Apache-2.0
import { plainProgram } from "../host/program";

/** The program that loads a host's firewall and keeps the addresses of its destinations. */
export function firewallProgram(): string {
  return plainProgram("firewall", "firewall.py");
}

/** The program that chains a host's audit records. */
export function auditProgram(): string {
  return plainProgram("audit", "audit.py");
}

/** The program that tells since when a host's secrets are what they are. */
export function secretAgeProgram(): string {
  return plainProgram("secrets", "secret_age.py");
}
