// SPDX-License-Identifier: Apache-2.0
import { stringify } from "yaml";

import type { MachineSpec } from "../scaleway/machines";

import { addresses } from "./layout";

/** The public NIC of every lab host. */
export const publicNic = "eno1";

/**
 * The files of cloud-init's NoCloud data source for a machine. The network is given to cloud-init, which writes ifupdown's
 * configuration from it: that is who owns the public address on the provider's Debian.
 */
export function cloudInitSeed(spec: MachineSpec): Record<"meta-data" | "user-data" | "network-config", string> {
  return {
    "meta-data": stringify({ "instance-id": spec.id, "local-hostname": spec.hostname }),
    // Without user data cloud-init still makes host keys and brings the network up.
    "user-data": spec.userData ?? "#cloud-config\n{}\n",
    "network-config": stringify({
      version: 1,
      config: [
        {
          type: "physical",
          name: publicNic,
          mac_address: spec.publicMac,
          subnets: [
            {
              type: "static",
              address: `${spec.publicAddress}/${spec.publicPrefixLength}`,
              gateway: spec.publicGateway,
              dns_nameservers: [addresses.publicGateway],
            },
          ],
        },
      ],
    }),
  };
}

const mac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;
const ipv4 = /^(\d{1,3}\.){3}\d{1,3}$/;
const hostname = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const identifier = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const user = /^[a-z_][a-z0-9_-]{0,31}$/;

/**
 * Refuses a machine that could not be made, with every reason at once.
 *
 * @throws Error
 */
export function checkMachine(spec: MachineSpec): void {
  const rules: [boolean, string][] = [
    [identifier.test(spec.id), `id "${spec.id}" must be a UUID`],
    [hostname.test(spec.hostname), `hostname "${spec.hostname}" must be one label of a-z, 0-9 and "-"`],
    [ipv4.test(spec.publicAddress), `publicAddress "${spec.publicAddress}" must be an IPv4 address`],
    [ipv4.test(spec.publicGateway), `publicGateway "${spec.publicGateway}" must be an IPv4 address`],
    [mac.test(spec.publicMac), `publicMac "${spec.publicMac}" must be a MAC address`],
    [user.test(spec.user), `user "${spec.user}" must be the name of an account`],
    [
      spec.os.name === "Debian" && spec.os.version.startsWith("12"),
      `os ${spec.os.name} ${spec.os.version}: lab hosts are Debian 12; choose the OS "Debian" "12 (Bookworm)"`,
    ],
  ];
  const broken = rules.filter(([holds]) => !holds).map(([, rule]) => rule);
  if (broken.length > 0) throw new Error(`machine cannot be installed: ${broken.join("; ")}`);
}
