// SPDX-License-Identifier: Apache-2.0

/** What OneFlow takes as a service template, and what it keeps of a service. */
import Ajv from "ajv";

/** Services, and their roles as far as they have these states. */
export enum State {
  Pending = 0,
  Deploying = 1,
  Running = 2,
  Undeploying = 3,
  Warning = 4,
  Done = 5,
  FailedUndeploying = 6,
  FailedDeploying = 7,
  Scaling = 8,
  FailedScaling = 9,
  Cooldown = 10,
}

export interface Role {
  name: string;
  type: "vm";
  template_id: number;
  cardinality: number;
  template_contents?: Record<string, unknown>;
  parents?: string[];
  cooldown?: number;
  min_vms?: number;
  max_vms?: number;
  shutdown_action?: string;
  [further: string]: unknown;
}

export interface ServiceTemplate {
  name: string;
  deployment: "none" | "straight";
  roles: Role[];
  registration_time?: number;
  [further: string]: unknown;
}

export interface ServiceRole extends Role {
  state: State;
  /** The number that the next VM gets in its name. */
  last_vmname: number;
  nodes: { deploy_id: number; vm_info: { VM: { ID: string; NAME: string } } }[];
}

export interface Service extends ServiceTemplate {
  state: State;
  start_time: number;
  roles: ServiceRole[];
  /** Seconds since 1970 until which a scaled service rests. */
  cooldown_end?: number;
  log: { timestamp: number; severity: "I" | "E"; message: string }[];
}

const count = { type: "integer", minimum: 0 };
const roleSchema = {
  type: "object",
  required: ["name", "type", "template_id"],
  properties: {
    name: { type: "string", pattern: "^\\w+$" },
    // OneFlow has roles of virtual routers too; this stand-in has not.
    type: { const: "vm" },
    template_id: { type: "integer" },
    cardinality: { ...count, default: 0 },
    template_contents: { type: "object" },
    parents: { type: "array", items: { type: "string" } },
    shutdown_action: { enum: ["terminate", "terminate-hard", "shutdown", "shutdown-hard"] },
    min_vms: count,
    max_vms: count,
    cooldown: count,
    on_hold: { type: "boolean" },
  },
};
const validator = new Ajv({ useDefaults: true, allErrors: true }).compile({
  type: "object",
  required: ["name", "roles"],
  properties: {
    name: { type: "string", minLength: 1 },
    deployment: { enum: ["none", "straight"], default: "none" },
    description: { type: "string", default: "" },
    roles: { type: "array", items: roleSchema },
    ready_status_gate: { type: "boolean" },
    automatic_deletion: { type: "boolean" },
    networks: { type: "object" },
    networks_values: { type: "array", items: { type: "object" } },
  },
});

/** What OneFlow refuses with 400. */
export class NoTemplate extends Error {}

/** A service template with OneFlow's defaults in it. @throws NoTemplate with every mistake */
export function serviceTemplate(value: unknown): ServiceTemplate {
  const template: unknown = structuredClone(value);
  if (validator(template)) return template as ServiceTemplate;
  const mistakes = (validator.errors ?? []).map(({ instancePath, message }) => `KEY: '${instancePath}' ${message}`);
  throw new NoTemplate(mistakes.join("; "));
}
