// SPDX-License-Identifier: Apache-2.0
import type { ActionStep, FileEntry, HostState } from "./state";

/** What hypervisors and front-end must agree on for the flexible-IP driver. */
export const flexibleIpHost = {
  /** Who hosts log in as on the front-end; may run the broker and nothing else. */
  user: "flexible-ip",
  settings: "/etc/opennebula-flexible-ip/host.json",
  /** The fact under which a hypervisor publishes its public key. */
  keyFact: "flexibleIpKey",
  node: "/usr/bin/node",
  /** On the front-end: root's copy of the program, and its settings there. */
  program: "/usr/local/lib/opennebula-flexible-ip/flexible-ip.cjs",
  brokerSettings: "/etc/opennebula-flexible-ip/broker.json",
} as const;

const DIRECTORY = "/var/lib/one/.flexible-ip";
const KEY = `${DIRECTORY}/key`;

/**
 * A hypervisor's side: the program that hooks run, where the broker is, and a key that the host makes for itself. The hooks come
 * with OpenNebula's own drivers.
 *
 * @param broker - the front-end's address in the management network; its host certificate names it.
 * @param bridge - the bridge that carries the public network.
 */
export function flexibleIpHostState(
  broker: string,
  bridge: string,
): Required<Pick<HostState, "packages" | "directories" | "files">> & { key: ActionStep } {
  const { user, settings, keyFact } = flexibleIpHost;
  const content = { broker, user, key: KEY, knownHosts: "/etc/ssh/ssh_known_hosts", bridge };
  const files: Record<string, FileEntry> = { [settings]: { content: `${JSON.stringify(content, null, 2)}\n` } };
  return {
    packages: { nodejs: "*" },
    directories: { [DIRECTORY]: { owner: "oneadmin", group: "oneadmin", mode: "0700" } },
    files,
    key: {
      action: "flexible-ip-key",
      // The guard publishes too: a run that was killed after making the key must not leave the front-end without it.
      needed: [
        `test -s ${KEY}.pub || exit 0`,
        `cut -d" " -f1,2 ${KEY}.pub >"$CONVERGER_FACTS/${keyFact}"`,
        "exit 1",
      ].join("\n"),
      run: [`rm -f ${KEY} ${KEY}.pub`, `ssh-keygen -q -t ed25519 -N "" -C "$CONVERGER_HOST" -f ${KEY}`].join("\n"),
      user: "oneadmin",
    },
  };
}
