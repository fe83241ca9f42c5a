// SPDX-License-Identifier: Apache-2.0
import { AccessRole } from "../../catalogue";

/** The roles that are groups of their own; administrators are members of OpenNebula's group `oneadmin`. */
export type GroupRole = Exclude<AccessRole, AccessRole.Admin>;

export interface RoleDefinition {
  /** OpenNebula's group. */
  group: string;
  about: string;
  /** Access rules by what they are for, without who and zone: `VM+NET/* USE`. Everything else is refused. */
  rules: Readonly<Record<string, string>>;
  /** Whether members get the cloud's hosts, datastores and networks through the VDC of the sandbox. */
  sandbox: boolean;
  /**
   * Whether members may hold nothing: no VM, and no address of any network that this program makes. In oned the right to USE a
   * template makes a VM of it, and the right to USE a network reserves addresses in it: only a quota stops that.
   */
  holdsNothing: boolean;
}

/**
 * What each role may do. No role reads `USER`: oned shows everybody who may USE an account its login tokens, and a token is a login.
 * Names of users are seen through their groups.
 */
export const roles: Readonly<Record<GroupRole, RoleDefinition>> = {
  [AccessRole.Operator]: {
    group: "operators",
    about: "runs hosts, storage, networks and everybody's VMs; no users, groups, rules, VDCs or hooks",
    rules: {
      vms: "VM/* USE+MANAGE+ADMIN+CREATE",
      // ADMIN of a host is what disabling one for maintenance takes.
      hosts: "HOST/* USE+MANAGE+ADMIN",
      manage:
        "NET+IMAGE+TEMPLATE+DATASTORE+DOCUMENT+SECGROUP+VROUTER+MARKETPLACEAPP+VMGROUP+VNTEMPLATE+BACKUPJOB/* USE+MANAGE",
      create: "IMAGE+TEMPLATE+DOCUMENT+SECGROUP+VROUTER+MARKETPLACEAPP+VMGROUP+VNTEMPLATE+BACKUPJOB/* CREATE",
      see: "GROUP+CLUSTER+ZONE+VDC+MARKETPLACE/* USE",
    },
    sandbox: false,
    holdsNothing: false,
  },
  [AccessRole.Developer]: {
    group: "developers",
    about: "makes and runs things of their own inside the sandbox's networks and datastores, within quotas",
    rules: { create: "VM+IMAGE+TEMPLATE+DOCUMENT+SECGROUP+VROUTER+VMGROUP+BACKUPJOB/* CREATE" },
    sandbox: true,
    holdsNothing: false,
  },
  [AccessRole.Auditor]: {
    group: "auditors",
    about: "sees everything but accounts and network templates, and changes nothing",
    rules: {
      // Without VNTEMPLATE: the right to USE a network template makes networks of it, and no quota counts networks.
      see: "VM+HOST+NET+IMAGE+TEMPLATE+GROUP+DATASTORE+CLUSTER+DOCUMENT+ZONE+SECGROUP+VDC+VROUTER+MARKETPLACE+MARKETPLACEAPP+VMGROUP+HOOK+BACKUPJOB/* USE",
    },
    sandbox: false,
    holdsNothing: true,
  },
};

/** What a developers' group may use where the stack file says nothing. MiB of memory and disk. */
export const developerQuota = { vms: 10, cpu: 16, memory: 32768, systemDiskSize: 102400 } as const;
