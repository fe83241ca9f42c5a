// SPDX-License-Identifier: Apache-2.0
import { readFileSync, renameSync, writeFileSync } from "node:fs";

import ipaddr from "ipaddr.js";
import { parseDocument } from "yaml";
import type { Document } from "yaml";

import { HostRole } from "../catalogue";

/** Where the cloud stands in a stack file. */
const cloud = ["config", "opennebula-scaleway:cloud"];

/** A host of a stack file. */
export interface StackHost {
  roles: HostRole[];
  managementAddress: string;
}

function read(file: string): Document {
  const document = parseDocument(readFileSync(file, "utf8"));
  const [problem] = document.errors;
  if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
  return document;
}

function write(file: string, document: Document): void {
  writeFileSync(`${file}.new`, document.toString({ lineWidth: 0 }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function hostsOf(document: Document): Record<string, StackHost> {
  const value: unknown = document.toJS();
  let node = value;
  for (const key of [...cloud, "hosts"]) node = (node as Record<string, unknown> | undefined)?.[key];
  return (node ?? {}) as Record<string, StackHost>;
}

/** Sets a value of the cloud in a stack file; undefined takes it out. Comments and order are kept. */
export function setInCloud(file: string, path: readonly string[], value: unknown): void {
  const document = read(file);
  if (value === undefined) document.deleteIn([...cloud, ...path]);
  else document.setIn([...cloud, ...path], document.createNode(value));
  write(file, document);
}

/** The hosts of a stack file by name. */
export function stackHosts(file: string): Record<string, StackHost> {
  return hostsOf(read(file));
}

/**
 * Adds a hypervisor to a stack file, with the management address after the highest in use. Comments and order are kept.
 *
 * @throws Error if the host exists, its name breaks the rule, or the network is full
 */
export function addHost(file: string, name: string): StackHost {
  if (!/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) {
    throw new Error(`host name "${name}" is refused: a letter, then up to 31 of a-z, 0-9 and "-", not "-" at the end`);
  }
  const document = read(file);
  const hosts = hostsOf(document);
  if (hosts[name] !== undefined) throw new Error(`${file}: host "${name}" exists already; choose another name`);
  const cidr = document.getIn([...cloud, "networks", "management", "cidr"]) as string;
  const host = { roles: [HostRole.Hypervisor], managementAddress: nextAddress(cidr, Object.values(hosts)) };
  document.setIn([...cloud, "hosts", name], document.createNode(host));
  write(file, document);
  return host;
}

function nextAddress(cidr: string, hosts: StackHost[]): string {
  const toNumber = (address: string): number =>
    ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const highest = Math.max(
    toNumber(ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()) + 9,
    ...hosts.map((host) => toNumber(host.managementAddress)),
  );
  const next = highest + 1;
  if (next >= toNumber(ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString())) {
    throw new Error(`networks.management ${cidr} has no free address after the highest in use`);
  }
  return [24, 16, 8, 0].map((bits) => Math.floor(next / 2 ** bits) % 256).join(".");
}

/**
 * Takes a host out of a stack file.
 *
 * @throws Error if there is no such host, or the cloud could not do without it
 */
export function removeHost(file: string, name: string): void {
  const document = read(file);
  const host = hostsOf(document)[name];
  if (host === undefined) {
    throw new Error(`${file}: there is no host "${name}"; hosts: ${Object.keys(hostsOf(document)).join(", ")}`);
  }
  if (host.roles.includes(HostRole.Frontend)) {
    throw new Error(`${file}: "${name}" is the front-end; a cloud cannot do without it (npm run lab -- destroy)`);
  }
  document.deleteIn([...cloud, "hosts", name]);
  write(file, document);
}
