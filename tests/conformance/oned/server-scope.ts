// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Recording } from "./server-replay";

/** Kinds that a later stage of the stand-in adds: their calls are not replayed. */
const LATER = /^one\.(hook|hooklog|market|marketapp|vmgroup|vrouter|secgroup)(pool)?\./;
/** Methods that need virtual machines, networks or images to exist. */
const NEEDS_THEM: string[] = [];

/** Calls of the later kinds that are refused before their objects matter are replayed all the same. */
export function inScope(recording: Recording): boolean {
  const method = recording.method ?? "";
  if (NEEDS_THEM.includes(method)) return false;
  const { body } = recording.response;
  if (!LATER.test(method)) return true;
  return body.includes("<fault>") || body.includes("<i4>256</i4>") || body.includes("[one.vm.info] Error getting");
}

/** Settings that the recorded server had other than shipped, as one.system.config showed them. */
const OVERRIDES = `
LISTEN_ADDRESS = "127.0.0.1"
DATASTORE_LOCATION = "/srv/one/root/var//datastores"
SCRIPTS_REMOTE_DIR = "/srv/one/remotes_tmp"
AUTH_MAD = [ AUTHN = "ssh,server_cipher,dummy", EXECUTABLE = "one_auth_mad" ]
DATASTORE_MAD = [ ARGUMENTS = "-t 15 -d dummy,fs,restic,rsync -s dummy,shared,ssh,local,qcow2", EXECUTABLE = "one_datastore" ]
IPAM_MAD = [ ARGUMENTS = "-t 1 -i dummy", EXECUTABLE = "one_ipam" ]
MARKET_MAD = [ ARGUMENTS = "-t 15 -m http", EXECUTABLE = "one_market" ]
SCHED_MAD = [ ARGUMENTS = "-t 15 -p rank -o dummy", EXECUTABLE = "one_sched" ]
TM_MAD = [ ARGUMENTS = "-t 15 -d dummy,shared,ssh,local,qcow2", EXECUTABLE = "one_tm" ]
VM_MAD = [ EXECUTABLE = "one_vmm_dummy", KEEP_SNAPSHOTS = "yes", LIVE_RESIZE = "yes", NAME = "dummy", SUNSTONE_NAME = "Testing", TYPE = "xml" ]
`;

/** oned.conf as the recorded server had it: the shipped one with its own settings in place of the shipped ones. */
export function recordedConfig(): string {
  const shipped = readFileSync(join(__dirname, "../../../lab/opennebula/conf/oned.conf"), "utf8");
  const names = [...OVERRIDES.matchAll(/^(\w+) =/gm)].map((match) => match[1]);
  const kept = names.reduce(
    (text: string, name) => text.replace(new RegExp(`^${name} = (\\[[^\\]]*\\]|.*)$`, "gm"), ""),
    shipped,
  );
  return kept + OVERRIDES;
}
