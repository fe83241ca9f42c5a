// SPDX-License-Identifier: Apache-2.0
import { bindAddress, services, type ServiceName } from "../../catalogue";
import { SettingsSyntax, type HostState, type Settings, type Step } from "../host/state";
import { text, type Text } from "../host/text";
import { alertmanagerConfiguration } from "./alertmanager";
import { openNebulaExporter } from "./exporter";
import { localPage, pages, proxiedPages } from "./pages";
import type { MonitoringPlan } from "./plan";
import { blackboxConfiguration, prometheusConfiguration, ruleFile } from "./prometheus";

const PROMETHEUS_CONF = "/etc/prometheus/prometheus.yml";
const RULES = "/etc/prometheus/opennebula-scaleway.rules.yml";
const ALERTMANAGER_CONF = "/etc/prometheus/alertmanager.yml";
const BLACKBOX_CONF = "/etc/prometheus/blackbox.yml";

/** What a Debian package starts its program with. */
interface Daemon {
  service: ServiceName;
  package: string;
  flags: Text[];
  environment?: Record<string, string>;
  /** Files whose change the program takes without a restart. */
  reloadOn?: string[];
  ready?: string;
}

const defaults = (name: string): string => `/etc/default/${name}`;
const limitsFolder = (service: ServiceName): string => `/etc/systemd/system/${services[service].unit}.d`;
const limitsFile = (service: ServiceName): string => `${limitsFolder(service)}/opennebula-scaleway.conf`;

/** What a program may take at most of the machine that it watches; `npm run bench` measures what they do take. */
function limits({ service }: Daemon): string {
  return ["[Service]", `MemoryMax=${service === "prometheus" ? "1G" : "256M"}`, "CPUWeight=50", ""].join("\n");
}

function settings({ flags, environment = {} }: Daemon): Settings {
  const words = flags.reduce((all, flag) => text`${all} ${flag}`);
  return {
    syntax: SettingsSyntax.Shell,
    set: Object.entries<Text>({ ARGS: words, ...environment }).map(([key, value]) => ({
      path: [key],
      value: text`"${value}"`,
    })),
  };
}

function step(daemon: Daemon): Step[] {
  const { unit } = services[daemon.service];
  const restart = {
    unit,
    restartOn: [defaults(daemon.package), `package:${daemon.package}`, limitsFile(daemon.service)],
    ready: daemon.ready,
  };
  if (daemon.reloadOn === undefined) return [restart];
  const reload = { action: `reload-${daemon.package}`, needed: "false", run: `systemctl reload ${unit}` };
  return [restart, { ...reload, rerunOn: daemon.reloadOn }];
}

/** The exporters of one host. */
function exporters(plan: MonitoringPlan, host: string): Daemon[] {
  const { managementAddress, hypervisor } = plan.hosts[host]!;
  const listen = (service: ServiceName): string =>
    `--web.listen-address=${bindAddress(service, managementAddress)}:${services[service].port}`;
  const found: Daemon[] = [
    {
      service: "nodeExporter",
      package: "prometheus-node-exporter",
      flags: [
        listen("nodeExporter"),
        "--collector.systemd",
        // Timers' own units come and go; VMs' scopes are libvirt's affair.
        "--collector.systemd.unit-exclude=.+\\\\\\\\.(automount|device|mount|scope|slice|swap)",
      ],
    },
  ];
  if (hypervisor)
    found.push({
      service: "libvirtExporter",
      package: "prometheus-libvirt-exporter",
      flags: [listen("libvirtExporter"), "--libvirt.uri=/var/run/libvirt/libvirt-sock-ro"],
    });
  return found;
}

/** What runs only where the others are watched from. */
function watchers(plan: MonitoringPlan): Daemon[] {
  const local = (service: ServiceName): string => `--web.listen-address=127.0.0.1:${services[service].port}`;
  const { retention, externalUrl } = plan;
  return [
    {
      service: "mysqldExporter",
      package: "prometheus-mysqld-exporter",
      flags: [local("mysqldExporter")],
      environment: { DATA_SOURCE_NAME: "prometheus@unix(/run/mysqld/mysqld.sock)/" },
    },
    {
      service: "blackboxExporter",
      package: "prometheus-blackbox-exporter",
      flags: [local("blackboxExporter"), `--config.file=${BLACKBOX_CONF}`],
      reloadOn: [BLACKBOX_CONF],
    },
    {
      service: "alertmanager",
      package: "prometheus-alertmanager",
      flags: [
        local("alertmanager"),
        `--config.file=${ALERTMANAGER_CONF}`,
        "--cluster.listen-address=",
        text`--web.external-url=${externalUrl}${pages.alertmanager}`,
      ],
      reloadOn: [ALERTMANAGER_CONF],
      ready: `${localPage("alertmanager")}/-/ready`,
    },
    {
      service: "prometheus",
      package: "prometheus",
      flags: [
        local("prometheus"),
        text`--web.external-url=${externalUrl}${pages.prometheus}`,
        `--storage.tsdb.retention.time=${retention.days}d`,
        `--storage.tsdb.retention.size=${retention.sizeGib}GB`,
        // Alertmanager takes an alert for over when it has not heard of it for four of these.
        `--rules.alert.resend-delay=${plan.model.duration(60)}`,
      ],
      reloadOn: [PROMETHEUS_CONF, RULES],
      ready: `${localPage("prometheus")}/-/ready`,
    },
  ];
}

const DISK_COLLECTORS = "prometheus-node-exporter-collectors";
/** Disks' own diagnosis. systemd starts neither where there is no disk of its kind. */
const DISK_TIMERS: Step[] = ["smartmon", "nvme"].map((disks) => ({
  unit: `prometheus-node-exporter-${disks}.timer`,
  restartOn: [`package:${DISK_COLLECTORS}`],
}));

/**
 * nvme-cli is here for its diagnosis alone. What it would connect at each boot are disks over the network: there are none, and a kernel
 * without the module for them counts a failed unit after every reboot.
 */
const NO_REMOTE_DISKS: Step = { unit: "nvmf-autoconnect.service", state: "any", enabled: "disabled" };

const DATABASE_USER: Step = {
  action: "monitoring-database-user",
  needed:
    "! mariadb --batch --skip-column-names --execute=\"SHOW GRANTS FOR 'prometheus'@'localhost'\" 2>/dev/null | grep -q PROCESS",
  run: [
    "mariadb <<SQL",
    "CREATE USER IF NOT EXISTS 'prometheus'@'localhost' IDENTIFIED VIA unix_socket WITH MAX_USER_CONNECTIONS 3;",
    "GRANT PROCESS, BINLOG MONITOR, REPLICA MONITOR ON *.* TO 'prometheus'@'localhost';",
    "GRANT SELECT ON performance_schema.* TO 'prometheus'@'localhost';",
    "SQL",
  ].join("\n"),
  undo: "mariadb --execute=\"DROP USER IF EXISTS 'prometheus'@'localhost'\"",
};

/** Exporters on every host; on the front-end also what asks them, judges and tells people. */
export function renderMonitoring(plan: MonitoringPlan, host: string): HostState {
  const watches = host === plan.frontend;
  const daemons = [...exporters(plan, host), ...(watches ? watchers(plan) : [])];
  const exporter = watches ? openNebulaExporter(plan.flexibleIps) : undefined;
  const proxied = watches && plan.pages ? proxiedPages(plan.pages) : undefined;
  return {
    packages: {
      ...Object.fromEntries(daemons.map((daemon) => [daemon.package, "*"])),
      [DISK_COLLECTORS]: "*",
      smartmontools: "*",
      "nvme-cli": "*",
      // What the collector for NVMe reads the disk's answer with; the package only recommends it.
      jq: "*",
      ...exporter?.packages,
    },
    users: exporter?.users,
    directories: {
      ...Object.fromEntries(daemons.map(({ service }) => [limitsFolder(service), {}])),
      ...exporter?.directories,
    },
    files: {
      ...Object.fromEntries(daemons.map((daemon) => [limitsFile(daemon.service), { content: limits(daemon) }])),
      ...(watches ? watcherFiles(plan) : {}),
      ...exporter?.files,
      ...proxied?.files,
    },
    settings: Object.fromEntries(daemons.map((daemon) => [defaults(daemon.package), settings(daemon)])),
    sequence: [
      ...(watches ? [DATABASE_USER] : []),
      ...daemons.flatMap(step),
      ...DISK_TIMERS,
      NO_REMOTE_DISKS,
      ...(exporter?.sequence ?? []),
      ...(proxied?.sequence ?? []),
    ],
  };
}

function watcherFiles(plan: MonitoringPlan): HostState["files"] {
  const own = { group: "prometheus", mode: "0640" };
  return {
    [RULES]: { content: ruleFile(plan.model), validate: ["promtool", "check", "rules", "{}"] },
    [PROMETHEUS_CONF]: {
      content: prometheusConfiguration(plan),
      validate: ["promtool", "check", "config", "--syntax-only", "{}"],
    },
    [BLACKBOX_CONF]: { content: blackboxConfiguration() },
    // Addresses of webhooks are as good as passwords.
    [ALERTMANAGER_CONF]: {
      content: alertmanagerConfiguration(plan),
      ...own,
      secret: true,
      validate: ["amtool", "check-config", "{}"],
    },
  };
}
