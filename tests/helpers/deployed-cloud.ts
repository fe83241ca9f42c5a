// SPDX-License-Identifier: Apache-2.0

/** A deployed cloud whose hosts are this machine, for day-two commands: SSH and shell are real, the stack is plain data. */
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sshpk from "sshpk";
import type { ResourceDrift, Stack, StackResource } from "../../operations";

export interface KeyPair {
  privateKey: string;
  publicKey: string;
}

/** An SSH key pair that ssh2 reads. */
export function keyPair(): KeyPair {
  const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
    format: "pem",
    type: "sec1",
  }) as string;
  return { privateKey: pem, publicKey: sshpk.parsePrivateKey(pem, "pem").toPublic().toString("ssh") };
}

/** Puts a `sudo` that simply runs into a folder, for PATH. */
export function fakeSudo(folder: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const file = join(bin, "sudo");
  writeFileSync(file, '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n');
  chmodSync(file, 0o755);
  return bin;
}

/** The smallest configuration with two hosts. */
export function cloudConfig(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    zone: "fr-par-2",
    projectId: "11111111-1111-4111-8111-111111111111",
    admin: { networks: ["192.0.2.0/25"] },
    hosts: {
      fe: { roles: ["frontend", "hypervisor"], managementAddress: "10.16.0.10" },
      host01: { roles: ["hypervisor"], managementAddress: "10.16.0.11" },
    },
    networks: { management: { cidr: "10.16.0.0/20" }, vms: { cidr: "172.16.24.0/22" } },
    ...change,
  };
}

/** Outputs as `index.ts` exports them, with all hosts at one address. */
export function cloudOutputs(keys: { host: KeyPair; login: KeyPair }, password: string): Record<string, unknown> {
  const host = (managementAddress: string): object => ({
    publicAddress: "127.0.0.1",
    managementAddress,
    hostKey: keys.host.publicKey,
  });
  return {
    hosts: { fe: host("10.16.0.10"), host01: host("10.16.0.11") },
    login: {
      ssh: { user: "ops", privateKey: keys.login.privateKey, knownHosts: "" },
      oned: { endpoint: "http://127.0.0.1:2633/RPC2", username: "oneadmin", password },
    },
  };
}

/** A stack that answers what it is given; whatever else is asked fails the test. */
export function fakeStack(given: {
  config?: unknown;
  outputs?: Record<string, unknown>;
  resources?: StackResource[];
  drift?: ResourceDrift[];
}): Stack {
  const unused = (): never => {
    throw new Error("nobody should ask for this");
  };
  return {
    name: "test",
    config: async () => given.config ?? unused(),
    outputs: async () => given.outputs ?? unused(),
    export: async () => given.resources ?? unused(),
    preview: unused,
    refresh: unused,
    forget: () => Promise.resolve(),
    refreshPreview: async () => given.drift ?? unused(),
    up: unused,
  };
}
