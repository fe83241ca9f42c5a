// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import type { HostOutputs } from "../baremetal/outputs";
import { confirmLayer, convergeLayer } from "../host";
import { planSecurity, type SecurityPlanArgs } from "./plan";
import { auditProgram, firewallProgram, secretAgeProgram } from "./program";
import { renderSecurity } from "./render";

export interface SecurityArgs {
  /** Arguments of each host's plan by name. Plain, because it decides how many resources there are. */
  hosts: Record<string, SecurityPlanArgs>;
  /** The same hosts as the bare-metal layer left them. */
  servers: Record<string, HostOutputs>;
}

/**
 * The last layer of every host: firewall, audit, hardening. Each change of rules or of sshd's settings is taken back by the host itself unless a new login, through the new
 * rules, confirms it.
 */
export class Security extends pulumi.ComponentResource {
  constructor(name: string, args: SecurityArgs, opts?: pulumi.ComponentResourceOptions) {
    const adminNetworks = Object.values(args.hosts)[0]?.firewall?.adminNetworks ?? [];
    super("opennebula-scaleway:index:Security", name, { hosts: Object.keys(args.hosts), adminNetworks }, opts);
    const values = {
      "security.firewallProgram": firewallProgram(),
      "security.auditProgram": auditProgram(),
      "security.secretAgeProgram": secretAgeProgram(),
    };
    for (const [host, spec] of Object.entries(args.hosts)) {
      const { connection, server, ready } = args.servers[host]!;
      const onHost = { parent: this, deletedWith: server };
      const layer = convergeLayer(
        `${name}-${host}`,
        {
          host,
          layer: "security",
          connection,
          state: renderSecurity(planSecurity(spec)),
          values,
        },
        { ...onHost, dependsOn: [ready] },
      );
      confirmLayer(
        `${name}-${host}-confirm`,
        { host, layer: "security", connection, applied: layer, dial: { retries: 2, seconds: 8 } },
        onHost,
      );
    }
    this.registerOutputs({});
  }
}
