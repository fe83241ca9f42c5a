// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { services, type OperatingSystem } from "../../catalogue";
import { convergeLayer, type HostConnection } from "../host";
import { mergeStates, mergeValues, type Contribution } from "../host/merge";
import type { OpenNebulaRepository } from "../host/opennebula-repository";
import type { FrontendOutputs } from "./outputs";
import { planFrontend } from "./plan";
import { renderFrontend } from "./render";

export interface FrontendHost {
  /** Name of the host that becomes the front-end. */
  name: string;
  os: OperatingSystem;
  managementAddress: string;
  connection: HostConnection;
  /** What must be done before anything is installed. */
  ready: pulumi.Resource;
  /** The machine itself: everything here goes with it. */
  server: pulumi.Resource;
}

export interface FrontendArgs {
  host: FrontendHost;
  /** OpenNebula series: `7.0`, `7.2` or `7.4`. */
  version: string;
  /** Where the packages come from. @default the vendor's repository */
  repository?: OpenNebulaRepository;
  /** Private DNS domain of the hosts. */
  domain: string;
  /** Keep a log of every change of the database, from which a backup is continued. @default false */
  binaryLog?: boolean;
  /** Further top-level settings of oned.conf. @default none */
  onedSettings?: Record<string, string | number>;
  /** What goes along in the same command: the TLS proxy. @default nothing */
  contributions?: Contribution[];
}

/** oned with its database, OneGate, OneFlow and FireEdge, and the name server of the hosts. */
export class Frontend extends pulumi.ComponentResource implements FrontendOutputs {
  readonly endpoint: string;
  readonly username = "oneadmin";
  readonly password: pulumi.Output<string>;
  readonly connection: HostConnection;
  readonly oneadminPublicKey: pulumi.Output<string>;
  readonly ready: pulumi.Resource;
  readonly server: pulumi.Resource;

  constructor(name: string, args: FrontendArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, version, domain, contributions = [] } = args;
    super("opennebula-scaleway:index:Frontend", name, { host: host.name, version }, opts);
    const parent = { parent: this };
    // Letters and digits only: the password stands in oned.conf, SQL and one_auth, where quoting rules differ.
    const password = (purpose: string): random.RandomPassword =>
      new random.RandomPassword(`${name}-${purpose}`, { length: 32, special: false }, parent);
    const db = password("db-password");
    const oneadmin = password("oneadmin-password");
    const key = new tls.PrivateKey(`${name}-oneadmin-key`, { algorithm: "ED25519" }, parent);

    const plan = planFrontend({
      host: host.name,
      os: host.os,
      managementAddress: host.managementAddress,
      version,
      repository: args.repository,
      domain,
      binaryLog: args.binaryLog ?? false,
      onedSettings: args.onedSettings ?? {},
    });
    const layer = convergeLayer(
      `${name}-${host.name}`,
      {
        host: host.name,
        layer: "frontend",
        connection: host.connection,
        state: mergeStates([renderFrontend(plan), ...contributions.map(({ state }) => state)]),
        values: {
          ...mergeValues(contributions),
          "db.password": db.result,
          "oneadmin.password": oneadmin.result,
          "oneadmin.privateKey": key.privateKeyOpenssh,
          "oneadmin.publicKey": trimmed(key.publicKeyOpenssh),
        },
      },
      { ...parent, dependsOn: [host.ready], deletedWith: host.server },
    );
    this.endpoint = `http://${plan.bind.oned}:${services.oned.port}/RPC2`;
    this.password = pulumi.secret(oneadmin.result);
    this.connection = host.connection;
    this.oneadminPublicKey = trimmed(key.publicKeyOpenssh);
    this.ready = layer.command;
    this.server = host.server;
    this.registerOutputs({ endpoint: this.endpoint, username: this.username });
  }
}

function trimmed(text: pulumi.Output<string>): pulumi.Output<string> {
  return text.apply((value) => value.trim());
}
