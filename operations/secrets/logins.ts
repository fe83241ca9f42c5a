// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import { backupHost } from "../../components/host/backup";
import type { DeployedCloud } from "../cloud";

/** Questions whether a credential opens what it is for. Values go by standard input; each throws where nobody could tell. */

/**
 * Asks the front-end.
 *
 * @param script - for `sh -eu`; prints `yes` or `no`.
 */
export async function asked(cloud: DeployedCloud, script: string, value: string, seconds = 60): Promise<boolean> {
  const answer = (await cloud.root(cloud.frontend.name, script, `${value}\n`, seconds)).trim();
  if (answer === "yes" || answer === "no") return answer === "yes";
  throw new Error(`host ${cloud.frontend.name}: did not say whether the credential works`);
}

/** Whether oned takes a user's password. */
export function opensOned(cloud: DeployedCloud, user: string, password: string): Promise<boolean> {
  const script = [
    "python3 -I -c '",
    "import sys, xmlrpc.client",
    `one = xmlrpc.client.ServerProxy("http://127.0.0.1:${services.oned.port}/RPC2").one`,
    `answer = one.user.info("${user}:" + sys.stdin.readline().strip(), -1)`,
    "# 0x0100: the login itself was refused",
    "if not answer[0] and answer[2] != 256:",
    '    sys.exit("oned answered %d" % answer[2])',
    'print("yes" if answer[0] else "no")',
    "'",
  ].join("\n");
  return asked(cloud, script, password);
}

/** Whether a private key logs in to every host as oneadmin; throws where some take it and some do not. */
export async function opensHosts(cloud: DeployedCloud, privateKey: string): Promise<boolean> {
  const names = cloud.hosts.map(({ name }) => `${name}.${cloud.config.domain}`);
  const script = [
    "umask 077",
    'key="$(mktemp -p /dev/shm)"',
    `trap 'rm -f "$key"' EXIT`,
    'cat >"$key"',
    'chown oneadmin "$key"',
    "taken=0 refused=0",
    `for host in ${names.join(" ")}; do`,
    '  if said="$(runuser -u oneadmin -- env -u SSH_AUTH_SOCK ssh -o LogLevel=INFO -o IdentitiesOnly=yes -i "$key" "$host" true </dev/null 2>&1)"; then',
    "    taken=$((taken + 1))",
    "  else",
    '    case "$said" in *"Permission denied"*) refused=$((refused + 1)) ;; *) echo "$host does not answer" >&2; exit 1 ;; esac',
    "  fi",
    "done",
    "if [ $refused = 0 ]; then echo yes; elif [ $taken = 0 ]; then echo no; else",
    '  echo "$taken hosts take the key and $refused do not" >&2',
    "  exit 1",
    "fi",
  ].join("\n");
  return asked(cloud, script, privateKey.trim(), 30 * names.length);
}

/** What of a repository's settings is asked about; the rest is as the backup program has it on the front-end. */
export interface RepositoryLogin {
  accessKey?: string;
  secretKey?: string;
  password?: string;
}

const SETTINGS = backupHost.settings;

/** Python: restic on the repository of backups, with a login that differs from the settings; and whether that one opens it. */
const RESTIC = [
  "import json, os, re, subprocess, sys",
  `repository = json.load(open("${SETTINGS}"))["repository"]`,
  "def restic(words, **login):",
  "    said = {**repository, **login}",
  '    environment = {**os.environ, "RESTIC_REPOSITORY": said["url"], "RESTIC_PASSWORD": said["password"],',
  '        "AWS_DEFAULT_REGION": said["region"], "AWS_ACCESS_KEY_ID": said["accessKey"],',
  '        "AWS_SECRET_ACCESS_KEY": said["secretKey"]}',
  '    argv = ["restic", "--quiet", "--no-cache", *words]',
  "    return subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)",
  "def reason(done):",
  '    return (done.stderr.strip().splitlines() or ["no reason given"])[-1][:300]',
  "def opens(refusals, **login):",
  "    # Without a lock: a backup or a prune that runs is no refusal.",
  '    done = restic(["--no-lock", "cat", "config"], **login)',
  "    if done.returncode != 0 and not re.search(refusals, done.stderr, re.I):",
  '        sys.exit("the repository does not open: " + reason(done))',
  "    return done.returncode == 0",
].join("\n");

/** What restic says to a password that is none of the repository's; whatever else it says tells nothing about the password. */
const PASSWORD_REFUSED = "wrong password|no key found";

/** What the object storage says to a key that opens nothing. */
const KEY_REFUSED = "Access ?Denied|InvalidAccessKeyId|SignatureDoesNotMatch|Forbidden|access key ID";

/** Whether the repository of backups opens; throws where there is none yet. */
export function opensRepository(cloud: DeployedCloud, login: RepositoryLogin): Promise<boolean> {
  const refusals = login.password === undefined ? KEY_REFUSED : PASSWORD_REFUSED;
  const script = [
    "python3 -I -c '",
    RESTIC,
    `print("yes" if opens("${refusals}", **json.load(sys.stdin)) else "no")`,
    "'",
  ].join("\n");
  return asked(cloud, script, JSON.stringify(login), 150);
}

const PREVIOUS = "/etc/opennebula-backup/previous-password";

/** Keeps the password that opens the repository now for {@link settleRepositoryPassword}, readable by root alone. */
export async function keepRepositoryPassword(cloud: DeployedCloud, password: string): Promise<void> {
  await cloud.root(cloud.frontend.name, `umask 077; cat >${PREVIOUS}.new; mv ${PREVIOUS}.new ${PREVIOUS}`, password);
}

/**
 * The repository takes the stack's password, and no longer the one that was kept; nothing where none was kept. The kept one is
 * forgotten last, when the repository has just opened with the stack's.
 *
 * @throws RemoteFailure, with the kept password still there, where the front-end has not got the stack's password yet, or restic says
 *   anything but that it opens or that a password is wrong.
 */
export async function settleRepositoryPassword(cloud: DeployedCloud, password: string): Promise<void> {
  const script = [
    `[ -e ${PREVIOUS} ] || exit 0`,
    "python3 -I -c '",
    RESTIC,
    "import tempfile",
    `previous, present = open("${PREVIOUS}").read(), sys.stdin.read()`,
    "def takes(password):",
    `    return opens("${PASSWORD_REFUSED}", password=password)`,
    "def must(words, **login):",
    "    done = restic(words, **login)",
    "    if done.returncode != 0:",
    '        sys.exit("restic " + words[0] + " " + words[1] + ": " + reason(done))',
    "    return done.stdout",
    'if previous != present and repository["password"] != present:',
    '    sys.exit("a rotation was ended halfway and the front-end has not got the new password: run `pulumi up` first")',
    "if previous != present and takes(previous):",
    "    if not takes(present):",
    '        with tempfile.NamedTemporaryFile("w", dir="/dev/shm") as file:',
    "            file.write(present)",
    "            file.flush()",
    '            must(["key", "add", "--new-password-file", file.name], password=previous)',
    "        if not takes(present):",
    '            sys.exit("the repository does not take the new password")',
    '    for key in json.loads(must(["key", "list", "--json"], password=previous)):',
    '        if key["current"]:',
    '            must(["key", "remove", key["id"]])',
    "    if takes(previous):",
    '        sys.exit("the repository still takes the old password")',
    "if not takes(present):",
    `    sys.exit("the repository does not take the stack password; the one before is in ${PREVIOUS} on the front-end")`,
    "'",
    `rm ${PREVIOUS}`,
  ].join("\n");
  await cloud.root(cloud.frontend.name, script, password, 600);
}
