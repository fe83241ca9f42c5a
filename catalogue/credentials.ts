// SPDX-License-Identifier: Apache-2.0
import type { Owner } from "./owners";

/** One kind of credential of a cloud. */
export interface Credential {
  /** The layer that makes it; `access` is the people of the stack file. */
  owner: Owner | "access";
  /** What it opens. */
  about: string;
  /** Where it is used; it is nowhere else, apart from the stack's encrypted state. */
  usedBy: string;
  /** How it is replaced by another. */
  rotation: string;
  /**
   * The resource of the stack that holds it: its type, and its name below the stack's, whose group is whose it is where there are several.
   * Absent: a host makes and keeps it, or another's decides it.
   */
  resource?: { type: string; name: RegExp };
  /** Where hosts hold what `rotate` replaces, so that its age can be told: `value` is a regular expression (Python) whose first group it is. */
  held?: { on: "frontend" | "every"; file: string; value?: string };
}

const PASSWORD = "random:index/randomPassword:RandomPassword";
const KEY = "tls:index/privateKey:PrivateKey";
const API_KEY = "scaleway:iam/apiKey:ApiKey";

/** Types of resources that hold a credential; one of these that is in no entry below is told by `secrets list`. */
export const credentialTypes: readonly string[] = [PASSWORD, KEY, API_KEY];

/** By type of resource: its outputs that are the credential, and the keys under which a secret store has them. */
export const credentialFields: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [PASSWORD]: { result: "password" },
  [KEY]: { privateKeyPem: "privateKeyPem", privateKeyOpenssh: "privateKeyOpenssh" },
  [API_KEY]: { accessKey: "accessKey", secretKey: "secretKey" },
};

/** Every credential of a cloud by name. Whoever makes one adds it here. */
export const credentials = {
  "database-password": {
    owner: "frontend",
    about: "oned's database",
    usedBy: "oned.conf on the front-end",
    rotation: "`rotate database-password`: the database takes the new one and oned restarts; VMs run on",
    resource: { type: PASSWORD, name: /-frontend-db-password$/ },
    held: { on: "frontend", file: "/etc/one/oned.conf", value: 'PASSWD *= *"([^"]+)"' },
  },
  "oneadmin-password": {
    owner: "frontend",
    about: "everything in OpenNebula",
    usedBy: "one_auth and the flexible-IP broker on the front-end; the provider `opennebula`",
    rotation:
      "`rotate oneadmin-password`: oned takes the new one from the present login; nothing restarts but the broker",
    resource: { type: PASSWORD, name: /-frontend-oneadmin-password$/ },
    held: { on: "frontend", file: "/var/lib/one/.one/one_auth" },
  },
  "oneadmin-ssh-key": {
    owner: "frontend",
    about: "oneadmin's login on every hypervisor",
    usedBy: "the front-end's SSH agent; its public half on every hypervisor",
    rotation: "`rotate oneadmin-ssh-key`: the front-end has both keys until every host takes the new one",
    resource: { type: KEY, name: /-frontend-oneadmin-key$/ },
    held: { on: "frontend", file: "/var/lib/one/.ssh/id_ed25519" },
  },
  "service-users": {
    owner: "frontend",
    about: "serveradmin's logins of FireEdge, OneFlow and OneGate",
    usedBy: "/var/lib/one/.one/*_auth on the front-end",
    rotation: "`rotate service-users`: oned takes the new one; FireEdge, OneFlow and OneGate restart",
    held: { on: "frontend", file: "/var/lib/one/.one/sunstone_auth" },
  },
  "deploy-key": {
    owner: "baremetal",
    about: "the administrator's login on every host",
    usedBy: "the stack program and day-two commands",
    rotation: "no command yet: hosts learn the administrator's keys when they are installed",
    resource: { type: KEY, name: /-host-deploy-key$/ },
  },
  "ssh-authority": {
    owner: "baremetal",
    about: "signs the hosts' SSH keys",
    usedBy: "the stack program; its public half is in every known_hosts",
    rotation: "no command yet: hosts would have to trust both authorities for a while",
    resource: { type: KEY, name: /-host-ssh-ca$/ },
  },
  "disk-key": {
    owner: "baremetal",
    about: "a host's encrypted disk",
    usedBy: "the host's first convergence and `unlock`; no host keeps it",
    rotation: "no command yet: the disk would need a second key for a while",
    resource: { type: PASSWORD, name: /-host-disk-key-(.+)$/ },
  },
  "injected-host-key": {
    owner: "baremetal",
    about: "proves a new server at its first login",
    usedBy: "nothing any more: the first convergence replaces it on the host; derived from `ssh-authority`",
    rotation: "not needed; goes with the server",
  },
  "ssh-host-key": {
    owner: "baremetal",
    about: "proves a host to those who log in",
    usedBy: "sshd of the host, which made it",
    rotation: "no command yet",
  },
  "agent-api-key": {
    owner: "flexible-ip",
    about: "moves flexible IPs at Scaleway, nothing else",
    usedBy: "the broker on the front-end",
    rotation: "`rotate agent-api-key`: the broker has the new key before Scaleway deletes the old one",
    resource: { type: API_KEY, name: /-network-agent$/ },
    held: { on: "frontend", file: "/etc/opennebula-flexible-ip/broker.json", value: '"secretKey": *"([^"]+)"' },
  },
  "broker-login": {
    owner: "flexible-ip",
    about: "lets a hypervisor ask the broker for its own VMs' addresses",
    usedBy: "the hypervisor, which made it; its public half on the front-end",
    rotation: "no command yet",
  },
  "tls-authority": {
    owner: "tls",
    about: "signs the proxy's certificate",
    usedBy: "the stack program; people and programs trust its certificate",
    rotation: "no command yet: whoever trusts it must get its successor first",
    resource: { type: KEY, name: /-tls-ca-key$/ },
  },
  "tls-proxy-key": {
    owner: "tls",
    about: "the TLS proxy's identity",
    usedBy: "nginx on the front-end",
    rotation: "`rotate tls-proxy-key`: a new certificate of the same authority; nginx reloads",
    resource: { type: KEY, name: /-tls-proxy-key$/ },
    held: { on: "frontend", file: "/etc/opennebula-scaleway/tls/key.pem" },
  },
  "acme-account-key": {
    owner: "tls",
    about: "asking the ACME authority for certificates of the public names",
    usedBy: "the front-end, which made it (mode acme)",
    rotation: "`rotate acme-account-key`: the authority takes the new key, and the old one is proven dead",
  },
  "public-tls-key": {
    owner: "tls",
    about: "the TLS proxy's identity under the public names",
    usedBy: "nginx on the front-end, which made it (mode acme)",
    rotation: "`rotate public-tls-key`: a new certificate of the same authority; nginx reloads",
  },
  "dns-api-key": {
    owner: "tls",
    about: "changing records of the DNS zone, for DNS-01",
    usedBy: "the ACME client on the front-end",
    rotation: "no command yet: replace the resource and run `up`",
    resource: { type: API_KEY, name: /-tls-dns$/ },
  },
  "logs-authority": {
    owner: "logs",
    about: "signs the certificates of hosts that send logs",
    usedBy: "the stack program",
    rotation: "no command yet",
    resource: { type: KEY, name: /-logs-authority$/ },
  },
  "logs-key": {
    owner: "logs",
    about: "a host's identity as a sender or collector of logs",
    usedBy: "the host; derived from `logs-authority`",
    rotation: "no command yet; a new authority means new keys",
  },
  "exporter-password": {
    owner: "monitoring",
    about: "reading OpenNebula's objects",
    usedBy: "the exporter on the front-end",
    rotation: "`rotate exporter-password`: oned takes the new one, and the exporter restarts",
    resource: { type: PASSWORD, name: /-monitoring-exporter$/ },
    held: { on: "frontend", file: "/etc/opennebula-exporter/settings.json", value: '"password": *"([^"]+)"' },
  },
  "monitoring-password": {
    owner: "monitoring",
    about: "pages of Prometheus and Alertmanager behind the TLS proxy, from the administrators' networks",
    usedBy: "people; nginx on the front-end has its hash",
    rotation: "`rotate monitoring-password`: the next request needs the new one",
    resource: { type: PASSWORD, name: /-monitoring-pages$/ },
    held: { on: "frontend", file: "/etc/nginx/opennebula-scaleway.d/monitoring.htpasswd" },
  },
  "grafana-password": {
    owner: "grafana",
    about: "everything in Grafana: its account `admin`",
    usedBy: "people; Grafana's settings on the front-end",
    rotation: "no command yet: replace the resource and run `up`",
    resource: { type: PASSWORD, name: /-grafana-admin$/ },
  },
  "backup-api-key": {
    owner: "backup",
    about: "writing to the bucket of backups, and reading it",
    usedBy: "settings of the backup on every host",
    rotation: "`rotate backup-api-key`: hosts have the new key before Scaleway deletes the old one",
    resource: { type: API_KEY, name: /-backup-hosts$/ },
    held: { on: "every", file: "/etc/opennebula-backup/settings.json", value: '"secretKey": *"([^"]+)"' },
  },
  "backup-password": {
    owner: "backup",
    about: "the repository of backups; what is in it is encrypted to the backup key besides",
    usedBy: "settings of the backup on every host",
    rotation: "`rotate backup-password`: the repository takes the new one, then drops the old",
    resource: { type: PASSWORD, name: /-backup-password$/ },
    held: { on: "every", file: "/etc/opennebula-backup/settings.json", value: '"password": *"([^"]+)"' },
  },
  "vm-backup-password": {
    owner: "backup",
    about: "the repository of VM backups on its host",
    usedBy: "OpenNebula's backup datastore; settings of the copies on that host",
    rotation: "not for backups that there are: they are encrypted with it",
    resource: { type: PASSWORD, name: /-backup-vms-password$/ },
  },
  "vm-copies-password": {
    owner: "backup",
    about: "the copies of VM backups in the object storage",
    usedBy: "settings of the copies on the host of VM backups",
    rotation: "not for copies that there are: they are encrypted with it",
    resource: { type: PASSWORD, name: /-backup-vm-copies-password$/ },
  },
  "backup-key": {
    owner: "backup",
    about: "reading what is in backups",
    usedBy: "restores, from the operator's side; hosts have its public half alone",
    rotation: "not for backups that there are: they can be read with the old one only",
    resource: { type: KEY, name: /-backup-key$/ },
  },
  "user-password": {
    owner: "access",
    about: "first password of a person in the stack file",
    usedBy: "that person",
    rotation: "the person's own `oneuser passwd`",
    resource: { type: PASSWORD, name: /-access-user-(.+)$/ },
  },
} as const satisfies Record<string, Credential>;

export type CredentialName = keyof typeof credentials;

/** A credential of the inventory that a resource holds. */
export interface HeldCredential {
  name: CredentialName;
  /** What it is called in a secret store: its name, and whose it is where there are several. */
  storedAs: string;
}

/** What of the inventory a resource holds, by its type and name; undefined for nothing. */
export function heldCredential(type: string, resource: string): HeldCredential | undefined {
  for (const [name, credential] of Object.entries<Credential>(credentials) as [CredentialName, Credential][]) {
    const match = credential.resource?.type === type ? credential.resource.name.exec(resource) : null;
    if (match) return { name, storedAs: [name, ...match.slice(1)].join("-") };
  }
  return undefined;
}
