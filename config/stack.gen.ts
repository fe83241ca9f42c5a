// Generated from stack.schema.json by `npm run generate`; do not edit.

/**
 * A Pulumi.<stack>.yaml of this program.
 */
export interface StackFile {
  encryptionsalt?: string;
  secretsprovider?: string;
  encryptedkey?: string;
  config: {
    "opennebula-scaleway:cloud": CloudConfig;
  };
}
/**
 * The whole cloud.
 */
export interface CloudConfig {
  /**
   * Scaleway zone that has Elastic Metal; the region follows from it.
   */
  zone: "fr-par-1" | "fr-par-2" | "nl-ams-1" | "nl-ams-2" | "pl-waw-2" | "pl-waw-3";
  /**
   * Scaleway project; default: SCW_DEFAULT_PROJECT_ID.
   */
  projectId?: string;
  /**
   * Elastic Metal offer of every host that names none, as the API spells it.
   */
  offer?: string;
  /**
   * How the servers are paid; monthly servers cannot go back to hourly.
   */
  billing?: "hourly" | "monthly";
  /**
   * Operating system of every host that names none.
   */
  os?: "debian-12" | "ubuntu-24.04";
  /**
   * Refuse to delete or replace servers, networks and addresses, in Pulumi and at Scaleway.
   */
  protect?: boolean;
  /**
   * Private DNS domain of the hosts.
   */
  domain?: string;
  admin: AdminConfig;
  /**
   * The servers by name. A name is an identity: it never moves to another server.
   */
  hosts: {
    [k: string]: HostConfig;
  };
  networks: NetworksConfig;
  opennebula?: OpenNebulaConfig;
  tls?: TlsConfig;
  logs?: LogsConfig;
  packages?: PackagesConfig;
  /**
   * NTP servers; default: the distribution's pool.
   */
  timeServers?: string[];
  validation?: ValidationConfig;
  access?: AccessConfig;
  security?: SecurityConfig;
  backups?: BackupsConfig;
  monitoring?: MonitoringConfig;
  secrets?: SecretsConfig;
  encryption?: EncryptionConfig;
}
/**
 * Who administers the hosts.
 */
export interface AdminConfig {
  /**
   * Login name on every host; key only, sudo without password.
   */
  user?: string;
  /**
   * Networks that may reach SSH, in CIDR notation.
   */
  networks: string[];
  /**
   * Public keys of people, as in authorized_keys. The stack's own deploy key is always there.
   */
  sshKeys?: string[];
}
export interface HostConfig {
  /**
   * @minItems 1
   */
  roles: ("frontend" | "hypervisor")[];
  /**
   * Address in networks.management.
   */
  managementAddress: string;
  /**
   * Address in networks.vms; default: the same offset as managementAddress has in its network.
   */
  vmAddress?: string;
  offer?: string;
  os?: "debian-12" | "ubuntu-24.04";
  /**
   * Partitioning schema as Scaleway's API takes it; default: the offer's own.
   */
  partitioning?: {};
}
export interface NetworksConfig {
  management: PrivateNetworkConfig;
  vms: PrivateNetworkConfig;
  /**
   * How a private network reaches a host: vlan = tagged on the public NIC (Elastic Metal), dedicated = an own NIC.
   */
  privateNics?: "vlan" | "dedicated";
  /**
   * Private networks of VMs by name, each a VXLAN over networks.vms.
   */
  vxlan?: {
    [k: string]: VxlanConfig;
  };
  public?: PublicNetworkConfig;
  /**
   * Public addresses reserved for VMs, by name; together they are the networks named public (IPv4) and public6 (IPv6).
   */
  flexibleIps?: {
    [k: string]: FlexibleIpConfig;
  };
  /**
   * Scaleway's API as the hosts reach it, without slash at the end; default: https://api.scaleway.com.
   */
  scalewayApi?: string;
  /**
   * Resolvers of the hosts; default: those that the installed system uses.
   */
  nameservers?: string[];
}
export interface PrivateNetworkConfig {
  cidr: string;
  mtu?: number;
}
export interface VxlanConfig {
  cidr: string;
  /**
   * First address that VMs get.
   */
  firstAddress: string;
  /**
   * How many addresses VMs get.
   */
  size: number;
  /**
   * Router of the VMs; default: none, the network is closed.
   */
  gateway?: string;
  /**
   * Resolvers of the VMs; default: none.
   */
  nameservers?: string[];
  /**
   * Bytes that a VM may send at once; default: what networks.vms carries less 50 for the VXLAN.
   */
  mtu?: number;
}
/**
 * What VMs with public addresses are told.
 */
export interface PublicNetworkConfig {
  /**
   * Router of the addresses; default: the one that Scaleway gives for flexible IPs.
   */
  gateway?: string;
  /**
   * IPv6 router of the addresses; default: the one that advertises itself.
   */
  gateway6?: string;
  /**
   * Resolvers of the VMs; default: 9.9.9.9 and 149.112.112.112.
   */
  nameservers?: string[];
}
export interface FlexibleIpConfig {
  /**
   * ipv4: one address, in the network public. ipv6: a /64, of which one VM takes an address in the network public6.
   */
  type?: "ipv4" | "ipv6";
  /**
   * Name that the address answers to in reverse DNS; it must point to the address already. Default: Scaleway's own.
   */
  reverse?: string;
}
export interface OpenNebulaConfig {
  version?: "7.0" | "7.2" | "7.4";
  repository?: RepositoryConfig;
  /**
   * Further top-level settings of oned.conf by name, beyond those that this program sets.
   */
  settings?: {
    [k: string]: number | string;
  };
}
/**
 * Another place for OpenNebula's packages, laid out like the vendor's.
 */
export interface RepositoryConfig {
  /**
   * What stands before /<version>/<distribution>/<release>.
   */
  url: string;
  keyUrl: string;
  keyFingerprint?: string;
}
/**
 * HTTPS in front of FireEdge, and TLS in front of the APIs in the management network.
 */
export interface TlsConfig {
  /**
   * Install the proxy; without it FireEdge answers on the front-end alone.
   */
  enabled?: boolean;
  /**
   * Where the certificate comes from: an authority of this stack, given with its key (opennebula-scaleway:tlsKey, a secret), or an ACME authority, whose terms you accept by it.
   */
  mode?: "private-ca" | "imported" | "acme";
  /**
   * Public names of the cloud, the one that people use first; default: none, people use the front-end's public address.
   */
  names?: string[];
  /**
   * The imported certificate with its chain, PEM.
   */
  certificate?: string;
  acme?: AcmeConfig;
}
/**
 * The ACME authority of the mode acme, and how it sees that the names are yours.
 */
export interface AcmeConfig {
  /**
   * Its directory; default: Let's Encrypt.
   */
  directory?: string;
  /**
   * Whom it writes to; default: nobody.
   */
  email?: string;
  /**
   * http-01: a page on port 80, which is open to everybody; dns-01: a record in a DNS zone at Scaleway.
   */
  challenge?: "http-01" | "dns-01";
  /**
   * The zone at Scaleway that holds every one of tls.names; for dns-01.
   */
  dnsZone?: string;
  /**
   * Seconds that a record may take to reach every name server of the zone.
   */
  dnsWaitSeconds?: number;
  /**
   * Root certificate of the directory's own server, PEM, where it is an authority of your own; default: those that the system trusts.
   */
  authority?: string;
}
/**
 * What is kept of every host's logs. Hosts send them to the front-end, and the front-end its own to another host.
 */
export interface LogsConfig {
  /**
   * Collect logs; otherwise each host keeps what its distribution keeps.
   */
  enabled?: boolean;
  /**
   * GiB of each host's own journal, where records wait while the collector is down.
   */
  bufferGib?: number;
  /**
   * GiB of what other hosts sent.
   */
  storeGib?: number;
  /**
   * Days until records are removed.
   */
  days?: number;
}
export interface PackagesConfig {
  /**
   * HTTP proxy for apt.
   */
  proxy?: string;
}
/**
 * What `validate` works with.
 */
export interface ValidationConfig {
  /**
   * Install iperf3, fio and nmap on every host; without them the checks that need them cannot tell.
   */
  tools?: boolean;
  image?: ValidationImage;
}
/**
 * What test VMs are made of: an appliance of the marketplace by name, or an image by its address.
 */
export interface ValidationImage {
  /**
   * Name in OpenNebula's marketplace.
   */
  app?: string;
  /**
   * Where the front-end fetches it.
   */
  url?: string;
}
/**
 * Groups, people and the developers' sandbox inside OpenNebula; left out: OpenNebula's own account alone.
 */
export interface AccessConfig {
  /**
   * People by login name. Passwords are generated; see the output login.users.
   */
  users?: {
    [k: string]: UserConfig;
  };
  quotas?: AccessQuotasConfig;
  vdc?: SandboxConfig;
}
export interface UserConfig {
  /**
   * admin: everything; operator: runs the cloud; developer: own things in the sandbox; auditor: sees and changes nothing.
   */
  role: "admin" | "operator" | "developer" | "auditor";
  /**
   * How the person proves who they are: core = password, ssh = RSA key, x509 = client certificate, ldap = directory.
   */
  driver?: "core" | "ssh" | "x509" | "ldap";
  /**
   * Public key of the person: VMs of theirs let it in; with the driver ssh (ssh-rsa only) it is the login.
   */
  publicKey?: string;
  /**
   * Subject of the client certificate for the driver x509, without blanks.
   */
  subject?: string;
}
/**
 * Limits of a group altogether; what is left out is not limited, for developers as documented.
 */
export interface AccessQuotasConfig {
  developer?: QuotaConfig;
  operator?: QuotaConfig;
}
export interface QuotaConfig {
  /**
   * VMs.
   */
  vms?: number;
  /**
   * VMs that run.
   */
  runningVms?: number;
  /**
   * CPUs.
   */
  cpu?: number;
  /**
   * CPUs of VMs that run.
   */
  runningCpu?: number;
  /**
   * MiB of memory.
   */
  memory?: number;
  /**
   * MiB of memory of VMs that run.
   */
  runningMemory?: number;
  /**
   * MiB of disks of VMs.
   */
  systemDiskSize?: number;
}
/**
 * What the developers' sandbox holds.
 */
export interface SandboxConfig {
  /**
   * Networks of VMs by name; default: every private one.
   */
  networks?: string[];
  /**
   * Names of datastores; default: system and default.
   */
  datastores?: string[];
}
/**
 * What closes the hosts; on by default.
 */
export interface SecurityConfig {
  firewall?: FirewallConfig;
  updates?: UpdatesConfig;
}
/**
 * What each host lets in and out is derived from the catalogue of services (docs/security/services.md).
 */
export interface FirewallConfig {
  enabled?: boolean;
  /**
   * Networks from which people come through a VPN, in CIDR notation; default: none.
   */
  vpnNetworks?: string[];
  /**
   * New SSH connections that one address may open in a minute.
   */
  sshPerMinute?: number;
  /**
   * What hosts may reach beyond what the catalogue declares; default: nothing.
   */
  egress?: EgressConfig[];
}
export interface EgressConfig {
  /**
   * Name or address.
   */
  host: string;
  port: number;
  protocol?: "tcp" | "udp";
}
/**
 * Security updates of the distribution, installed by themselves.
 */
export interface UpdatesConfig {
  enabled?: boolean;
  /**
   * Time of day, in the hosts' zone, at which the first host may reboot when an update asks for it; each other host's window is 30 minutes later. Default: no host reboots by itself.
   */
  rebootAt?: string;
}
/**
 * Backups of the database and of every host's configuration, on object storage.
 */
export interface BackupsConfig {
  enabled?: boolean;
  /**
   * Scaleway project for the bucket alone: the key that hosts have for it reaches every bucket of its project. Whoever deploys must be allowed to make buckets there. Default: the project of the servers.
   */
  projectId?: string;
  /**
   * Name of the bucket, unique among all of Scaleway's; default: from its project.
   */
  bucket?: string;
  /**
   * Where the bucket is; another region than the servers' survives the loss of theirs. Default: the servers' region.
   */
  region?: "fr-par" | "nl-ams" | "pl-waw";
  /**
   * Object storage as the hosts reach it, without slash at the end; default: https://s3.<region>.scw.cloud.
   */
  endpoint?: string;
  /**
   * Further public keys that can open backups, of age or ed25519 of SSH. Their private halves belong in a safe: the stack's own key goes with the stack's state.
   *
   * @maxItems 16
   */
  recipients?: string[];
  /**
   * Days in which nobody can delete what was stored, not even with the hosts' credentials; 0: no lock.
   */
  lockDays?: number;
  /**
   * Days after which the bucket drops versions that a prune, or somebody, has hidden; what is locked stays until its lock ends.
   */
  hiddenDays?: number;
  retention?: RetentionConfig;
  objectives?: ObjectivesConfig;
  vms?: VmBackupsConfig;
}
/**
 * How many backups of each age are kept.
 */
export interface RetentionConfig {
  /**
   * Newest of each day.
   */
  daily?: number;
  /**
   * Newest of each week.
   */
  weekly?: number;
  /**
   * Newest of each month.
   */
  monthly?: number;
}
/**
 * What the cloud promises of its database; alerts compare what was reached.
 */
export interface ObjectivesConfig {
  /**
   * The most that may be lost.
   */
  recoveryPointMinutes?: number;
  /**
   * The longest that a restore may take.
   */
  recoveryTimeMinutes?: number;
}
/**
 * Backups of VMs' disks by OpenNebula: a restic datastore on a host of the cloud, copied on to the bucket every night. Default: none.
 */
export interface VmBackupsConfig {
  /**
   * Host of the cloud that keeps the repositories; not the one whose VMs they are of.
   */
  host: string;
  /**
   * Backup jobs by name. VMs that other programs make have their jobs there, on the datastore `backups`.
   */
  jobs?: {
    [k: string]: VmBackupJobConfig;
  };
}
/**
 * VMs that are backed up one after the other, every day.
 */
export interface VmBackupJobConfig {
  /**
   * Names of VMs, or their numbers.
   * @maxItems 256
   */
  vms: string[];
  /**
   * Time of day, UTC.
   */
  at?: string;
  /**
   * How a guest's file systems are made still: by its agent, or by suspending it.
   */
  freeze?: "none" | "agent" | "suspend";
}
/**
 * Who watches the cloud, and who is told.
 */
export interface MonitoringConfig {
  /**
   * Install Prometheus, Alertmanager and exporters.
   */
  enabled?: boolean;
  /**
   * Seconds between two looks at each target.
   */
  scrapeSeconds?: number;
  /**
   * What every duration of an alert is multiplied by; less than 1 where nobody can wait, as in a lab.
   */
  timeScale?: number;
  /**
   * Grafana comes from its vendor's repository. When it cannot be installed: required, the rest converges and then the run fails; optional, the run ends well and says so. off: nobody wants it.
   */
  grafana?: "required" | "optional" | "off";
  grafanaRepository?: GrafanaRepositoryConfig;
  /**
   * Days for which metrics are kept.
   */
  retentionDays?: number;
  /**
   * GiB of metrics that are kept at most.
   */
  retentionGib?: number;
  /**
   * Prometheus remote-write URL that gets every metric too.
   */
  remoteWrite?: string;
  email?: AlertEmailConfig;
  slack?: AlertSlackConfig;
  /**
   * Tell a second place all the time that monitoring works; it raises the alarm when it hears nothing. Its address is the secret opennebula-scaleway:deadManUrl.
   */
  deadMan?: boolean;
  thresholds?: ThresholdsConfig;
  /**
   * Hosts of the webhooks as host:port, which the firewall lets alerts reach; default: hooks.slack.com:443 where there is a chat.
   */
  webhookHosts?: string[];
}
/**
 * Where Grafana's packages come from: a mirror of https://apt.grafana.com, which is the default.
 */
export interface GrafanaRepositoryConfig {
  /**
   * What apt is given.
   */
  url: string;
  /**
   * The armoured key that signs it.
   */
  keyUrl: string;
  /**
   * The key's fingerprint, checked where it is given.
   */
  keyFingerprint?: string;
}
/**
 * Mail for alerts. The password of the login is the secret opennebula-scaleway:smtpPassword.
 */
export interface AlertEmailConfig {
  /**
   * Mail server as host:port.
   */
  smarthost: string;
  /**
   * Sender.
   */
  from: string;
  /**
   * Who is told.
   */
  to: string[];
  /**
   * Login at the mail server.
   */
  username?: string;
  /**
   * Refuse a server without STARTTLS.
   */
  requireTls?: boolean;
}
/**
 * Chat that gets critical alerts. Its incoming webhook is the secret opennebula-scaleway:slackWebhook.
 */
export interface AlertSlackConfig {
  /**
   * Channel, where the webhook leaves it open.
   */
  channel?: string;
}
/**
 * Limits at which somebody is told; those that are left out stay as they are.
 */
export interface ThresholdsConfig {
  /**
   * Percent of a host's CPU time that is not idle.
   */
  cpuPercent?: number;
  /**
   * Percent of a host's memory in use.
   */
  memoryPercent?: number;
  /**
   * Percent of a file system in use.
   */
  diskPercent?: number;
  /**
   * Percent of a datastore in use.
   */
  datastorePercent?: number;
  /**
   * Seconds that a database replica may be behind.
   */
  replicationLagSeconds?: number;
  /**
   * Records that a front-end may be behind.
   */
  raftLagRecords?: number;
  /**
   * Seconds that a VM may wait for a host.
   */
  pendingSeconds?: number;
  /**
   * Days before the end of a certificate.
   */
  certificateDays?: number;
  /**
   * Days since a secret was last replaced.
   */
  secretDays?: number;
  /**
   * Hours since the last good backup.
   */
  backupAgeHours?: number;
  /**
   * Days since a restore was last proven.
   */
  restoreProofDays?: number;
  /**
   * Percent of a quota in use.
   */
  quotaPercent?: number;
  /**
   * Percent of an NVMe disk's rated life.
   */
  wearPercent?: number;
  /**
   * Part of the questions to oned that must be answered.
   */
  availability?: number;
}
/**
 * Where credentials of the cloud are, beside the stack's encrypted state.
 */
export interface SecretsConfig {
  /**
   * `pulumi`: the state alone; `scaleway-secret-manager`: each run writes them to the project's Secret Manager; `vault`: `secrets sync` writes them to HashiCorp Vault.
   */
  store?: "pulumi" | "scaleway-secret-manager" | "vault";
  /**
   * Folder in the store; the stack's name is a folder in it.
   */
  path?: string;
  vault?: VaultConfig;
}
/**
 * HashiCorp Vault with a KV version 2 engine, as the operator's side reaches it. Give `tokenFile` or `appRole`.
 */
export interface VaultConfig {
  /**
   * URL without path.
   */
  address: string;
  /**
   * Where the KV engine is mounted.
   */
  mount?: string;
  /**
   * Vault Enterprise's namespace.
   */
  namespace?: string;
  /**
   * Certificate of the authority that Vault's certificate comes from, PEM; default: those that everybody knows.
   */
  authority?: string;
  /**
   * File on the operator's side with a token, relative to the program.
   */
  tokenFile?: string;
  appRole?: VaultAppRoleConfig;
}
/**
 * Login by AppRole.
 */
export interface VaultAppRoleConfig {
  roleId: string;
  /**
   * File on the operator's side with the secret id, relative to the program.
   */
  secretIdFile: string;
  /**
   * Where AppRole is mounted.
   */
  mount?: string;
}
/**
 * Encryption of the hosts' own disks, for servers that are installed with it: Scaleway offers none for Elastic Metal.
 */
export interface EncryptionConfig {
  /**
   * Images, VMs, OpenNebula's home and the database on a LUKS2 disk of each host, and swap on a key that nobody knows.
   */
  disks?: boolean;
  /**
   * Let each host's TPM 2.0 open its disk at boot; without it a booted host waits for `unlock`.
   */
  tpm?: boolean;
}
