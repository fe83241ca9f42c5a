// SPDX-License-Identifier: Apache-2.0
import { PROVIDER_NAME, PROVIDER_VERSION, TOKENS } from "./types";

/** One property: what `Check` demands of it and what the schema says of it. */
export interface PropertyDefinition {
  type: "string" | "integer" | "stringMap" | "object";
  description: string;
  required?: boolean;
  secret?: boolean;
  default?: string | number;
  /** Fields of an `object`. */
  fields?: Properties;
}

export type Properties = Record<string, PropertyDefinition>;

export interface ResourceDefinition {
  description: string;
  inputs: Properties;
  /** What exists only after creation; every input is an output as well. */
  outputs: Properties;
}

/** The provider's configuration. */
export const CONFIGURATION: Properties = {
  endpoint: {
    type: "string",
    description: "oned's XML-RPC address, as the SSH hop sees it if there is one.",
    default: "http://127.0.0.1:2633/RPC2",
  },
  username: { type: "string", description: "OpenNebula user.", default: "oneadmin" },
  password: { type: "string", description: "Password or login token of the user.", required: true, secret: true },
  ssh: {
    type: "object",
    description: "SSH server through which oned is reached; its port need not be public.",
    fields: {
      host: { type: "string", description: "Name or address.", required: true },
      port: { type: "integer", description: "TCP port.", default: 22 },
      user: { type: "string", description: "Login user.", required: true },
      privateKey: {
        type: "string",
        description: "Private key in OpenSSH or PEM form, without a passphrase.",
        required: true,
        secret: true,
      },
      hostKey: {
        type: "string",
        description: "The server's public key, one a line while keys are being changed. Nothing else is accepted.",
        required: true,
      },
    },
  },
};

/** Every resource type, by token. */
export const RESOURCES: Record<string, ResourceDefinition> = {
  [TOKENS.host]: {
    description:
      "A hypervisor that oned manages. Creation waits until oned monitors it (state `on`); deletion disables it first and refuses " +
      "while VMs are on it.",
    inputs: {
      name: {
        type: "string",
        description: "What oned calls the host and resolves to reach it. Unique.",
        required: true,
      },
      imMad: { type: "string", description: "Driver that collects the host's data.", default: "kvm" },
      vmMad: { type: "string", description: "Driver that runs VMs.", default: "kvm" },
      cluster: {
        type: "string",
        description:
          "Name or id of the cluster. Left out: oned's default cluster, and whatever cluster the host is moved to later.",
      },
      attributes: {
        type: "stringMap",
        description: "Template attributes. Those that the program does not name are left alone.",
      },
    },
    outputs: {
      hostId: { type: "integer", description: "oned's number for the host.", required: true },
      clusterId: { type: "integer", description: "Number of the host's cluster.", required: true },
      clusterName: { type: "string", description: "Name of the host's cluster.", required: true },
      state: {
        type: "string",
        description: "As `onehost list` shows it: `on`, `init`, `err`, `dsbl`, `off`.",
        required: true,
      },
    },
  },
};

/** The schema that `pulumi package` makes SDKs of. */
export function renderSchema(): object {
  return {
    name: PROVIDER_NAME,
    version: PROVIDER_VERSION,
    description: "Objects of an OpenNebula cloud, through oned's XML-RPC interface.",
    license: "Apache-2.0",
    config: { variables: variables(CONFIGURATION), defaults: required(CONFIGURATION) },
    types: objectTypes(CONFIGURATION),
    provider: { inputProperties: variables(CONFIGURATION), requiredInputs: required(CONFIGURATION) },
    resources: Object.fromEntries(
      Object.entries(RESOURCES).map(([token, { description, inputs, outputs }]) => [
        token,
        {
          description,
          inputProperties: variables(inputs),
          requiredInputs: required(inputs),
          properties: { ...variables(inputs, false), ...variables(outputs) },
          // What has a default is always there afterwards.
          required: [...required(inputs), ...defaulted(inputs), ...required(outputs)],
        },
      ]),
    ),
  };
}

function required(properties: Properties): string[] {
  return Object.keys(properties).filter((name) => properties[name]?.required === true);
}

function defaulted(properties: Properties): string[] {
  return Object.keys(properties).filter((name) => properties[name]?.default !== undefined);
}

function variables(properties: Properties, withDefaults = true): object {
  const one = (name: string, { type, description, secret, ...rest }: PropertyDefinition): object => ({
    ...wireType(name, type),
    description,
    ...(withDefaults && rest.default !== undefined ? { default: rest.default } : {}),
    ...(secret === true ? { secret } : {}),
  });
  return Object.fromEntries(Object.entries(properties).map(([name, definition]) => [name, one(name, definition)]));
}

function wireType(name: string, type: PropertyDefinition["type"]): object {
  if (type === "stringMap") return { type: "object", additionalProperties: { type: "string" } };
  if (type === "object") return { $ref: `#/types/${objectToken(name)}` };
  return { type };
}

function objectTypes(properties: Properties): object {
  const objects = Object.entries(properties).flatMap(([name, { fields, description }]) =>
    fields === undefined
      ? []
      : [
          [
            objectToken(name),
            { type: "object", description, properties: variables(fields), required: required(fields) },
          ],
        ],
  );
  return Object.fromEntries(objects) as object;
}

function objectToken(name: string): string {
  return `${PROVIDER_NAME}:index:${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
