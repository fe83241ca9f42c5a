// SPDX-License-Identifier: Apache-2.0

import type { PackageFile, Series } from "./model";
import { LABEL } from "./model";

const HEAD = `# ${LABEL}: the keys and shipped values of the real file, in our words.\n`;

const conf = (path: string, content: string): PackageFile => ({
  path,
  content: `${HEAD}\n${content}`,
  mode: 0o640,
  conffile: true,
});

/** oned.conf of a series: 7.2 added the gRPC port and the master's gRPC endpoint. */
export function onedConf(base: string, series: Series): PackageFile {
  const content =
    series === "7.0"
      ? base
      : base
          .replace(/^LISTEN_ADDRESS = .*$/m, '$&\nGRPC_PORT = 2634\nGRPC_LISTEN_ADDRESS = "0.0.0.0"')
          .replace('MASTER_ONED = ""', 'MASTER_ONED = "", MASTER_ONED_GRPC = ""');
  return { path: "/etc/one/oned.conf", content, mode: 0o640, conffile: true };
}

export const frontendConfiguration: PackageFile[] = [
  conf(
    "/etc/one/monitord.conf",
    `# Addresses for the nodes' messages; the stand-in asks the nodes itself and does not listen
NETWORK = [ ADDRESS = "::", MONITOR_ADDRESS = "auto", PORT = 4124, THREADS = 8, PUBKEY = "", PRIKEY = "" ]

# Seconds between probes; the stand-in contacts a node every BEACON_HOST seconds
PROBES_PERIOD = [ BEACON_HOST = 30, SYSTEM_HOST = 600, MONITOR_HOST = 120, STATE_VM = 5, MONITOR_VM = 30, SYNC_STATE_VM = 180 ]

MANAGER_TIMER = 15
MONITORING_INTERVAL_HOST = 180
HOST_MONITORING_EXPIRATION_TIME = 43200
VM_MONITORING_EXPIRATION_TIME = 43200
LOG = [ SYSTEM = "FILE", DEBUG_LEVEL = 3 ]
`,
  ),
  conf(
    "/etc/one/schedulers/rank.conf",
    "# Policy: 0 packing, 1 striping, 2 load-aware\nDEFAULT_SCHED:\n  POLICY: 1\nMAX_VM: 5000\nMAX_HOST: 1\nMEMORY_SYSTEM_DS_SCALE: 0\n",
  ),
  conf(
    "/etc/one/schedulers/one_drs.conf",
    "DEFAULT_SCHED:\n  SOLVER: CBC\n  SOLVER_PATH: /usr/lib/one/python/pulp/solverdir/cbc/linux/64/cbc\n  POLICY: BALANCE\n",
  ),
  conf(
    "/etc/one/auth/ldap_auth.conf",
    "server 1:\n    :auth_method: :simple\n    :host: localhost\n    :port: 389\n    :user_field: 'cn'\n:order:\n    - server 1\n",
  ),
  {
    path: "/etc/logrotate.d/opennebula",
    content: `${HEAD}/var/log/one/*.log {\n  su oneadmin oneadmin\n  weekly\n  rotate 4\n  compress\n  missingok\n  notifempty\n}\n`,
    conffile: true,
  },
];

/** Files that `onehost sync` copies to nodes; here they only have to be there to be edited. */
export const remotes: PackageFile[] = [
  conf(
    "/var/lib/one/remotes/etc/vnm/OpenNebulaNetwork.conf",
    ':validate_vlan_id: false\n:vlan_mtu: "1500"\n:vxlan_mc: 239.0.0.0\n:vxlan_ttl: 16\n:vxlan_mode: multicast\n:vxlan_tep: dev\n:ipset_maxelem: 65536\n:keep_empty_bridge: false\n:bridge_conf: {}\n:ip_bridge_conf: {}\n:ip_link_conf: {}\n',
  ),
  conf(
    "/var/lib/one/remotes/etc/vmm/kvm/kvmrc",
    "export LIBVIRT_URI=qemu:///system\nexport QEMU_PROTOCOL=qemu+ssh\nSHUTDOWN_TIMEOUT=180\nFORCE_DESTROY=yes\nDEFAULT_ATTACH_CACHE=none\n# MIGRATE_OPTIONS=\n",
  ),
  conf("/var/lib/one/remotes/etc/datastore/datastore.conf", "BACKUP_BASE_PATH=/var/lib/one/datastores\nSSH_OPTIONS=\n"),
  conf("/var/lib/one/remotes/etc/im/kvm-probes.d/pci.conf", ":filter: '0:0'\n:short_address: []\n:device_name: []\n"),
];

/** OneGate moved its address into a section in 7.4. */
export function gateConfiguration(series: Series): PackageFile {
  const address =
    series === "7.4" ? ":server:\n  :bind: 127.0.0.1\n  :port: 5030\n" : ":host: 127.0.0.1\n:port: 5030\n";
  return conf(
    "/etc/one/onegate-server.conf",
    `${address}\n:one_xmlrpc: http://localhost:2633/RPC2\n:ssl_server:\n:auth: onegate\n:core_auth: cipher\n:oneflow_server: http://localhost:2474\n:debug_level: 3\n`,
  );
}

export const flowConfiguration = conf(
  "/etc/one/oneflow-server.conf",
  ":one_xmlrpc: http://localhost:2633/RPC2\n:subscriber_endpoint: tcp://localhost:2101\n:autoscaler_interval: 90\n\n:host: 127.0.0.1\n:port: 2474\n\n:core_auth: cipher\n:debug_level: 2\n",
);

export const fireedgeConfiguration: PackageFile[] = [
  conf(
    "/etc/one/fireedge-server.conf",
    "log: prod\ncors: true\nhost: 0.0.0.0\nport: 2616\nsubscriber_endpoint: 'tcp://localhost:2101'\none_xmlrpc: 'http://localhost:2633/RPC2'\noneflow_server: 'http://localhost:2474'\noneform_server: 'http://localhost:13013'\nsession_expiration: 180\nsession_remember_expiration: 3600\nguacd:\n  port: 4822\n  host: localhost\ndefault_zone:\n  id: 0\n  name: OpenNebula\n  endpoint: 'http://localhost:2633/RPC2'\nauth: opennebula\n",
  ),
  conf("/etc/one/fireedge/sunstone/sunstone-server.conf", "debug_level: 2\ntoken_remote_support: ''\n"),
  conf(
    "/etc/one/fireedge/sunstone/views/sunstone-views.yaml",
    "groups:\n  oneadmin:\n    - admin\n    - user\ndefault:\n  - user\n",
  ),
];
