// SPDX-License-Identifier: Apache-2.0
import { CertificateSource, services } from "../../catalogue";
import { tlsHost } from "../../components/host/tls";
import type { Cloud } from "../../config/cloud";
import type { DeployedCloud } from "../cloud";

/** A credential that a host makes and keeps: it is replaced there, by something that proves the old one dead or fails. */
export interface HostRotation {
  /** Whether this cloud has it. */
  applies: (config: Cloud) => boolean;
  replace: (cloud: DeployedCloud) => Promise<void>;
}

/** Where the key of oneadmin that goes is kept, under a name that ssh tries by itself, until every host takes the new one. */
const PREVIOUS_KEY = "/var/lib/one/.ssh/id_ecdsa";

/** Lets the front-end log in with the present key besides the one that comes. */
export async function keepOneadminKey(cloud: DeployedCloud): Promise<void> {
  const words = `install -o oneadmin -g oneadmin -m 600 /var/lib/one/.ssh/id_ed25519 ${PREVIOUS_KEY}`;
  await cloud.root(cloud.frontend.name, words);
}

/** Takes the kept key away; nothing where none was kept. */
export async function dropOneadminKey(cloud: DeployedCloud): Promise<void> {
  const script = `[ -e ${PREVIOUS_KEY} ] || exit 0; rm ${PREVIOUS_KEY}; systemctl restart opennebula-ssh-agent.service`;
  await cloud.root(cloud.frontend.name, script);
}

const AUTH = "/var/lib/one/.one";
const STAGED = `${AUTH}/.serveradmin.new`;

/**
 * serveradmin, with whose password FireEdge, OneFlow and OneGate sign for their users. oned holds the SHA-256 of it, which is the key of
 * the signatures (OpenNebula's `server_cipher_auth.rb`); so what signs with the old password is refused as soon as oned has another.
 * The new one is noted first, so that a run after a kill goes on with it.
 */
const serviceUsers: HostRotation = {
  applies: () => true,
  replace: async (cloud) => {
    const { onegate, oneflow, fireedge } = services;
    const script = [
      "umask 077",
      `[ -s ${STAGED} ] || { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' >${STAGED}.part; mv ${STAGED}.part ${STAGED}; }`,
      "python3 -I - <<'PYTHON'",
      "import hashlib, os, re, sys, xmlrpc.client",
      `one = xmlrpc.client.ServerProxy("http://127.0.0.1:${services.oned.port}/RPC2").one`,
      `session = open("${AUTH}/one_auth").read().strip()`,
      `password = open("${STAGED}").read().strip()`,
      "key = hashlib.sha256(password.encode()).hexdigest()",
      "def ask(call, *words):",
      "    answer = call(session, *words)",
      "    if not answer[0]:",
      '        sys.exit("oned refused: code %d" % answer[2])',
      "    return answer[1]",
      'found = re.search(r"<USER><ID>(\\d+)</ID>(?:(?!</USER>).)*?<NAME>serveradmin</NAME>", ask(one.userpool.info), re.S)',
      "if not found:",
      '    sys.exit("oned has no user serveradmin")',
      "user = int(found[1])",
      "def held():",
      '    shown = re.sub(r"<!\\[CDATA\\[(.*?)\\]\\]>", r"\\1", ask(one.user.info, user))',
      '    return re.search(r"<PASSWORD>(.*?)</PASSWORD>", shown)[1]',
      `present = open("${AUTH}/sunstone_auth").read().strip().partition(":")[2]`,
      "# What oned holds is what signatures are checked with: where that is not to be seen, nothing is changed.",
      "if held() not in (key, hashlib.sha256(present.encode()).hexdigest()):",
      '    sys.exit("what oned holds of serveradmin does not fit the services")',
      "ask(one.user.passwd, user, key)",
      "if held() != key:",
      '    sys.exit("oned does not hold the new password")',
      `for name in os.listdir("${AUTH}"):`,
      `    path = os.path.join("${AUTH}", name)`,
      '    if not name.endswith("_auth") or not open(path).read().startswith("serveradmin:"):',
      "        continue",
      "    held = os.stat(path)",
      '    with open(path + ".new", "w") as file:',
      '        file.write("serveradmin:" + password + "\\n")',
      '    os.chown(path + ".new", held.st_uid, held.st_gid)',
      '    os.replace(path + ".new", path)',
      "PYTHON",
      ...[onegate, oneflow, fireedge].map(({ unit }) => `systemctl restart ${unit}`),
      ...[onegate, oneflow, fireedge].map(({ unit }) => `systemctl is-active --quiet ${unit}`),
      `rm ${STAGED}`,
    ].join("\n");
    await cloud.root(cloud.frontend.name, script, "", 180);
  },
};

function acme(command: string): HostRotation {
  return {
    applies: ({ tls }) => tls.mode === CertificateSource.Acme,
    replace: async (cloud) =>
      void (await cloud.root(
        cloud.frontend.name,
        `${tlsHost.acme.program} ${command} ${tlsHost.acme.settings}`,
        "",
        900,
      )),
  };
}

/** By the inventory's names. */
export const hostRotations = {
  "service-users": serviceUsers,
  // The client proves the old key dead, or fails.
  "acme-account-key": acme("new-account-key"),
  "public-tls-key": acme("new-key"),
} as const satisfies Record<string, HostRotation>;
