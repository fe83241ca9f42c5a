// SPDX-License-Identifier: Apache-2.0
import { guestProxyAddress, services } from "../../catalogue";
import { oneadminSshFiles } from "../host/oneadmin";
import { openNebulaRepository } from "../host/opennebula-repository";
import { SettingsSyntax, type ActionStep, type HostState, type Settings, type Step } from "../host/state";
import { secretRef, text, type Text } from "../host/text";
import type { FrontendPlan } from "./plan";
import { sandboxes, sandboxFile } from "./sandbox";

const ONED_CONF = "/etc/one/oned.conf";
const MONITORD_CONF = "/etc/one/monitord.conf";
const ONEGATE_CONF = "/etc/one/onegate-server.conf";
const ONEFLOW_CONF = "/etc/one/oneflow-server.conf";
const FIREEDGE_CONF = "/etc/one/fireedge-server.conf";
const MARIADB_CONF = "/etc/mysql/mariadb.conf.d/90-opennebula-scaleway.cnf";
const DNSMASQ_CONF = "/etc/dnsmasq.d/opennebula-scaleway.conf";
/** Copied to the hosts by `onehost sync`; what their network drivers go by. */
const NETWORK_CONF = "/var/lib/one/remotes/etc/vnm/OpenNebulaNetwork.conf";
const ONE_AUTH = "/var/lib/one/.one/one_auth";
/** The vendor's format with the user's name: numbers say little once a user is gone. oned itself hides passwords. */
const LOG_CALL_FORMAT = "Req:%i UID:%u USER:%U IP:%A %m invoked %l20";

/** References that the front-end layer resolves. */
const frontendSecret = {
  dbPassword: secretRef("db.password"),
  oneadminPassword: secretRef("oneadmin.password"),
};

/** Database, OpenNebula's services and the name server of the hosts. */
export function renderFrontend(plan: FrontendPlan): HostState {
  const oneadmin = { owner: "oneadmin", group: "oneadmin" };
  const sandbox = sandboxes();
  return {
    repositories: { opennebula: openNebulaRepository(plan.version, plan.os, plan.repository) },
    packages: {
      "mariadb-server": "*",
      dnsmasq: "*",
      opennebula: plan.packageVersion,
      "opennebula-fireedge": plan.packageVersion,
      "opennebula-flow": plan.packageVersion,
      "opennebula-gate": plan.packageVersion,
    },
    directories: {
      ...sandbox.directories,
      "/var/lib/one/.one": { ...oneadmin, mode: "0700" },
      "/var/lib/one/.ssh": { ...oneadmin, mode: "0700" },
    },
    files: {
      ...sandbox.files,
      [MARIADB_CONF]: { content: mariadbConf(plan) },
      [DNSMASQ_CONF]: { content: dnsmasqConf(plan) },
      ...oneadminSshFiles(),
    },
    settings: {
      [ONED_CONF]: onedSettings(plan),
      [MONITORD_CONF]: {
        syntax: SettingsSyntax.Oned,
        set: [
          { path: ["NETWORK", "ADDRESS"], value: quoted(plan.bind.monitord) },
          { path: ["NETWORK", "MONITOR_ADDRESS"], value: quoted(plan.managementAddress) },
        ],
      },
      [ONEGATE_CONF]: yaml(
        plan.gateServerSection ? [[":server", ":bind"], plan.bind.onegate] : [[":host"], plan.bind.onegate],
      ),
      [ONEFLOW_CONF]: yaml([[":host"], plan.bind.oneflow]),
      [FIREEDGE_CONF]: yaml([["host"], plan.bind.fireedge]),
    },
    // Guests have no way to the management network: their host carries what they say to OneGate. A block, because a list's lines
    // cannot be edited by key, and on one line Ruby would not read its own symbols.
    blocks: { [NETWORK_CONF]: { content: oneGateProxy(plan.managementAddress) } },
    sequence: frontendSequence(plan),
  };
}

function quoted(value: Text): Text {
  return text`"${typeof value === "string" ? value : value}"`;
}

function yaml(...entries: [string[], string][]): Settings {
  return { syntax: SettingsSyntax.Yaml, set: entries.map(([path, value]) => ({ path, value })) };
}

function oneGateProxy(address: string): string {
  const { port } = services.onegate;
  return [
    ":tproxy:",
    `  - :service_port: ${port}`,
    `    :remote_addr: ${address}`,
    `    :remote_port: ${port}`,
    "",
  ].join("\n");
}

function onedSettings(plan: FrontendPlan): Settings {
  const db: [string, Text][] = [
    ["BACKEND", '"mysql"'],
    ["SERVER", '"localhost"'],
    ["PORT", "0"],
    ["USER", '"oneadmin"'],
    ["PASSWD", quoted(text`${frontendSecret.dbPassword}`)],
    ["DB_NAME", '"opennebula"'],
    ["CONNECTIONS", "25"],
    ["COMPARE_BINARY", '"no"'],
  ];
  return {
    syntax: SettingsSyntax.Oned,
    secret: true,
    set: [
      ...db.map(([key, value]) => ({ path: ["DB", key], value })),
      { path: ["LISTEN_ADDRESS"], value: quoted(plan.bind.oned) },
      { path: ["LOG_CALL_FORMAT"], value: quoted(LOG_CALL_FORMAT) },
      ...(plan.grpc ? [{ path: ["GRPC_LISTEN_ADDRESS"], value: quoted(plan.bind.oned) }] : []),
      { path: ["ONEGATE_ENDPOINT"], value: quoted(`http://${guestProxyAddress}:${services.onegate.port}`) },
      ...Object.entries(plan.onedSettings).map(([key, value]) => ({
        path: [key],
        value: typeof value === "number" ? String(value) : quoted(value),
      })),
    ],
  };
}

/** The isolation level and character set are in a file, so that a restart of the database keeps them. */
function mariadbConf({ binaryLog }: FrontendPlan): string {
  return [
    "[mariadbd]",
    "bind-address = 127.0.0.1",
    "character-set-server = utf8mb4",
    "collation-server = utf8mb4_general_ci",
    "transaction-isolation = READ-COMMITTED",
    // Whoever comes over TLS, as a replica must: oned itself comes by the socket.
    "tls-version = TLSv1.2,TLSv1.3",
    // Rows, because statements mean nothing on another server; a week is longer than any pause between two dumps.
    ...(binaryLog
      ? ["log-bin = opennebula-bin", "binlog-format = ROW", "max-binlog-size = 64M", "expire-logs-days = 7"]
      : []),
    "",
  ].join("\n");
}

function dnsmasqConf(plan: FrontendPlan): string {
  return [
    `listen-address=${plan.bind.dns}`,
    "bind-dynamic",
    "except-interface=lo",
    "no-resolv",
    "domain-needed",
    `local=/${plan.domain}/`,
    "",
  ].join("\n");
}

/**
 * oned takes the password from the file at its first start alone; from then on both change here, oned first and with the login that the
 * file holds. Whoever kills this in between leaves a file that is a step behind, which the next run sees. Files in oneadmin's own
 * directory are read and written as oneadmin: a symbolic link there leads root nowhere.
 */
function oneadminPassword({ bind }: FrontendPlan): ActionStep {
  const endpoint = `http://${bind.oned}:${services.oned.port}/RPC2`;
  return {
    action: "oneadmin-password",
    needed: `[ "$(stat -c %U:%G:%a ${ONE_AUTH} 2>/dev/null)" != oneadmin:oneadmin:600 ] || [ "$(cat ${ONE_AUTH})" != "oneadmin:$ONEADMIN_PASSWORD" ]`,
    run: [
      `if [ -n "$(mariadb -NBe 'SELECT oid FROM user_pool WHERE oid = 0' opennebula 2>/dev/null)" ]; then`,
      `  systemctl start ${services.oned.unit}`,
      "  runuser -u oneadmin -- python3 -I - <<'PYTHON'",
      "import os, time, xmlrpc.client",
      `one = xmlrpc.client.ServerProxy("${endpoint}").one`,
      'password = os.environ["ONEADMIN_PASSWORD"]',
      'works = lambda: one.user.info("oneadmin:" + password, 0)[0]',
      "for attempt in range(60):",
      "    try:",
      "        known = works()",
      "        break",
      "    except ConnectionError:",
      "        time.sleep(1)",
      "else:",
      '    raise SystemExit("oned does not answer")',
      "if not known:",
      `    with open("${ONE_AUTH}") as file:`,
      "        present = file.read().strip()",
      "    one.user.passwd(present, 0, password)",
      "    if not works():",
      `        raise SystemExit("oned refuses the login in ${ONE_AUTH}: it cannot be told the new password")`,
      "PYTHON",
      "fi",
      "runuser -u oneadmin -- sh -eu <<'SHELL'",
      "umask 077",
      `rm -f ${ONE_AUTH}.new`,
      `printf 'oneadmin:%s\\n' "$ONEADMIN_PASSWORD" >${ONE_AUTH}.new`,
      `mv ${ONE_AUTH}.new ${ONE_AUTH}`,
      "SHELL",
    ].join("\n"),
    environment: { ONEADMIN_PASSWORD: text`${frontendSecret.oneadminPassword}` },
  };
}

function frontendSequence(plan: FrontendPlan): Step[] {
  const oned = `tcp:${plan.bind.oned}:${services.oned.port}`;
  return [
    { unit: services.dns.unit, restartOn: [DNSMASQ_CONF] },
    { unit: services.mariadb.unit, restartOn: [MARIADB_CONF], ready: `tcp:127.0.0.1:${services.mariadb.port}` },
    {
      action: "database",
      needed: '! MYSQL_PWD="$DB_PASSWORD" mariadb --user=oneadmin --execute="SELECT 1" opennebula >/dev/null 2>&1',
      run: [
        "mariadb <<SQL",
        "CREATE DATABASE IF NOT EXISTS opennebula CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;",
        "CREATE USER IF NOT EXISTS 'oneadmin'@'localhost' IDENTIFIED BY '$DB_PASSWORD';",
        "ALTER USER 'oneadmin'@'localhost' IDENTIFIED BY '$DB_PASSWORD';",
        "GRANT ALL PRIVILEGES ON opennebula.* TO 'oneadmin'@'localhost';",
        "SQL",
      ].join("\n"),
      environment: { DB_PASSWORD: text`${frontendSecret.dbPassword}` },
    },
    oneadminPassword(plan),
    {
      unit: services.oned.unit,
      restartOn: [sandboxFile(services.oned.unit), ONED_CONF, MONITORD_CONF, "package:opennebula"],
      ready: oned,
      timeoutSeconds: 180,
    },
    {
      action: "network-settings-on-hosts",
      needed: "false",
      rerunOn: [NETWORK_CONF],
      user: "oneadmin",
      // A host that is away must not keep the front-end from being finished: it is told when it is back, by the same command.
      run: "timeout 90 onehost sync --force || echo 'some hosts did not get the settings of the network drivers' >&2",
    },
    { unit: services.onedEvents.unit, restartOn: [sandboxFile(services.onedEvents.unit), "package:opennebula"] },
    { unit: "opennebula-ssh-agent.service", restartOn: ["/var/lib/one/.ssh/id_ed25519"] },
    {
      unit: services.onegate.unit,
      restartOn: [sandboxFile(services.onegate.unit), ONEGATE_CONF, "package:opennebula-gate"],
      ready: `tcp:${plan.bind.onegate}:${services.onegate.port}`,
    },
    {
      unit: services.oneflow.unit,
      restartOn: [sandboxFile(services.oneflow.unit), ONEFLOW_CONF, "package:opennebula-flow"],
      ready: `tcp:${plan.bind.oneflow}:${services.oneflow.port}`,
    },
    { unit: services.guacd.unit, restartOn: [sandboxFile(services.guacd.unit), "package:opennebula-fireedge"] },
    {
      unit: services.fireedge.unit,
      restartOn: [sandboxFile(services.fireedge.unit), FIREEDGE_CONF, "package:opennebula-fireedge"],
      ready: `tcp:${plan.bind.fireedge}:${services.fireedge.port}`,
      timeoutSeconds: 120,
    },
  ];
}
