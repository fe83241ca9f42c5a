// SPDX-License-Identifier: Apache-2.0

/** The seam between the Scaleway emulator and what stands behind its servers: lab hosts, or nothing (`noMachines`) in tests. */
export interface MachineBackend {
  /** Installs the operating system and boots. Resolves when the machine runs; a rejection becomes `install.status = error`. */
  install(machine: MachineSpec): Promise<void>;
  power(id: string, action: "start" | "stop" | "reboot"): Promise<void>;
  attachPrivateNetwork(id: string, nic: PrivateNicSpec): Promise<void>;
  detachPrivateNetwork(id: string, privateNetworkId: string): Promise<void>;
  /** Routes a flexible IP to a machine (`mac`: the virtual MAC, if it has one), or to none. */
  routeFlexibleIp(address: string, to: { id: string; mac?: string } | undefined): Promise<void>;
  /** Removes the machine and its disks. Idempotent. */
  release(id: string): Promise<void>;
}

export interface MachineSpec {
  /** The server's UUID. */
  id: string;
  /** The server's name; also its host name unless the install says otherwise. */
  hostname: string;
  /** e.g. `Debian` / `12 (Bookworm)`. */
  os: { name: string; version: string };
  publicAddress: string;
  publicPrefixLength: number;
  publicGateway: string;
  publicMac: string;
  /** The account that the install makes and the keys that may log in to it. */
  user: string;
  authorizedKeys: string[];
  /** cloud-init user data, decoded. */
  userData: string | undefined;
}

export interface PrivateNicSpec {
  privateNetworkId: string;
  vlan: number;
  mac: string;
}

/** A backend behind which there is nothing: every call succeeds at once. */
export const noMachines: MachineBackend = {
  install: async () => undefined,
  power: async () => undefined,
  attachPrivateNetwork: async () => undefined,
  detachPrivateNetwork: async () => undefined,
  routeFlexibleIp: async () => undefined,
  release: async () => undefined,
};
