// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { join } from "node:path";

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
