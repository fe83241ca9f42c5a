// SPDX-License-Identifier: Apache-2.0
import { AuthDriver, type AccessRole } from "../catalogue";
import { kindOf, pathText, type Problem } from "./problems";
import type { CloudConfig, QuotaConfig } from "./stack.gen";

/** People and the sandbox, as the stack file says. */
export interface CloudAccess {
  users: Record<string, { role: AccessRole; driver: AuthDriver; publicKey?: string; subject?: string }>;
  quotas?: { developer?: QuotaConfig; operator?: QuotaConfig };
  vdc?: { networks?: string[]; datastores?: string[] };
}

/** What the schema cannot say of `access`. */
export function accessProblems(config: CloudConfig): Problem[] {
  const { users = {}, vdc = {} } = config.access ?? {};
  const problems: Problem[] = [];
  for (const [name, { driver, publicKey, subject }] of Object.entries(users)) {
    const at = (key: string): string => pathText(["access", "users", name, key]);
    if (driver === "ssh" && !publicKey?.startsWith("ssh-rsa ")) {
      problems.push({
        path: at("publicKey"),
        found: publicKey === undefined ? "nothing" : "a key of another kind",
        rule: "must be an ssh-rsa key where the driver is ssh: OpenNebula's driver knows no other kind",
        cure: "Give an RSA key, or choose another driver.",
      });
    }
    if ((driver === "x509") !== (subject !== undefined)) {
      problems.push({
        path: at("subject"),
        found: kindOf(subject),
        rule: "belongs to the driver x509, which needs it",
        cure: "Give it with that driver and with no other.",
      });
    }
  }
  const networks = Object.keys(config.networks.vxlan ?? {});
  const families = Object.values(config.networks.flexibleIps ?? {}).map(({ type }) => type ?? "ipv4");
  if (families.includes("ipv4")) networks.push("public");
  if (families.includes("ipv6")) networks.push("public6");
  for (const [index, network] of (vdc.networks ?? []).entries()) {
    if (networks.includes(network)) continue;
    problems.push({
      path: pathText(["access", "vdc", "networks", index]),
      found: kindOf(network),
      rule: `must be a network of VMs: ${networks.join(", ") || "there is none"}`,
      cure: "Name a network of networks.vxlan, or public and public6 where there are flexible IPs of the kind.",
    });
  }
  return problems;
}

/** The words of the file as the program's. */
export function cloudAccess({ access }: CloudConfig): CloudAccess | undefined {
  if (access === undefined) return undefined;
  const users = Object.entries(access.users ?? {}).map(([name, { role, driver, publicKey, subject }]) => [
    name,
    { role: role as AccessRole, driver: (driver ?? AuthDriver.Core) as AuthDriver, publicKey, subject },
  ]);
  return { users: Object.fromEntries(users) as CloudAccess["users"], quotas: access.quotas, vdc: access.vdc };
}
