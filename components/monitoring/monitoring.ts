// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as cloud from "../cloud";
import { convergeLayer, type LayerHost } from "../host";
import { exporterProgram } from "./exporter";
import { htpasswd, pageUrl, PAGES_USER, type pages } from "./pages";
import { planMonitoring, type MonitoringPlanArgs } from "./plan";
import { renderMonitoring } from "./render";

/** What monitoring needs to reach people. */
export interface MonitoringSecrets {
  /** Password at the mail server. */
  smtpPassword?: pulumi.Input<string>;
  /** Address of the chat's incoming webhook. */
  slackWebhook?: pulumi.Input<string>;
  /** Address that the dead-man's switch listens on. */
  deadManUrl?: pulumi.Input<string>;
}

export interface MonitoringLayerArgs extends Omit<MonitoringPlanArgs, "hosts"> {
  /** By name. Plain in structure, because it decides how many commands there are. */
  hosts: Record<string, LayerHost & { managementAddress: string; hypervisor: boolean }>;
  secrets?: MonitoringSecrets;
  /** The front-end's public address. */
  publicAddress: pulumi.Input<string>;
}

/** How people see the pages. */
export interface MonitoringPages {
  prometheus: pulumi.Output<string>;
  alertmanager: pulumi.Output<string>;
  username: string;
  /** A secret. */
  password: pulumi.Output<string>;
}

/** What the exporter's rule covers; everything that it counts. Not users: who may see them sees their login tokens. */
const SEEN = "VM+HOST+NET+IMAGE+TEMPLATE+GROUP+DATASTORE+CLUSTER+ZONE+BACKUPJOB/* USE";

/** Prometheus, Alertmanager and exporters: who looks at what, and who is told. */
export class MonitoringLayer extends pulumi.ComponentResource {
  /** Undefined where no proxy serves them. */
  readonly pages?: MonitoringPages;
  /** Done when the host is watched, by host name. */
  readonly ready: Record<string, pulumi.Resource> = {};

  constructor(name: string, args: MonitoringLayerArgs, opts?: pulumi.ComponentResourceOptions) {
    const { hosts, secrets = {}, publicAddress, ...rest } = args;
    const plan = planMonitoring({
      ...rest,
      hosts: Object.fromEntries(
        Object.entries(hosts).map(([host, { managementAddress, hypervisor }]) => [
          host,
          { managementAddress, hypervisor },
        ]),
      ),
    });
    const { routing } = plan;
    super(
      "opennebula-scaleway:index:MonitoringLayer",
      name,
      {
        hosts: Object.keys(hosts),
        thresholds: plan.model.thresholds,
        receivers: Object.entries(routing).flatMap(([way, on]) => (on ? [way] : [])),
      },
      opts,
    );
    const password = plan.pages && this.password(`${name}-pages`);
    const account = this.exporterAccount(name, hosts[args.frontend]!);
    const { smtpPassword, slackWebhook, deadManUrl } = secrets;
    const values: Record<string, pulumi.Input<string>> = {
      "exporter.program": exporterProgram(),
      "exporter.username": account.username,
      "exporter.password": account.password,
      "monitoring.publicAddress": publicAddress,
      ...(password && { "monitoring.pagesLogin": password.apply((plain) => htpasswd(PAGES_USER, plain)) }),
      ...(smtpPassword !== undefined && { "monitoring.smtpPassword": smtpPassword }),
      ...(slackWebhook !== undefined && { "monitoring.slackWebhook": slackWebhook }),
      ...(deadManUrl !== undefined && { "monitoring.deadManUrl": deadManUrl }),
    };
    for (const [host, { connection, ready, server }] of Object.entries(hosts)) {
      const layer = convergeLayer(
        `${name}-${host}`,
        { host, layer: "monitoring", connection, state: renderMonitoring(plan, host), values },
        { parent: this, dependsOn: ready, deletedWith: server },
      );
      this.ready[host] = layer.command;
    }
    if (password) {
      const url = (page: keyof typeof pages): pulumi.Output<string> =>
        pulumi.output(publicAddress).apply((address) => pageUrl(plan.pages, address, page));
      this.pages = {
        prometheus: url("prometheus"),
        alertmanager: url("alertmanager"),
        username: PAGES_USER,
        password,
      };
    }
    this.registerOutputs({ pages: this.pages });
  }

  /** A generated password; letters and digits, because it ends in files of several syntaxes. */
  private password(name: string): pulumi.Output<string> {
    const { result } = new random.RandomPassword(name, { length: 32, special: false }, { parent: this });
    return pulumi.secret(result);
  }

  /** A login in oned that sees what it counts, and changes nothing. */
  private exporterAccount(
    name: string,
    { ready, server }: LayerHost,
  ): { username: string; password: pulumi.Output<string> } {
    const opts = { parent: this, dependsOn: ready, deletedWith: server };
    const username = "exporter";
    const group = new cloud.Group(
      `${name}-exporter`,
      { name: "monitoring", defaultAcls: false, defaultVdc: false },
      opts,
    );
    new cloud.Acl(`${name}-exporter`, { rule: pulumi.interpolate`@${group.id} ${SEEN} *` }, opts);
    const result = this.password(`${name}-exporter`);
    const user = new cloud.User(`${name}-exporter`, { name: username, password: result, primaryGroup: group.id }, opts);
    return { username, password: pulumi.all([result, user.id]).apply(([password]) => password) };
  }
}
