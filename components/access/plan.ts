// SPDX-License-Identifier: Apache-2.0
import sshpk from "sshpk";
import { AccessRole, AuthDriver } from "../../catalogue";
import { developerQuota, roles, type GroupRole } from "./roles";

export interface AccessUserArgs {
  role: AccessRole;
  /** @default AuthDriver.Core */
  driver?: AuthDriver;
  /** `ssh-rsa AAAA...` for the driver ssh; with any driver VMs of the user let this key in. @default none */
  publicKey?: string;
  /** Subject of the client certificate for the driver x509, without blanks. */
  subject?: string;
}

/** Limits of one group; what is left out is not limited. */
export interface AccessQuotaArgs {
  vms?: number;
  runningVms?: number;
  cpu?: number;
  runningCpu?: number;
  /** MiB. */
  memory?: number;
  /** MiB. */
  runningMemory?: number;
  /** MiB in system datastores. */
  systemDiskSize?: number;
}

export interface AccessPlanArgs {
  /** People by login name. Plain, because it decides how many there are. @default nobody */
  users?: Record<string, AccessUserArgs>;
  /** Limits of the developers all together, and of the operators. @default 10 VMs, 16 CPUs, 32 GiB, 100 GiB; operators none */
  quotas?: { developer?: AccessQuotaArgs; operator?: AccessQuotaArgs };
  /** What the developers' sandbox holds. */
  vdc?: {
    /** Networks of VMs. @default every private one */
    networks?: string[];
    /** @default system and default */
    datastores?: string[];
  };
}

export interface GroupPlan {
  role: GroupRole;
  group: string;
  /** Rules by what they are for, without who and zone. */
  rules: Readonly<Record<string, string>>;
  quota?: AccessQuotaArgs;
  /** Networks in which members may hold no address. */
  closedNetworks: string[];
}

export interface UserPlan {
  group: string;
  driver: AuthDriver;
  /** What the driver compares with; undefined: a password is generated. */
  credential?: string;
  publicKey?: string;
}

/** Everything about users and rights, before anything exists. */
export interface AccessPlan {
  groups: GroupPlan[];
  users: Record<string, UserPlan>;
  vdc: { groups: string[]; networks: string[]; datastores: string[] };
}

/** OpenNebula's own group of administrators. */
const ADMINISTRATORS = "oneadmin";

/** OpenNebula's own datastores for disks and images. */
const DATASTORES = ["system", "default"];

/**
 * Plans groups, users, rules, quotas and the sandbox.
 *
 * @param networks - names of the networks of VMs: the private ones, and all.
 * @throws Error when a user has not what the driver needs, or the sandbox names a network that is none.
 */
export function planAccess(args: AccessPlanArgs, networks: { private: string[]; all: string[] }): AccessPlan {
  const { users = {}, quotas = {}, vdc = {} } = args;
  const groups = (Object.keys(roles) as GroupRole[]).map((role): GroupPlan => {
    const { group, rules, holdsNothing } = roles[role];
    return { role, group, rules, quota: quotaOf(role, quotas), closedNetworks: holdsNothing ? networks.all : [] };
  });
  const inside = vdc.networks ?? networks.private;
  const unknown = inside.filter((network) => !networks.all.includes(network));
  if (unknown.length > 0)
    throw new Error(
      `access.vdc.networks: ${unknown.join(", ")}: must be names of networks of VMs (${networks.all.join(", ")})`,
    );
  return {
    groups,
    users: Object.fromEntries(Object.entries(users).map(([name, user]) => [name, planUser(name, user)])),
    vdc: {
      groups: groups.filter(({ role }) => roles[role].sandbox).map(({ group }) => group),
      networks: inside,
      datastores: vdc.datastores ?? DATASTORES,
    },
  };
}

function quotaOf(role: GroupRole, quotas: NonNullable<AccessPlanArgs["quotas"]>): AccessQuotaArgs | undefined {
  if (roles[role].holdsNothing) return { vms: 0 };
  if (role === AccessRole.Developer) return { ...developerQuota, ...quotas.developer };
  return role === AccessRole.Operator ? quotas.operator : undefined;
}

function planUser(name: string, user: AccessUserArgs): UserPlan {
  const { role, driver = AuthDriver.Core, publicKey } = user;
  const group = role === AccessRole.Admin ? ADMINISTRATORS : roles[role].group;
  return { group, driver, credential: credentialOf(name, driver, user), publicKey };
}

function credentialOf(name: string, driver: AuthDriver, { publicKey, subject }: AccessUserArgs): string | undefined {
  switch (driver) {
    case AuthDriver.Core:
      return undefined;
    case AuthDriver.Ssh:
      if (!publicKey?.startsWith("ssh-rsa "))
        throw new Error(
          `access.users.${name}.publicKey: the driver ssh needs a key that begins with ssh-rsa: OpenNebula knows no other kind`,
        );
      return bareKey(publicKey);
    case AuthDriver.X509:
      if (subject === undefined) throw new Error(`access.users.${name}.subject: is needed by the driver x509`);
      return subject;
    case AuthDriver.Ldap:
      // The directory knows the password; oned wants a text nevertheless.
      return "-";
  }
}

/** OpenNebula's ssh driver takes the key as PEM without its first and last line, in one line. */
function bareKey(publicKey: string): string {
  const pem = sshpk.parseKey(publicKey, "ssh").toString("pkcs8");
  return pem
    .split("\n")
    .filter((line) => !line.startsWith("-----"))
    .join("");
}
