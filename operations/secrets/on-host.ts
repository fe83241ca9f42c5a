// SPDX-License-Identifier: Apache-2.0
import { CertificateSource, services } from "../../catalogue";
import { tlsHost } from "../../components/host/tls";
import type { Cloud } from "../../config/cloud";
import { runBackups } from "../backup/backup";
import type { DeployedCloud } from "../cloud";
import { commandLine } from "../quote";

/** A credential that a host makes and keeps: it is replaced there, by something that proves the old one dead or fails. */
export interface HostRotation {
  /** Whether this cloud has it. */
  applies: (config: Cloud) => boolean;
  replace: (cloud: DeployedCloud) => Promise<void>;
}

/**
 * A command line that runs a shell script as oneadmin. What is in oneadmin's own directories is never touched by root, whom a symbolic
 * link there would lead elsewhere.
 */
function asOneadmin(...lines: string[]): string {
  return commandLine(["runuser", "-u", "oneadmin", "--", "sh", "-euc", lines.join("\n")]);
}

const SSH = "/var/lib/one/.ssh";

/** Where the key of oneadmin that goes is kept, under a name that ssh tries by itself, until every host takes the new one. */
const PREVIOUS_KEY = `${SSH}/id_ecdsa`;

/** Stands beside a key that was kept here: one without it is somebody else's. Not `id_...`: OpenNebula's agent takes those for keys. */
const KEPT = `${SSH}/.id_ecdsa.opennebula-scaleway`;

/** Where it is written before it gets its name. */
const PART = `${SSH}/.id_ecdsa.new`;

/**
 * Lets the front-end log in with the present key besides the one that comes.
 *
 * @throws RemoteFailure where somebody else has a key at that place.
 */
export async function keepOneadminKey(cloud: DeployedCloud): Promise<void> {
  const script = asOneadmin(
    "umask 077",
    `if [ -e ${PREVIOUS_KEY} ] && [ ! -e ${KEPT} ]; then`,
    `  echo "${PREVIOUS_KEY} is not of a rotation, which needs that place for a while: move it away" >&2`,
    "  exit 1",
    "fi",
    `: >${KEPT}`,
    `cp ${SSH}/id_ed25519 ${PART}`,
    `mv ${PART} ${PREVIOUS_KEY}`,
  );
  await cloud.root(cloud.frontend.name, script);
}

/** Takes the kept key away; nothing where none was kept. */
export async function dropOneadminKey(cloud: DeployedCloud): Promise<void> {
  const script = [
    `[ -e ${KEPT} ] || exit 0`,
    asOneadmin(`rm -f ${PREVIOUS_KEY}`),
    "systemctl restart opennebula-ssh-agent.service",
    asOneadmin(`rm ${KEPT}`),
  ].join("\n");
  await cloud.root(cloud.frontend.name, script);
}

const AUTH = "/var/lib/one/.one";
const STAGED = `${AUTH}/.serveradmin.new`;

/**
 * serveradmin, with whose password FireEdge, OneFlow and OneGate sign for their users. oned holds the SHA-256 of it, which is the key of
 * the signatures (OpenNebula's `server_cipher_auth.rb`); so what signs with the old password is refused as soon as oned has another.
 * The new one is noted first, so that a run after a kill goes on with it. oneadmin's session is all that it needs: so it also repairs
 * services whose files are older than oned's database.
 */
const serviceUsers: HostRotation = {
  applies: () => true,
  replace: async (cloud) => {
    const { onegate, oneflow, fireedge } = services;
    const change = asOneadmin(
      "umask 077",
      `[ -s ${STAGED} ] || { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' >${STAGED}.part; mv ${STAGED}.part ${STAGED}; }`,
      "python3 -I - <<'PYTHON'",
      "import contextlib, hashlib, os, re, sys, xmlrpc.client",
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
      '    seen = re.search(r"<PASSWORD>(.+?)</PASSWORD>", shown)',
      "    if not seen:",
      '        sys.exit("oned does not show what it holds of serveradmin")',
      "    return seen[1]",
      "# What oned holds is what signatures are checked with: where that is not to be seen, nothing is changed.",
      "held()",
      "ask(one.user.passwd, user, key)",
      "if held() != key:",
      '    sys.exit("oned does not hold the new password")',
      `for name in os.listdir("${AUTH}"):`,
      `    path = os.path.join("${AUTH}", name)`,
      '    if not name.endswith("_auth") or not open(path).read().startswith("serveradmin:"):',
      "        continue",
      "    with contextlib.suppress(FileNotFoundError):",
      '        os.unlink(path + ".new")',
      '    with open(path + ".new", "x") as file:',
      '        file.write("serveradmin:" + password + "\\n")',
      '    os.replace(path + ".new", path)',
      "PYTHON",
    );
    const script = [
      change,
      ...[onegate, oneflow, fireedge].map(({ unit }) => `systemctl restart ${unit}`),
      ...[onegate, oneflow, fireedge].map(({ unit }) => `systemctl is-active --quiet ${unit}`),
      asOneadmin(`rm ${STAGED}`),
    ].join("\n");
    await cloud.root(cloud.frontend.name, script, "", 180);
    await storePresent(cloud);
  },
};

/**
 * The binary logs bring oned's side of a new password into every restore, the services' files come from the last whole backup alone: so
 * there is one with both, where the cloud has backups.
 */
async function storePresent(cloud: DeployedCloud): Promise<void> {
  if (cloud.config.backups === undefined) return;
  const failed = (await runBackups(cloud, ["database"])).find(({ ok }) => !ok);
  if (failed === undefined) return;
  const cure = "run `backup run database`: a restore before that leaves FireEdge, OneFlow and OneGate without a login";
  throw new Error(`the password is replaced, but the backup of the database failed (${failed.reason}); ${cure}`);
}

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
