// SPDX-License-Identifier: Apache-2.0
// The objects of the account in the API's own names (snake_case), and what the emulator remembers beside them.
import type { JsonObject } from "./json";

/** `api` is what a GET shows, `scope` the zone or region it lives in ("" where there is none), `seq` the order of creation. */
export interface Row<Api, Internal = undefined> {
  id: string;
  seq: number;
  scope: string;
  api: Api;
  internal: Internal;
}

export interface Dated {
  created_at: string;
  updated_at: string;
}

export interface Project extends Dated {
  id: string;
  name: string;
  organization_id: string;
  description: string;
}

export interface Application extends Dated {
  id: string;
  name: string;
  description: string;
  organization_id: string;
  editable: boolean;
  deletable: boolean;
  managed: boolean;
  nb_api_keys: number;
  tags: string[];
}

export interface Group extends Dated {
  id: string;
  organization_id: string;
  name: string;
  description: string;
  user_ids: string[];
  application_ids: string[];
  tags: string[];
  editable: boolean;
  deletable: boolean;
  managed: boolean;
}

export interface PolicyRule {
  id: string;
  permission_set_names: string[];
  permission_sets_scope_type: string;
  condition: string;
  project_ids?: string[];
  organization_id?: string;
}

export interface Policy extends Dated {
  id: string;
  name: string;
  description: string;
  organization_id: string;
  editable: boolean;
  deletable: boolean;
  managed: boolean;
  nb_rules: number;
  nb_scopes: number;
  nb_permission_sets: number;
  tags: string[];
  user_id?: string;
  group_id?: string;
  application_id?: string;
  no_principal?: boolean;
}

export interface ApiKey extends Dated {
  access_key: string;
  secret_key: string | null;
  description: string;
  expires_at: string | null;
  default_project_id: string;
  editable: boolean;
  deletable: boolean;
  managed: boolean;
  creation_ip: string;
  application_id?: string;
  user_id?: string;
}

export interface SshKey extends Dated {
  id: string;
  name: string;
  public_key: string;
  fingerprint: string;
  organization_id: string;
  project_id: string;
  disabled: boolean;
}

export interface Vpc extends Dated {
  id: string;
  name: string;
  organization_id: string;
  project_id: string;
  region: string;
  tags: string[];
  is_default: boolean;
  private_network_count: number;
  routing_enabled: boolean;
  custom_routes_propagation_enabled: boolean;
  transitivity_enabled: boolean;
}

export interface Acl {
  default_policy: string;
  rules: JsonObject[];
}

export interface Subnet extends Dated {
  id: string;
  subnet: string;
  project_id: string;
  private_network_id: string;
  vpc_id: string;
  region: string;
}

export interface PrivateNetwork extends Dated {
  id: string;
  name: string;
  organization_id: string;
  project_id: string;
  region: string;
  tags: string[];
  subnets: Subnet[];
  vpc_id: string;
  dhcp_enabled: boolean;
  default_route_propagation_enabled: boolean;
}

export interface Route extends Dated {
  id: string;
  description: string;
  tags: string[];
  vpc_id: string;
  destination: string;
  nexthop_resource_id: string | null;
  nexthop_private_network_id: string | null;
  nexthop_vpc_connector_id: string | null;
  is_read_only: boolean;
  type: string;
  region: string;
}

export interface IpamResource {
  type: string;
  id: string;
  name: string | null;
  mac_address: string | null;
}

export interface IpamIp extends Dated {
  id: string;
  /** With prefix length: `172.16.0.2/22`. */
  address: string;
  project_id: string;
  is_ipv6: boolean;
  source: { subnet_id: string };
  resource: IpamResource | null;
  tags: string[];
  reverses: { hostname: string; address: string | null }[];
  region: string;
  zone: string | null;
}

export interface Install {
  os_id: string;
  hostname: string;
  user: string;
  ssh_key_ids: string[];
  status: "to_install" | "installing" | "completed" | "error";
  service_user: string;
  service_url: string;
  partitioning_schema: JsonObject | null;
}

export interface ServerOption {
  id: string;
  name: string;
  status: string;
  manageable: boolean;
  expires_at: string | null;
  private_network?: { bandwidth_in_bps: number };
  public_bandwidth?: { bandwidth_in_bps: number };
  remote_access?: Record<string, never>;
  license?: { os_id: string };
  certification?: Record<string, never>;
}

export interface ServerIp {
  id: string;
  address: string;
  reverse: string;
  version: "IPv4" | "IPv6";
  reverse_status: string;
  reverse_status_message: string;
}

export interface Server extends Dated {
  id: string;
  organization_id: string;
  project_id: string;
  name: string;
  description: string;
  status: string;
  offer_id: string;
  offer_name: string;
  tags: string[];
  ips: ServerIp[];
  domain: string;
  boot_type: string;
  zone: string;
  install: Install | null;
  ping_status: string;
  options: ServerOption[];
  rescue_server: JsonObject | null;
  protected: boolean;
  user_data: string | null;
}

export interface ServerPrivateNetwork extends Dated {
  id: string;
  project_id: string;
  server_id: string;
  private_network_id: string;
  ipam_ip_ids: string[];
  vlan: number;
  status: "attaching" | "attached" | "error" | "detaching" | "locked";
}

export interface FlexibleMac extends Dated {
  id: string;
  mac_address: string;
  mac_type: string;
  status: string;
  zone: string;
}

export interface FlexibleIp extends Dated {
  id: string;
  ip_address: string;
  status: "ready" | "updating" | "attached" | "detaching" | "error" | "locked";
  description: string;
  reverse: string;
  server_id: string | null;
  mac_address: FlexibleMac | null;
  tags: string[];
  organization_id: string;
  project_id: string;
  zone: string;
}

export interface DnsZone {
  domain: string;
  subdomain: string;
  ns: string[];
  ns_default: string[];
  ns_master: string[];
  status: "active" | "pending" | "error" | "locked";
  message: string | null;
  project_id: string;
  linked_products: string[];
  updated_at: string;
}

export interface DnsRecord {
  id: string;
  name: string;
  type: string;
  data: string;
  ttl: number;
  priority: number;
  comment: string | null;
  updated_at: string;
}

/** One secret of Secret Manager; what it holds is in its versions. */
export interface Secret {
  id: string;
  project_id: string;
  name: string;
  status: "ready" | "locked";
  created_at: string;
  updated_at: string;
  tags: string[];
  version_count: number;
  description: string;
  managed: boolean;
  type: string;
  protected: boolean;
  path: string;
  ephemeral_policy: null;
  used_by: string[];
  deletion_requested_at: string | null;
  key_id: null;
  region: string;
}

export interface SecretVersion {
  revision: number;
  secret_id: string;
  status: "enabled" | "disabled" | "deleted" | "scheduled_for_deletion";
  created_at: string;
  updated_at: string;
  deleted_at: string | null;
  description: string;
  latest: boolean;
  ephemeral_properties: null;
  deletion_requested_at: string | null;
  region: string;
}

/** Every table of the account. */
export interface Tables {
  projects: Row<Project>;
  applications: Row<Application>;
  groups: Row<Group>;
  policies: Row<Policy, { rules: PolicyRule[] }>;
  apiKeys: Row<ApiKey, { secretHash: string; sealedSecret: string }>;
  sshKeys: Row<SshKey>;
  vpcs: Row<Vpc, { acl: { v4: Acl; v6: Acl } }>;
  privateNetworks: Row<PrivateNetwork>;
  routes: Row<Route>;
  ips: Row<IpamIp, { privateNetworkId: string; vpcId: string; booked: boolean }>;
  servers: Row<Server, { publicMac: string; privateMac: string }>;
  serverPrivateNetworks: Row<ServerPrivateNetwork, { mac: string }>;
  flexibleIps: Row<FlexibleIp>;
  /** By the zone's name. */
  dnsZones: Row<DnsZone>;
  /** Their scope is the zone. */
  dnsRecords: Row<DnsRecord>;
  secrets: Row<Secret>;
  /** Their scope is the secret. */
  secretVersions: Row<SecretVersion, { sealedData: string }>;
}

export type TableName = keyof Tables;

export const tableNames: readonly TableName[] = [
  "projects",
  "applications",
  "groups",
  "policies",
  "apiKeys",
  "sshKeys",
  "vpcs",
  "privateNetworks",
  "routes",
  "ips",
  "servers",
  "serverPrivateNetworks",
  "flexibleIps",
  "dnsZones",
  "dnsRecords",
  "secrets",
  "secretVersions",
];
