// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { convergeLayer, type LayerHost } from "../host";
import { derivedEd25519 } from "../host/derived-keys";
import { serviceAuthority, serviceCertificate } from "../host/x509";
import { planLogs, type LogsPlanArgs } from "./plan";
import { logsProgram } from "./program";
import { renderLogs } from "./render";

export interface LogsArgs extends LogsPlanArgs {
  /** The same hosts as in `hosts`, by name. */
  machines: Record<string, LayerHost>;
}

const AUTHORITY = "logs.opennebula-scaleway";

/** Every host's records: kept on it, sent to the front-end over TLS with certificates on both sides, and the front-end's elsewhere. */
export class Logs extends pulumi.ComponentResource {
  /** Done when the host keeps and sends its records, by host name. */
  readonly ready: Record<string, pulumi.Resource> = {};

  constructor(name: string, args: LogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("opennebula-scaleway:index:Logs", name, { hosts: Object.keys(args.hosts) }, opts);
    const parent = { parent: this };
    const authority = new tls.PrivateKey(`${name}-authority`, { algorithm: "ED25519" }, parent);
    const program = logsProgram();
    for (const plan of planLogs(args)) {
      const { host, fqdn, source } = plan;
      const { connection, ready, server } = args.machines[host]!;
      const key = authority.privateKeyPem.apply((pem) => derivedEd25519(pem, `logs of ${host}`));
      const certificate = pulumi
        .all([authority.privateKeyPem, key])
        .apply(([authorityKey, own]) =>
          serviceCertificate({ authorityKey, authority: AUTHORITY, key: own, name: fqdn, unit: source }),
        );
      const layer = convergeLayer(
        `${name}-${host}`,
        {
          host,
          layer: "logs",
          connection,
          state: renderLogs(plan),
          values: {
            "logs.program": program,
            "logs.authority": pulumi.unsecret(authority.privateKeyPem.apply((pem) => serviceAuthority(pem, AUTHORITY))),
            [`${host}.logs.certificate`]: pulumi.unsecret(certificate),
            [`${host}.logs.key`]: key,
          },
        },
        { ...parent, dependsOn: ready, deletedWith: server },
      );
      this.ready[host] = layer.command;
    }
    this.registerOutputs({});
  }
}
