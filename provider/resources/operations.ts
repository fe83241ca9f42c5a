// SPDX-License-Identifier: Apache-2.0

/** VM groups, virtual routers, hooks, backup jobs, documents. */
import { buildTemplate, TransportError, type XmlElement } from "../../opennebula";
import type { Apply, Properties, PropertyDefinition } from "../definition";
import { fromTemplate, templateOf, toVector } from "../framework/attributes";
import { allocate, listObjects } from "../framework/calls";
import type { Kind } from "../framework/kind";
import { asText, pairs, same } from "../framework/values";
import type { CheckFailure, PropertyMap, PropertyValue } from "../grpc/provider";
import {
  attributesProperty,
  callWith,
  flag,
  idOutput,
  idsOf,
  integer,
  nameProperty,
  OWNERSHIP_OUTPUTS,
  ownership,
  references,
  text,
} from "./common";
import { lockProperty } from "./lock";
import { schedule } from "./schedule";
import { NIC_FIELDS } from "./vm-template";

const ROLE_FIELDS: Properties = {
  name: text("Name of the role. Unique in its group.", { attribute: "NAME", required: true }),
  policy: text("How VMs of the role share hosts; not at all bound if it is left out.", {
    attribute: "POLICY",
    enum: {
      name: "VmGroupPolicy",
      description: "How VMs of a role share hosts.",
      values: { None: "NONE", Affined: "AFFINED", AntiAffined: "ANTI_AFFINED" },
    },
  }),
  affinedHosts: references("host", "Hosts that VMs of the role run on.", { attribute: "HOST_AFFINED" }),
  antiAffinedHosts: references("host", "Hosts that VMs of the role do not run on.", { attribute: "HOST_ANTI_AFFINED" }),
};

const ROLES: PropertyDefinition = {
  type: "list",
  description: "Roles that VMs may have, in any order.",
  required: true,
  key: "name",
  attribute: "ROLE",
  items: { type: "object", typeName: "VmGroupRole", description: "A role of a VM group.", fields: ROLE_FIELDS },
  read: (object) => rolesOf(object).map((role) => fromTemplate(ROLE_FIELDS, templateOf(role, "."))),
};

const rolesOf = (object: XmlElement): XmlElement[] => object.child("ROLES")?.all("ROLE") ?? [];

const rolesApply: Apply = async (work, { wanted, actual }) => {
  const have = (actual ?? []) as PropertyValue[];
  const roles = rolesOf(work.object);
  for (const [want, is] of pairs(ROLES, (wanted ?? []) as PropertyValue[], have)) {
    const id = is === undefined ? -1 : Number(roles[have.indexOf(is)]?.value("ID"));
    if (want === undefined) {
      await work.call("one.vmgroup.roledelete", [Number(work.id), id]);
      continue;
    }
    const vector = buildTemplate({ ROLE: toVector(ROLE_FIELDS, want as PropertyMap) });
    if (is === undefined) await work.once("one.vmgroup.roleadd", [Number(work.id), vector]);
    else if (!same(ROLES.items as PropertyDefinition, want, is)) {
      await work.call("one.vmgroup.roleupdate", [Number(work.id), id, vector]);
    }
  }
};

const roleSets = (description: string, attribute: string): PropertyDefinition => ({
  type: "list",
  description: `${description} Each member names roles, separated by commas.`,
  items: {
    type: "string",
    description: "Names of roles, separated by commas.",
    canonical: (names) =>
      names
        .split(",")
        .map((one) => one.trim())
        .sort()
        .join(","),
  },
  unordered: true,
  attribute,
  form: "repeated",
});

export const VM_GROUP: Kind = {
  name: "VmGroup",
  word: "VM group",
  api: "vmgroup",
  description: "Roles of VMs, and which of them are to share hosts or to keep apart.",
  importId: "the number that `onevmgroup list` shows",
  marked: "allocate",
  unique: false,
  inputs: {
    ...nameProperty("vmgroup", "Name of the group."),
    roles: { ...ROLES, apply: rolesApply },
    affined: roleSets("Roles that share hosts.", "AFFINED"),
    antiAffined: roleSets("Roles that keep apart.", "ANTI_AFFINED"),
    ...attributesProperty(),
    ...lockProperty("vmgroup"),
    ...ownership("vmgroup"),
  },
  outputs: { vmGroupId: idOutput("oned's number of the group."), ...OWNERSHIP_OUTPUTS },
};

const ROUTER_NIC_FIELDS: Properties = {
  ...NIC_FIELDS,
  network: text("Name or id of the network.", { attribute: "NETWORK_ID", reference: "vn", required: true }),
  floatingIp: flag("One address for all instances.", { attribute: "FLOATING_IP" }),
  floatingOnly: flag("The instances have no addresses of their own.", { attribute: "FLOATING_ONLY" }),
};

const ROUTER_NICS: PropertyDefinition = {
  type: "list",
  description: "Interfaces, one a network, in any order.",
  key: "network",
  lenient: true,
  attribute: "NIC",
  items: {
    type: "object",
    typeName: "VirtualRouterNic",
    description: "An interface of a virtual router.",
    fields: ROUTER_NIC_FIELDS,
  },
  read: (object) => routerNics(object).map((nic) => fromTemplate(ROUTER_NIC_FIELDS, templateOf(nic, "."))),
};

const routerNics = (object: XmlElement): XmlElement[] => object.child("TEMPLATE")?.all("NIC") ?? [];

const routerNicsApply: Apply = async (work, { wanted, actual }) => {
  const have = (actual ?? []) as PropertyMap[];
  const nics = routerNics(work.object);
  for (const [want, is] of pairs(ROUTER_NICS, (wanted ?? []) as PropertyValue[], have)) {
    if (want === undefined) {
      const id = nics[have.indexOf(is as PropertyMap)]?.value("NIC_ID");
      await work.call("one.vrouter.detachnic", [Number(work.id), Number(id)]);
    } else if (is === undefined) {
      const nic = buildTemplate({ NIC: toVector(ROUTER_NIC_FIELDS, want as PropertyMap) });
      await work.once("one.vrouter.attachnic", [Number(work.id), nic]);
    } else if (!same({ ...(ROUTER_NICS.items as PropertyDefinition), lenient: true }, want, is)) {
      const { network } = want as PropertyMap;
      throw new Error(
        `nics: the interface in network ${asText(network)} cannot be changed while it is attached; take it out in one run and ` +
          "put it in again in the next",
      );
    }
  }
};

function floatingIps(object: XmlElement): PropertyMap {
  const entries = routerNics(object).map((nic) => {
    const address = ["IP", "IP6_GLOBAL", "IP6"].map((name) => nic.value(`VROUTER_${name}`)).find((one) => one !== "");
    return [nic.value("NETWORK_ID"), address] as const;
  });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

const INSTANTIATE_ATTEMPTS = 3;

/** Makes the router's VMs, once: instances of an interrupted run or of a call whose answer was lost count. */
const instantiate: Apply = async (work, { wanted }) => {
  const { instances, name } = work.wish;
  if (wanted === undefined) return;
  const parameters = [Number(work.id), Number(instances), Number(wanted), `vr-${asText(name)}-%i`, false, ""];
  for (let attempt = 1; (await work.again()).ids("VMS").length === 0; attempt += 1) {
    try {
      await work.once("one.vrouter.instantiate", parameters);
    } catch (error) {
      const lost = error instanceof TransportError && error.maybeDone;
      if (!lost || attempt === INSTANTIATE_ATTEMPTS) throw error;
    }
  }
};

export const VIRTUAL_ROUTER: Kind = {
  name: "VirtualRouter",
  word: "virtual router",
  api: "vrouter",
  description: "A router between virtual networks, run by one or more VMs. Deleting it ends them.",
  importId: "the number that `onevrouter list` shows",
  marked: "allocate",
  unique: false,
  inputs: {
    ...nameProperty("vrouter", "Name of the router."),
    description: text("For people.", { attribute: "DESCRIPTION" }),
    template: text("Name or id of the VM template (a virtual router's) of its instances; without one none is made.", {
      reference: "template",
      immutable: true,
      unreadable: true,
      apply: instantiate,
    }),
    instances: integer("Number of VMs; two make it highly available.", {
      default: 1,
      minimum: 1,
      immutable: true,
      unreadable: true,
    }),
    keepalivedId: integer("Number of the VRRP group.", { attribute: "KEEPALIVED_ID", minimum: 0, maximum: 255 }),
    keepalivedPassword: text("Password of the VRRP group.", { attribute: "KEEPALIVED_PASSWORD", secret: true }),
    nics: { ...ROUTER_NICS, apply: routerNicsApply },
    ...attributesProperty(),
    ...lockProperty("vrouter"),
    ...ownership("vrouter"),
  },
  outputs: {
    virtualRouterId: idOutput("oned's number of the router."),
    floatingIps: {
      type: "stringMap",
      description: "Floating address by the number of its network.",
      follows: ["nics"],
      read: floatingIps,
    },
    vmIds: {
      type: "list",
      description: "Numbers of its VMs.",
      items: { type: "string", description: "Number." },
      read: idsOf("VMS"),
    },
    ...OWNERSHIP_OUTPUTS,
  },
};

function hookMistakes({ type, call, resource, on, state, lcmState }: PropertyMap): CheckFailure[] {
  const needed = (property: string, value: PropertyValue | undefined, what: string): CheckFailure[] =>
    value === undefined ? [{ property, reason: `is needed by a hook ${what}` }] : [];
  if (type === "api") return needed("call", call, "of type api");
  if (type !== "state") return [];
  if (typeof resource !== "string") return needed("resource", resource, "of type state");
  if (resource.toUpperCase() !== "VM") return needed("state", state, `on ${resource}`);
  if (on === undefined) return needed("on", on, "on VMs");
  if (typeof on !== "string" || on.toUpperCase() !== "CUSTOM") return [];
  return [...needed("state", state, "on CUSTOM"), ...needed("lcmState", lcmState, "on CUSTOM")];
}

export const HOOK: Kind = {
  name: "Hook",
  word: "hook",
  api: "hook",
  description: "A command that oned runs when a call was made or an object came into a state.",
  importId: "the number that `onehook list` shows",
  marked: "allocate",
  unique: true,
  inputs: {
    ...nameProperty("hook", "Name of the hook. Unique."),
    type: text("What it waits for.", {
      attribute: "TYPE",
      required: true,
      immutable: true,
      read: (object) => object.value("TYPE"),
      enum: { name: "HookType", description: "What a hook waits for.", values: { Api: "api", State: "state" } },
    }),
    command: text("Path of the program, relative to the remotes' hooks.", { attribute: "COMMAND", required: true }),
    arguments: text("Its arguments; `$TEMPLATE` and `$API` stand for the object and the call.", {
      attribute: "ARGUMENTS",
    }),
    argumentsOnStdin: flag("Give the arguments on standard input.", { attribute: "ARGUMENTS_STDIN" }),
    remote: flag("Run it on the VM's or host's own host.", { attribute: "REMOTE", sticky: true }),
    timeout: integer("Seconds after which it is ended.", { attribute: "TIMEOUT", minimum: 1 }),
    call: text("Method of the API, e.g. `one.vm.allocate`; of hooks of type `api`.", { attribute: "CALL" }),
    resource: text("`VM`, `HOST`, `IMAGE` or `NET`; of hooks of type `state`.", { attribute: "RESOURCE" }),
    state: text("State, e.g. `ACTIVE`.", { attribute: "STATE", sticky: true }),
    lcmState: text("Life-cycle state of a VM, e.g. `RUNNING`.", { attribute: "LCM_STATE", sticky: true }),
    on: text(
      "State of a VM: `PROLOG`, `RUNNING`, `SHUTDOWN`, `STOP`, `DONE`, `UNKNOWN`, or `CUSTOM` with `state` and `lcmState`.",
      {
        attribute: "ON",
        caseless: true,
        // oned writes the states that the word stands for, forgets the word, and does not look at it in an update.
        unreadable: true,
        immutable: true,
        rule: {
          pattern: /^(?:PROLOG|RUNNING|SHUTDOWN|STOP|DONE|UNKNOWN|CUSTOM)$/i,
          text: "must be PROLOG, RUNNING, SHUTDOWN, STOP, DONE, UNKNOWN or CUSTOM",
        },
      },
    ),
    ...attributesProperty(),
    ...lockProperty("hook"),
  },
  outputs: { hookId: idOutput("oned's number of the hook.") },
  check: hookMistakes,
};

export const BACKUP_JOB: Kind = {
  name: "BackupJob",
  word: "backup job",
  api: "backupjob",
  description: "Backups of several VMs at set times.",
  importId: "the number that `onebackupjob list` shows",
  marked: "allocate",
  unique: true,
  inputs: {
    ...nameProperty("backupjob", "Name of the job. Unique."),
    vms: references("vm", "VMs that are backed up.", { attribute: "BACKUP_VMS" }),
    datastore: text("Name or id of the backup datastore.", { attribute: "DATASTORE_ID", reference: "datastore" }),
    mode: text("How backups are made.", {
      attribute: "MODE",
      sticky: true,
      enum: {
        name: "BackupMode",
        description: "How backups are made.",
        values: { Full: "FULL", Increment: "INCREMENT" },
      },
    }),
    execution: text("Whether VMs are backed up one after the other.", {
      attribute: "EXECUTION",
      sticky: true,
      enum: {
        name: "BackupExecution",
        description: "Order of a job's backups.",
        values: { Sequential: "SEQUENTIAL", Parallel: "PARALLEL" },
      },
    }),
    keepLast: integer("Backups that are kept; all if it is left out.", { attribute: "KEEP_LAST", minimum: 1 }),
    fsFreeze: text("How the guest's file systems are made still.", {
      attribute: "FS_FREEZE",
      sticky: true,
      enum: {
        name: "BackupFreeze",
        description: "How file systems are made still.",
        values: { None: "NONE", Agent: "AGENT", Suspend: "SUSPEND" },
      },
    }),
    volatileDisks: flag("Back up volatile disks too.", { attribute: "BACKUP_VOLATILE", sticky: true }),
    priority: integer("0 to 99; higher comes first.", {
      attribute: "PRIORITY",
      minimum: 0,
      maximum: 99,
      sticky: true,
      read: (object) => object.int("PRIORITY", 50),
      apply: callWith("one.backupjob.priority"),
    }),
    schedule: schedule("backupjob", "When it runs."),
    ...attributesProperty(),
    ...lockProperty("backupjob"),
    ...ownership("backupjob"),
  },
  outputs: { backupJobId: idOutput("oned's number of the job."), ...OWNERSHIP_OUTPUTS },
};

export const DOCUMENT: Kind = {
  name: "Document",
  word: "document",
  api: "document",
  description: "A document: attributes, and a body of any JSON, of an application's own type.",
  importId: "the number of the document",
  marked: "allocate",
  unique: false,
  inputs: {
    ...nameProperty("document", "Name of the document."),
    type: integer("Type: a number of the application's own; 100 to 103 are OpenNebula's.", {
      required: true,
      immutable: true,
      minimum: 0,
      read: (object) => object.int("TYPE", -1),
    }),
    body: { type: "json", description: "Any JSON.", attribute: "BODY", retold: true },
    ...attributesProperty(),
    ...lockProperty("document"),
    ...ownership("document"),
  },
  outputs: { documentId: idOutput("oned's number of the document."), ...OWNERSHIP_OUTPUTS },
  calls: {
    allocate: async (call, wish, template) => allocate(call, "one.document.allocate", template, Number(wish["type"])),
    candidates: async (call, wish) => {
      const members = await listObjects(call, "document", [-2, -1, -1, Number(wish["type"])]);
      return members
        .filter((one) => one.value("NAME") === wish["name"])
        .map((object) => ({ id: object.value("ID"), object }));
    },
  },
};
