// SPDX-License-Identifier: Apache-2.0

import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * A VM's token for OneGate in a scheme of the stand-in's own: OpenNebula encrypts the VM's number and start with a key
 * of its owner's, here both sides know the password in `onegate_auth`.
 */
export function gateToken(password: string, vmId: number): string {
  return createHmac("sha256", password).update(`vm ${vmId}`).digest("base64");
}

/** Whether a VM shows the token that it was given. */
export function isGateToken(password: string, vmId: number, token: string): boolean {
  const [given, right] = [Buffer.from(token), Buffer.from(gateToken(password, vmId))];
  return given.length === right.length && timingSafeEqual(given, right);
}
