// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The program that loads a host's firewall and keeps the addresses of its destinations. */
export function firewallProgram(): string {
  return readFileSync(resolve(__dirname, "../../onhost/firewall/firewall.py"), "utf8");
}
