// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { Access } from "./access";
import { BareMetal, type HostOutputs } from "./baremetal";
import { Backup } from "./backup";
import { Provider } from "./cloud";
import { VmNetworks } from "./cloud/networks";
import { cloudFacts } from "./cloud-facts";
import { planCloud } from "./cloud-plan";
import { flexibleIpDriver } from "./flexible-ip";
import { Frontend } from "./frontend";
import type { LayerHost } from "./host";
import type { Contribution } from "./host/merge";
import { HostList } from "./host-list";
import { HostRegistrations, Hypervisors } from "./hypervisor";
import { Grafana, MonitoringLayer, renderTargets, type GrafanaOutputs, type MonitoringPages } from "./monitoring";
import { Logs } from "./logs";
import { Network } from "./network";
import { TlsProxy, type TlsOutputs } from "./tls";
import type { OpenNebulaCloudArgs } from "./opennebula-cloud-args";
import { CollectedCredentials, SecretManager } from "./secrets";
import { Security } from "./security";

/** A whole OpenNebula cloud on Scaleway Elastic Metal: network, servers, front-end, hypervisors. */
export class OpenNebulaCloud extends pulumi.ComponentResource {
  /** By host name. */
  readonly hosts: Record<string, HostOutputs>;
  readonly frontend: Frontend;
  /** Private key that logs in to every host as `admin.user`. */
  readonly deployKey: pulumi.Output<string>;
  /** The `@cert-authority` line that recognises every host. */
  readonly knownHosts: pulumi.Output<string>;
  /** Public addresses reserved for VMs, by name. */
  readonly flexibleIps: Record<string, pulumi.Output<string>>;
  /** OpenNebula's networks for VMs: numbers in oned by name. */
  readonly networkIds: Record<string, pulumi.Output<number>>;
  /** The TLS proxy; undefined where it is switched off. */
  readonly tls?: TlsOutputs;
  /** Pages of monitoring behind the TLS proxy; undefined where there are none. */
  readonly monitoringPages?: MonitoringPages;
  /** Undefined where nobody wants it. */
  readonly grafana?: GrafanaOutputs;
  /** How backups are opened; undefined where there are none. */
  readonly backups?: Backup;
  /** Ids in oned by host name. */
  readonly hostIds: Record<string, pulumi.Output<number>>;
  /** Generated passwords of people in OpenNebula, by login name. */
  readonly userPasswords: Record<string, pulumi.Output<string>>;

  constructor(name: string, args: OpenNebulaCloudArgs, opts?: pulumi.ComponentResourceOptions) {
    const plan = planCloud(args);
    const credentials = new CollectedCredentials();
    super(
      "opennebula-scaleway:index:OpenNebulaCloud",
      name,
      cloudFacts(args, plan),
      pulumi.mergeOptions(opts, { transformations: [credentials.collect] }),
    );
    const parent = { parent: this };

    const network = new Network(`${name}-network`, { ...plan.network, hosts: plan.hosts }, parent);
    const baremetal = new BareMetal(
      `${name}-host`,
      {
        ...plan.servers,
        hosts: plan.hosts,
        projectId: args.projectId,
        billing: args.billing,
        protected: args.protect,
        adminUser: plan.admin.user,
        adminKeys: plan.admin.keys,
        network,
      },
      parent,
    );
    const { host: frontendName, os, ...frontendPlan } = plan.frontend;
    if (plan.tls) {
      const { publicAddress } = baremetal.hosts[frontendName]!;
      const { certificate, key } = args.tls ?? {};
      this.tls = new TlsProxy(`${name}-tls`, { ...plan.tls, publicAddress, certificate, key }, parent);
    }
    const frontend = new Frontend(
      `${name}-frontend`,
      {
        ...frontendPlan,
        host: { ...baremetal.hosts[frontendName]!, name: frontendName, os },
        contributions: this.tls ? [this.tls.contribution] : [],
      },
      parent,
    );
    const oned = new Provider(
      `${name}-oned`,
      {
        endpoint: frontend.endpoint,
        username: frontend.username,
        password: frontend.password,
        ssh: frontend.connection,
      },
      parent,
    );
    const hypervisors = new Hypervisors(
      `${name}-hypervisor`,
      {
        hosts: Object.fromEntries(
          Object.values(plan.hypervisors).map((spec) => [
            spec.host,
            { ...baremetal.hosts[spec.host]!, os: spec.os, sharesFrontend: spec.sharesFrontend },
          ]),
        ),
        version: plan.frontend.version,
        repository: plan.frontend.repository,
        flexibleIps: Object.values(plan.hypervisors)[0]?.flexibleIps,
        frontend,
      },
      parent,
    );
    const ofEachHost: Contribution[] = [];
    if (plan.monitoring) ofEachHost.push({ state: renderTargets(plan.monitoring) });
    if (plan.flexibleIps) {
      const serverIds = Object.fromEntries(
        Object.keys(plan.hypervisors).map((host) => [host, baremetal.hosts[host]!.serverId]),
      );
      const { flexibleIpKeys: keys } = hypervisors;
      const { password: oneadminPassword } = frontend;
      ofEachHost.push(flexibleIpDriver({ ...plan.flexibleIps, network, oneadminPassword, keys, serverIds }));
    }
    const hostList = new HostList(
      `${name}-host-list`,
      { ...plan.hostNames, frontend, after: Object.values(hypervisors.installed), contributions: ofEachHost },
      parent,
    );
    const registrations = new HostRegistrations(
      `${name}-registration`,
      { hypervisors, frontend, after: [hostList.ready] },
      { ...parent, providers: { opennebula: oned } },
    );
    const installed: pulumi.Resource[] = [frontend, hypervisors, hostList, registrations];
    // One layer after the other on a host. No host waits for another: with a thousand of them each would name every other.
    const layers = Object.fromEntries(
      Object.entries(baremetal.hosts).map(([host, { ready }]) => {
        const made = [ready, ...(host === frontendName ? [frontend.ready] : []), hypervisors.installed[host]];
        return [host, made.filter((one) => one !== undefined)];
      }),
    );
    const machines = (): Record<string, LayerHost> =>
      Object.fromEntries(
        Object.entries(baremetal.hosts).map(([host, { connection, server }]) => [
          host,
          { connection, server, ready: [...layers[host]!] },
        ]),
      );
    if (plan.logs) {
      // What logs is there before it is read.
      const logs = new Logs(`${name}-logs`, { ...plan.logs, machines: machines() }, parent);
      for (const [host, ready] of Object.entries(logs.ready)) layers[host]!.push(ready);
      installed.push(logs);
    }
    if (plan.monitoring) {
      const monitoring = new MonitoringLayer(
        `${name}-monitoring`,
        {
          ...plan.monitoring,
          secrets: args.monitoring?.secrets,
          publicAddress: baremetal.hosts[frontendName]!.publicAddress,
          hosts: Object.fromEntries(
            Object.entries(machines()).map(([host, machine]) => {
              // Whoever watches them all begins when oned knows them all: none is missed meanwhile.
              const known = host === frontendName ? Object.values(registrations.ready) : [registrations.ready[host]!];
              return [host, { ...plan.monitoring!.hosts[host]!, ...machine, ready: [...machine.ready, ...known] }];
            }),
          ),
        },
        { ...parent, providers: { opennebula: oned } },
      );
      this.monitoringPages = monitoring.pages;
      for (const [host, ready] of Object.entries(monitoring.ready)) layers[host]!.push(ready);
      installed.push(monitoring);
    }
    if (plan.backups) {
      this.backups = new Backup(
        `${name}-backup`,
        { ...plan.backups, hosts: machines(), after: [frontend, registrations] },
        { ...parent, providers: { opennebula: oned } },
      );
      installed.push(this.backups);
    }
    // Last on every host: it closes what the others have opened.
    const security = new Security(
      `${name}-security`,
      { hosts: plan.security, servers: baremetal.hosts },
      { ...parent, dependsOn: installed },
    );
    this.hosts = baremetal.hosts;
    this.frontend = frontend;
    this.deployKey = baremetal.deployKey;
    this.knownHosts = baremetal.knownHosts;
    const networks = new VmNetworks(
      `${name}-vms`,
      { networks: plan.vmNetworks, flexibleIps: network.flexibleIps },
      // With the front-end's machine oned and all that is in it goes.
      { ...parent, providers: { opennebula: oned }, dependsOn: [frontend.ready], deletedWith: frontend.server },
    );
    this.flexibleIps = Object.fromEntries(
      Object.entries(network.flexibleIps).map(([ip, { address }]) => [ip, address]),
    );
    this.networkIds = networks.networkIds;
    const access =
      args.access &&
      new Access(
        `${name}-access`,
        {
          ...args.access,
          networkIds: networks.networkIds,
          privateNetworks: Object.keys(args.networks?.vxlan ?? {}),
        },
        { ...parent, providers: { opennebula: oned }, dependsOn: [frontend.ready], deletedWith: frontend.server },
      );
    this.userPasswords = access?.passwords ?? {};
    this.hostIds = registrations.hostIds;
    if (plan.grafana) {
      const { connection, publicAddress, server } = baremetal.hosts[frontendName]!;
      // After everything that can fail for another reason than its vendor's.
      this.grafana = new Grafana(
        `${name}-grafana`,
        { ...plan.grafana, host: frontendName, connection, publicAddress, server },
        { ...parent, dependsOn: [security, networks, ...(access ? [access] : [])] },
      ).outputs;
    }
    // Last: by now every credential is made.
    if (plan.secretManager)
      new SecretManager(`${name}-secrets`, { ...plan.secretManager, credentials: credentials.found }, parent);
    this.registerOutputs({ flexibleIps: this.flexibleIps, hostIds: this.hostIds, networkIds: this.networkIds });
  }
}
