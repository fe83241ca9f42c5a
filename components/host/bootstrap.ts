// SPDX-License-Identifier: Apache-2.0
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { commandConnection, type Dialling, type HostConnection } from "./connection";

/** What a host says of itself at the first connection; recorded once, before anything about it is changed. */
export interface HostFacts {
  /** The host's own ed25519 key, as an `authorized_keys` line without comment. */
  hostKey: string;
  /** The public NIC. */
  nic: string;
  mac: string;
  /** JSON lists, ready for netplan. */
  addresses: string;
  routes: string;
  nameservers: string;
}

export interface Bootstrap {
  command: command.remote.Command;
  hostKey: pulumi.Output<string>;
  facts: pulumi.Output<HostFacts>;
}

/**
 * A machine that was ordered boots within minutes once Scaleway calls it installed; a wrong image, a failed installation or a
 * machine without network never answers with its key, and the provider reports all of these as success.
 */
const FIRST_DIAL: Dialling = { retries: 30, seconds: 10 };

/**
 * The proof that a machine is installed and ours: the first connection, pinned to the key that cloud-init was given, waits for
 * cloud-init, lets the host make its own ed25519 key, and asks how its public network stands. The command never changes, so it
 * never runs twice, and the injected key is not needed again.
 */
export function bootstrapHost(
  name: string,
  args: { host: string; connection: HostConnection },
  opts: pulumi.CustomResourceOptions,
): Bootstrap {
  const first = new command.remote.Command(
    name,
    {
      connection: commandConnection(args.connection, FIRST_DIAL),
      create: "sudo -n /usr/bin/python3 -I -B - ",
      stdin: bootstrapProgram(args.host),
      addPreviousOutputInEnv: false,
      logging: command.remote.Logging.None,
    },
    pulumi.mergeOptions(
      // The injected key dies with the first convergence: a later change of these inputs could not be carried out, and means nothing.
      {
        ignoreChanges: ["connection", "create", "stdin"],
        customTimeouts: { create: "20m" },
        hooks: {
          onError: [new pulumi.ErrorHook(`${name}-unanswered`, ({ errors }) => explain(args.host, errors))],
        },
      },
      opts,
    ),
  );
  const facts = first.stdout.apply((stdout) => JSON.parse(stdout) as HostFacts);
  return { command: first, hostKey: facts.apply(({ hostKey }) => hostKey), facts };
}

/** Says what a failed dial means here; what the program below says explains itself. Never asks for another attempt. */
function explain(host: string, errors: string[]): boolean {
  if (errors.some((error) => error.includes(`host ${host}: `))) return false;
  void pulumi.log.error(
    `server ${host}: ordered but never answered with its key. Either its installation failed (Scaleway's console shows it: reinstall ` +
      `or delete the server there and run again), or SSH does not reach it from here, or something else answers at its address.`,
  );
  return false;
}

/** Python, because every cloud image has it for cloud-init. */
function bootstrapProgram(host: string): string {
  return `import json, os, re, subprocess, sys, time
HOST = ${JSON.stringify(host)}
KEPT = "/var/lib/opennebula-scaleway/bootstrap.json"
KEY = "/etc/ssh/ssh_host_ed25519_key"

def run(*words, seconds=60):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=seconds)

def ip(*words):
    return json.loads(run("ip", "-json", *words).stdout or "[]")

def fail(text):
    sys.exit(f"host {HOST}: {text}")

try:
    done = run("cloud-init", "status", "--wait", seconds=600)
except subprocess.TimeoutExpired:
    fail("cloud-init has not ended after 600 s; look at /var/log/cloud-init-output.log on the host")
if "status: error" in done.stdout:
    detail = run("cloud-init", "status", "--long").stdout.strip().splitlines()[-3:]
    fail("cloud-init failed: " + " ".join(detail) + "; look at /var/log/cloud-init-output.log on the host")

if not os.path.exists(KEY):
    made = run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", HOST, "-f", KEY)
    if made.returncode != 0:
        fail("ssh-keygen: " + made.stderr.strip())
if run("systemctl", "reload", "ssh.service").returncode != 0:
    run("systemctl", "restart", "ssh.service")

def public_network():
    routes = [route for family in ("-4", "-6") for route in ip(family, "route", "show", "default") if route.get("protocol") != "ra"]
    if not routes:
        fail("there is no default route; the public network is not up")
    nic = routes[0]["dev"]
    link = ip("address", "show", "dev", nic)[0]
    addresses = [f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"] if a["scope"] == "global" and not a.get("mngtmpaddr")]
    wanted = []
    for route in routes:
        if route["dev"] == nic and "gateway" in route:
            entry = {"to": "default" if ":" not in route["gateway"] else "::/0", "via": route["gateway"]}
            if "onlink" in route.get("flags", []):
                entry["on-link"] = True
            wanted.append(entry)
    return {"nic": nic, "mac": link["address"], "addresses": json.dumps(addresses), "routes": json.dumps(wanted), "nameservers": json.dumps(resolvers())}

def resolvers():
    found = []
    for path in ("/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"):
        if os.path.exists(path):
            found += re.findall(r"^nameserver\\s+(\\S+)", open(path).read(), re.M)
    return list(dict.fromkeys(address for address in found if not address.startswith("127.") and "%" not in address))

if os.path.exists(KEPT):
    facts = json.load(open(KEPT))
else:
    facts = public_network()
    os.makedirs(os.path.dirname(KEPT), 0o700, exist_ok=True)
    with open(KEPT + ".new", "w") as target:
        json.dump(facts, target)
    os.replace(KEPT + ".new", KEPT)
facts["hostKey"] = " ".join(open(KEY + ".pub").read().split()[:2])
print(json.dumps(facts, sort_keys=True))
`;
}
