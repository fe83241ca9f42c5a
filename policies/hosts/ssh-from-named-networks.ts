// SPDX-License-Identifier: Apache-2.0
import { CLOUD, definePolicy } from "../define";

/** An SSH port that everybody reaches is tried by everybody; a leaked key is then enough. */
export const sshFromNamedNetworks = definePolicy({
  name: "ssh-from-named-networks",
  description: "SSH is reached from named networks only, none wider than the setting.",
  level: "mandatory",
  reason: "A wide network exposes every host at once.",
  severity: "critical",
  controls: ["SOC2 CC6.6"],
  cure: "Set admin.networks to the networks from which people administer the hosts.",
  types: [CLOUD],
  settings: {
    shortestPrefix4: { type: "integer", description: "Shortest prefix of an IPv4 network.", default: 16 },
    shortestPrefix6: { type: "integer", description: "Shortest prefix of an IPv6 network.", default: 32 },
  },
  check: ({ props, setting }) => {
    const networks = props.adminNetworks as string[] | undefined;
    if (networks === undefined || networks.length === 0) return ["admin.networks is missing"];
    return networks
      .filter(
        (network) =>
          Number(network.split("/")[1]) <
          setting<number>(network.includes(":") ? "shortestPrefix6" : "shortestPrefix4"),
      )
      .map((network) => `admin.networks: ${network} is wider than people's networks are`);
  },
});
