// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";

/** What a stack file's `opennebula-scaleway:cloud` looks like before anything has checked it. */
export type RawCloud = Record<string, never> & {
  hosts: Record<string, Record<string, unknown>>;
  networks: Record<string, Record<string, unknown>>;
  admin: Record<string, unknown>;
  opennebula: Record<string, unknown>;
};

/** A wrong configuration: what is changed, and the path that the refusal must name. */
export interface Mutation {
  title: string;
  change: (cloud: RawCloud) => void;
  path: string;
}

const set = (object: object, key: string, value: unknown): void => {
  (object as Record<string, unknown>)[key] = value;
};
const drop = (object: object, key: string): void => {
  delete (object as Record<string, unknown>)[key];
};

export const mutations: Mutation[] = [
  { title: "no zone", change: (c) => drop(c, "zone"), path: "zone" },
  { title: "a zone without Elastic Metal", change: (c) => set(c, "zone", "it-mil-1"), path: "zone" },
  { title: "a zone that is a number", change: (c) => set(c, "zone", 1), path: "zone" },
  { title: "an unknown name", change: (c) => set(c, "zones", "fr-par-1"), path: "zones" },
  { title: "a misspelt offer", change: (c) => set(c, "offer", "EM-A610R-NVMe"), path: "offer" },
  { title: "another way of paying", change: (c) => set(c, "billing", "yearly"), path: "billing" },
  { title: "an unknown operating system", change: (c) => set(c, "os", "debian-13"), path: "os" },
  { title: "protect as text", change: (c) => set(c, "protect", "yes"), path: "protect" },
  { title: "a domain with a blank", change: (c) => set(c, "domain", "cloud internal"), path: "domain" },
  { title: "a project that is no UUID", change: (c) => set(c, "projectId", "mine"), path: "projectId" },
  { title: "no administrators", change: (c) => drop(c, "admin"), path: "admin" },
  {
    title: "a role that is none",
    change: (c) => set(c, "access", { users: { ann: { role: "boss" } } }),
    path: "access.users.ann.role",
  },
  {
    title: "a person with the name of OpenNebula's own account",
    change: (c) => set(c, "access", { users: { oneadmin: { role: "admin" } } }),
    path: "access.users.oneadmin",
  },
  {
    title: "a login by SSH without RSA key",
    change: (c) => set(c, "access", { users: { ann: { role: "auditor", driver: "ssh" } } }),
    path: "access.users.ann.publicKey",
  },
  {
    title: "a login by certificate without its subject",
    change: (c) => set(c, "access", { users: { ann: { role: "auditor", driver: "x509" } } }),
    path: "access.users.ann.subject",
  },
  {
    title: "a sandbox with a network that is none",
    change: (c) => set(c, "access", { vdc: { networks: ["nowhere"] } }),
    path: "access.vdc.networks[0]",
  },
  {
    title: "a negative limit",
    change: (c) => set(c, "access", { quotas: { developer: { vms: -2 } } }),
    path: "access.quotas.developer.vms",
  },
  { title: "no admin networks", change: (c) => set(c.admin, "networks", []), path: "admin.networks" },
  {
    title: "an admin network with host bits",
    change: (c) => set(c.admin, "networks", ["192.0.2.10/24"]),
    path: "admin.networks[0]",
  },
  {
    title: "an admin network without length",
    change: (c) => set(c.admin, "networks", ["192.0.2.0/25", "192.0.2.1"]),
    path: "admin.networks[1]",
  },
  { title: "root as administrator", change: (c) => set(c.admin, "user", "root"), path: "admin.user" },
  {
    title: "a private key for a public one",
    change: (c) => set(c.admin, "sshKeys", ["-----BEGIN OPENSSH PRIVATE KEY-----"]),
    path: "admin.sshKeys[0]",
  },
  { title: "no hosts", change: (c) => set(c, "hosts", {}), path: "hosts" },
  { title: "a host name in capitals", change: (c) => set(c.hosts, "Host02", c.hosts.host01), path: "hosts.Host02" },
  {
    title: "a host with the operator's name",
    change: (c) => set(c.hosts, "operator", c.hosts.host01),
    path: "hosts.operator",
  },
  { title: "a host without roles", change: (c) => drop(c.hosts.host01!, "roles"), path: "hosts.host01.roles" },
  {
    title: "an unknown role",
    change: (c) => set(c.hosts.host01!, "roles", ["storage"]),
    path: "hosts.host01.roles[0]",
  },
  {
    title: "a role twice",
    change: (c) => set(c.hosts.host01!, "roles", ["hypervisor", "hypervisor"]),
    path: "hosts.host01.roles",
  },
  { title: "no front-end", change: (c) => set(c.hosts.fe!, "roles", ["hypervisor"]), path: "hosts" },
  { title: "two front-ends", change: (c) => set(c.hosts.host01!, "roles", ["frontend"]), path: "hosts" },
  {
    title: "an address outside the network",
    change: (c) => set(c.hosts.host01!, "managementAddress", "10.99.0.1"),
    path: "hosts.host01.managementAddress",
  },
  {
    title: "the network's own address",
    change: (c) => set(c.hosts.host01!, "managementAddress", "10.16.0.0"),
    path: "hosts.host01.managementAddress",
  },
  {
    title: "an address twice",
    change: (c) => set(c.hosts.host01!, "managementAddress", "10.16.0.10"),
    path: "hosts.host01.managementAddress",
  },
  {
    title: "an address that is none",
    change: (c) => set(c.hosts.host01!, "managementAddress", "10.16.0.256"),
    path: "hosts.host01.managementAddress",
  },
  {
    title: "a VM address outside its network",
    change: (c) => set(c.hosts.fe!, "vmAddress", "10.16.0.77"),
    path: "hosts.fe.vmAddress",
  },
  {
    title: "overlapping private networks",
    change: (c) => set(c.networks.vms!, "cidr", "10.16.8.0/22"),
    path: "networks.vms.cidr",
  },
  {
    title: "a network of two addresses",
    change: (c) => set(c.networks.vms!, "cidr", "172.16.24.0/30"),
    path: "networks.vms.cidr",
  },
  { title: "an MTU beyond the switch", change: (c) => set(c.networks.vms!, "mtu", 90000), path: "networks.vms.mtu" },
  {
    title: "more VXLAN addresses than the network has",
    change: (c) => set(c.networks.vxlan!.private as object, "size", 500),
    path: "networks.vxlan.private.firstAddress",
  },
  {
    title: "a second VXLAN in the addresses of the first",
    change: (c) => set(c.networks.vxlan!, "other", { cidr: "10.1.2.128/25", firstAddress: "10.1.2.130", size: 4 }),
    path: "networks.vxlan.other.cidr",
  },
  {
    title: "a VXLAN's router among its VMs",
    change: (c) => set(c.networks.vxlan!.private as object, "gateway", "10.1.2.101"),
    path: "networks.vxlan.private.gateway",
  },
  {
    title: "a VXLAN with packets beyond its carrier's",
    change: (c) => set(c.networks.vxlan!.private as object, "mtu", 1500),
    path: "networks.vxlan.private.mtu",
  },
  {
    title: "a VXLAN with the public network's name",
    change: (c) => set(c.networks.vxlan!, "public", c.networks.vxlan!.private),
    path: "networks.vxlan.public",
  },
  {
    title: "an unknown way to deliver private networks",
    change: (c) => set(c.networks, "privateNics", "bond"),
    path: "networks.privateNics",
  },
  {
    title: "flexible IPs as a list",
    change: (c) => set(c.networks, "flexibleIps", ["vm01"]),
    path: "networks.flexibleIps",
  },
  {
    title: "a flexible IP with a reverse name that is none",
    change: (c) => set(c.networks.flexibleIps!, "vm01", { reverse: "vm01" }),
    path: "networks.flexibleIps.vm01.reverse",
  },
  {
    title: "an API address with a path",
    change: (c) => set(c.networks, "scalewayApi", "https://api.scaleway.com/"),
    path: "networks.scalewayApi",
  },
  { title: "OpenNebula 6", change: (c) => set(c.opennebula, "version", "6.10"), path: "opennebula.version" },
  { title: "the version as a number", change: (c) => set(c.opennebula, "version", 7.0), path: "opennebula.version" },
  {
    title: "a setting that the program owns",
    change: (c) => set(c.opennebula, "settings", { DB: "sqlite" }),
    path: "opennebula.settings.DB",
  },
  {
    title: "a setting that would break out of its quotes",
    change: (c) => set(c.opennebula, "settings", { LABEL: 'a"b' }),
    path: "opennebula.settings.LABEL",
  },
  {
    title: "a repository without key",
    change: (c) => set(c.opennebula, "repository", { url: "https://example.org/repo" }),
    path: "opennebula.repository.keyUrl",
  },
  {
    title: "a package proxy over HTTPS",
    change: (c) => set(c, "packages", { proxy: "https://example.org" }),
    path: "packages.proxy",
  },
];

/** The cloud of a stack file of this repository, unchecked. */
export function rawCloud(stack: "lab" | "prod"): RawCloud {
  const file = parse(readFileSync(resolve(__dirname, `../../Pulumi.${stack}.yaml`), "utf8")) as {
    config: Record<string, RawCloud>;
  };
  return file.config["opennebula-scaleway:cloud"]!;
}
