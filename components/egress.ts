// SPDX-License-Identifier: Apache-2.0
import {
  AcmeChallenge,
  CertificateSource,
  cloudDefaults,
  Destination,
  GRAFANA_REPOSITORY,
  GrafanaMode,
  LETS_ENCRYPT,
  type Endpoint,
} from "../catalogue";
import { storageEndpoint } from "./backup/plan";
import type { MonitoringArgs } from "./monitoring/plan";
import { VENDOR_REPOSITORY } from "./host/opennebula-repository";
import type { OpenNebulaCloudArgs } from "./opennebula-cloud-args";

/** Ports that a URL need not name. */
const SCHEME_PORTS: Record<string, number> = { "http:": 80, "https:": 443, "smtp:": 25, "smtps:": 465 };

/**
 * What the stack file names for each configured destination. An empty list leaves it to the host's own configuration (apt sources,
 * resolvers, time servers) or, where there is none, means that nothing of it is allowed.
 */
export function configuredDestinations(args: OpenNebulaCloudArgs): Record<Destination, Endpoint[]> {
  const { networks = {}, opennebula = {}, tls = {} } = args;
  const repository = opennebula.repository ?? VENDOR_REPOSITORY;
  const acme = (tls.enabled ?? true) && tls.mode === CertificateSource.Acme ? (tls.acme ?? {}) : undefined;
  const callsScaleway = Object.keys(networks.flexibleIps ?? {}).length > 0 || acme?.challenge === AcmeChallenge.Dns01;
  return {
    [Destination.Packages]: args.packageProxy === undefined ? [] : [endpointOf(args.packageProxy)],
    [Destination.OpenNebulaRepository]: [endpointOf(repository.url), endpointOf(repository.keyUrl)],
    [Destination.Resolvers]: (networks.nameservers ?? []).map((host) => ({ host, port: 53 })),
    [Destination.TimeServers]: (args.timeServers ?? []).map((host) => ({ host, port: 123 })),
    [Destination.ObjectStorage]: args.backups ? [endpointOf(storageEndpoint(args.backups, args.zone))] : [],
    [Destination.Alerts]: args.monitoring ? alertEndpoints(args.monitoring) : [],
    [Destination.GrafanaRepository]: args.monitoring ? grafanaEndpoints(args.monitoring) : [],
    [Destination.ScalewayApi]: callsScaleway ? [endpointOf(networks.scalewayApi ?? cloudDefaults.scalewayApi)] : [],
    [Destination.AcmeDirectory]: acme ? [endpointOf(acme.directory ?? LETS_ENCRYPT)] : [],
  };
}

function grafanaEndpoints({ grafana, grafanaRepository = GRAFANA_REPOSITORY }: MonitoringArgs): Endpoint[] {
  const { url, keyUrl } = grafanaRepository;
  return grafana === GrafanaMode.Off ? [] : [endpointOf(url), endpointOf(keyUrl)];
}

const SLACK = "hooks.slack.com:443";

/** The addresses of webhooks are secrets; who may be reached is plain. */
function alertEndpoints({ alerts = {}, remoteWrite, webhookHosts }: MonitoringArgs): Endpoint[] {
  const { email, slack } = alerts;
  const hosts = [...(email ? [email.smarthost] : []), ...(webhookHosts ?? (slack ? [SLACK] : []))].map((text) =>
    endpointOf(`tcp://${text}`),
  );
  return remoteWrite === undefined ? hosts : [...hosts, endpointOf(remoteWrite)];
}

/**
 * Host and port of a URL; the scheme's own port where it names none.
 *
 * @throws Error for a scheme without a known port.
 */
export function endpointOf(url: string): Endpoint {
  const { protocol, hostname, port } = new URL(url);
  const number = port === "" ? SCHEME_PORTS[protocol] : Number(port);
  if (number === undefined) throw new Error(`${protocol} URLs must name their port`);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: number };
}
