// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../cli/kinds";
import { NETWORK_ACTIONS, NETWORK_DRIVERS } from "../drivers/host/main";
import { proxyScript } from "../drivers/host/tproxy";
import { REMOTES, SOURCE } from "../drivers/sync";
import {
  fireedgeConfiguration,
  flowConfiguration,
  frontendConfiguration,
  gateConfiguration,
  onedConf,
  remotes,
} from "./configuration";
import type { Bundles, PackageFile, Series, StandInPackage } from "./model";
import { LABEL, packageVersion, releaseOf } from "./model";
import { idleUnit, onedUnits, serverUnit } from "./units";

const script = (path: string, body: string): PackageFile => ({
  path,
  content: `#!/bin/sh\n# ${LABEL}\n${body}`,
  mode: 0o755,
});

/** The account and directories that every package builds on; ids and home as in the real packages. */
const ACCOUNT = `
if ! getent group oneadmin >/dev/null; then
    addgroup --system --gid 9869 oneadmin
fi
if ! getent passwd oneadmin >/dev/null; then
    adduser --system --uid 9869 --gid 9869 --home /var/lib/one --no-create-home --shell /bin/bash --gecos "OpenNebula" oneadmin
fi
install -d -o oneadmin -g oneadmin -m 0750 /var/lib/one /var/log/one
install -d -o oneadmin -g oneadmin -m 0700 /var/lib/one/.one /var/lib/one/.ssh
install -d -o oneadmin -g oneadmin -m 0755 /var/lib/one/datastores
if [ -d /run/systemd/system ]; then
    systemd-tmpfiles --create opennebula-common.conf || true
fi
`;

/** Units are neither enabled nor started by the packages: whoever installs them does that, when all is configured. */
const RELOAD = `
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || true
fi
`;

const OWN_CONF = "\nif [ -d /etc/one ]; then chgrp -R oneadmin /etc/one; fi\n";

/** oneadmin's key, its ssh settings and a random password for the first start. */
const FRONTEND = `
if [ ! -s /var/lib/one/.ssh/id_rsa ]; then
    rm -f /var/lib/one/.ssh/id_rsa /var/lib/one/.ssh/id_rsa.pub
    ssh-keygen -q -t rsa -b 3072 -N "" -C oneadmin -f /var/lib/one/.ssh/id_rsa
    chown oneadmin:oneadmin /var/lib/one/.ssh/id_rsa /var/lib/one/.ssh/id_rsa.pub
fi
if [ ! -e /var/lib/one/.ssh/config ]; then
    install -o oneadmin -g oneadmin -m 0600 /usr/share/one/ssh/config /var/lib/one/.ssh/config
fi
if [ ! -s /var/lib/one/.one/one_auth ]; then
    umask 077
    printf 'oneadmin:%s\\n' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')" > /var/lib/one/.one/one_auth
    chown oneadmin:oneadmin /var/lib/one/.one/one_auth
fi
chown -R oneadmin:oneadmin /var/lib/one/remotes
`;

/** The agent must answer before keys can be added; without a key it stays empty. */
const SSH_ADD = `set -eu
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -S "$SSH_AUTH_SOCK" ] && break
    sleep 0.1
done
for key in /var/lib/one/.ssh/id_*; do
    case $key in
        *.pub | *'*') ;;
        *) [ -r "$key" ] && ssh-add -q "$key" ;;
    esac
done
exit 0
`;

/** libvirt's group lets oneadmin use the hypervisor; virtual machines run as oneadmin, whose the images are. */
const NODE = `
for group in libvirt kvm; do
    if getent group "$group" >/dev/null; then adduser --quiet oneadmin "$group"; fi
done
if [ -f /etc/libvirt/qemu.conf ] && ! grep -q '^# opennebula-node-kvm' /etc/libvirt/qemu.conf; then
    printf '%s\\n' '# opennebula-node-kvm' 'user = "oneadmin"' 'group = "oneadmin"' 'dynamic_ownership = 0' >> /etc/libvirt/qemu.conf
fi
`;

/** What network drivers run as root. */
const ROOT_COMMANDS = [
  ...["ip", "iptables", "ip6tables", "iptables-restore", "ip6tables-restore"].map((name) => `/usr/sbin/${name}`),
  proxyScript(REMOTES),
];

/** The network drivers as OpenNebula lays them out: one script an action, all of them the one program. */
const networkScripts = (program: string): PackageFile[] => [
  { path: "/var/lib/one/remotes/vnm/vnm.js", content: program },
  {
    path: proxyScript(SOURCE),
    content: readFileSync(join(__dirname, "../drivers/host/tproxy.sh"), "utf8"),
    mode: 0o755,
  },
  ...NETWORK_DRIVERS.flatMap((driver) =>
    NETWORK_ACTIONS.map((action) =>
      script(
        `/var/lib/one/remotes/vnm/${driver}/${action}`,
        `vnm=$(dirname "$(dirname "$(readlink -f "$0")")")\nexec /usr/bin/node "$vnm/vnm.js" "$vnm" ${driver} ${action} "$@"\n`,
      ),
    ),
  ),
];

/** All stand-in packages of a series. */
export function packagesOf(series: Series, bundles: Bundles): StandInPackage[] {
  const release = releaseOf(series);
  const version = packageVersion(series);
  const same = (name: string): string => `${name} (= ${version})`;
  const base = readFileSync(join(__dirname, "../conf/oned.conf"), "utf8");
  const services: PackageFile = { path: "/usr/lib/one/services.js", content: bundles.services };
  const tools = Object.keys(COMMANDS);
  return [
    {
      name: "opennebula-common",
      depends: ["adduser"],
      summary: "account, directories and shared programs",
      files: [
        {
          path: "/usr/lib/tmpfiles.d/opennebula-common.conf",
          content: "d /run/one 0750 oneadmin oneadmin -\nd /run/lock/one 0750 oneadmin oneadmin -\n",
        },
        services,
        script(
          "/usr/lib/one/stand-in-idle",
          `echo "$1: this is a ${LABEL}; there is nothing for it to do"\nexec sleep infinity\n`,
        ),
      ],
      postinst: ACCOUNT,
      postrm: 'if [ "$1" = purge ]; then rm -rf /var/log/one; fi',
    },
    { name: "opennebula-libs", depends: [same("opennebula-common")], summary: "libraries (empty)", files: [] },
    { name: "opennebula-rubygems", depends: [], summary: "Ruby gems (empty)", files: [] },
    {
      name: "opennebula-tools",
      depends: [same("opennebula-common"), same("opennebula-libs"), "nodejs (>= 18)"],
      summary: `command line tools (${tools.join(", ")})`,
      files: [
        { path: "/usr/lib/one/cli.js", content: bundles.cli },
        ...tools.map((tool) => script(`/usr/bin/${tool}`, `exec /usr/bin/node /usr/lib/one/cli.js ${tool} "$@"\n`)),
      ],
    },
    {
      name: "opennebula",
      depends: [
        ...[same("opennebula-common"), same("opennebula-libs"), same("opennebula-tools")],
        ...["nodejs (>= 18)", "openssh-client", "genisoimage", "qemu-utils"],
      ],
      recommends: ["mariadb-server"],
      summary: "front-end daemon",
      files: [
        { path: "/usr/lib/one/oned.js", content: bundles.oned },
        script("/usr/bin/oned", `ONE_STANDIN_VERSION=${release} exec /usr/bin/node /usr/lib/one/oned.js "$@"\n`),
        script("/usr/lib/one/stand-in-ssh-add", SSH_ADD),
        onedConf(base, series),
        ...frontendConfiguration,
        ...remotes,
        ...networkScripts(bundles.vnm),
        { path: "/var/lib/one/remotes/VERSION", content: `${release}\n` },
        {
          path: "/usr/share/one/ssh/config",
          content: `# ${LABEL}\nHost *\n  StrictHostKeyChecking accept-new\n  ServerAliveInterval 10\n  ForwardAgent yes\n`,
        },
        ...onedUnits(release),
      ],
      postinst: FRONTEND + OWN_CONF + RELOAD,
      postrm: RELOAD,
    },
    {
      name: "opennebula-gate",
      depends: [same("opennebula-common"), "nodejs (>= 18)"],
      summary: "OneGate server",
      files: [
        gateConfiguration(series),
        serverUnit({
          name: "opennebula-gate",
          description: "OpenNebula Gate Server",
          id: "gate",
          auth: "onegate_auth",
          release,
        }),
      ],
      postinst: OWN_CONF + RELOAD,
      postrm: RELOAD,
    },
    {
      name: "opennebula-flow",
      depends: [same("opennebula-common"), "nodejs (>= 18)"],
      summary: "OneFlow server",
      files: [
        flowConfiguration,
        serverUnit({
          name: "opennebula-flow",
          description: "OpenNebula Flow Service",
          id: "flow",
          auth: "oneflow_auth",
          release,
        }),
      ],
      postinst: OWN_CONF + RELOAD,
      postrm: RELOAD,
    },
    {
      name: "opennebula-fireedge",
      depends: [same("opennebula-common"), "nodejs (>= 18)"],
      summary: "FireEdge web server, and guacd",
      files: [
        ...fireedgeConfiguration,
        serverUnit({
          name: "opennebula-fireedge",
          description: "OpenNebula FireEdge Server",
          id: "fireedge",
          auth: "sunstone_auth",
          release,
        }),
        idleUnit("opennebula-guacd", "OpenNebula Guacamole Server"),
      ],
      postinst: OWN_CONF + RELOAD,
      postrm: RELOAD,
    },
    {
      name: "opennebula-node-kvm",
      depends: [
        same("opennebula-common"),
        ...[
          "libvirt-daemon-system",
          "libvirt-clients",
          "qemu-system-x86",
          "qemu-utils",
          "openssh-server",
          ...["openssh-client", "nodejs (>= 18)", "sudo", "iproute2", "iptables"],
        ],
      ],
      summary: "what a KVM node needs",
      files: [
        {
          path: "/etc/sudoers.d/opennebula-node-kvm",
          content: `# ${LABEL}\noneadmin ALL=(root) NOPASSWD: ${ROOT_COMMANDS.join(", ")}\n`,
          mode: 0o440,
          conffile: true,
        },
        { path: "/usr/lib/one/kvm-probe", content: readFileSync(join(__dirname, "kvm-probe.sh"), "utf8"), mode: 0o755 },
      ],
      postinst: NODE,
    },
  ];
}
