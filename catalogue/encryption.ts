// SPDX-License-Identifier: Apache-2.0

/** The encrypted disk of a host: what its layers and day-two commands must agree on. */
export const encryptedDisk = {
  program: "/usr/local/lib/opennebula-scaleway/encryption.py",
  settings: "/etc/opennebula-scaleway/encryption.json",
  /** Name of the opened disk, and LUKS label of the closed one. */
  mapper: "opennebula-data",
  label: "opennebula-data",
  mount: "/srv/opennebula",
  /** What is on it, by the folder there. */
  places: { one: "/var/lib/one", mysql: "/var/lib/mysql", libvirt: "/var/lib/libvirt" },
  /** What starts everything that needs the disk. */
  target: "opennebula-scaleway-data.target",
} as const;
