// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import type { ActionStep, FileEntry, HostState, Step } from "../host/state";
import { jsonText } from "../host/structured";
import { ref, secretRef, text } from "../host/text";
import { TEXTFILES } from "../host/textfiles";
import { fileReader, fileReaderUnit, READER_STATE, sandbox } from "./files";
import { gate, GATE_STATE, gateUnit } from "./gate";
import type { HostLogsPlan } from "./plan";

const FOLDER = "/etc/opennebula-scaleway/logs";
const NAME = "50-opennebula-scaleway.conf";
const SYSTEMD = "/etc/systemd";
const GATE = services.logCollector.unit;
const READER = "opennebula-scaleway-log-files.service";
const METRICS = "opennebula-scaleway-log-metrics.service";
const RETENTION = "opennebula-scaleway-log-retention";
const PROGRAM = "/usr/local/lib/opennebula-scaleway/logs.py";
const SLOW_LOG_CONF = "/etc/mysql/mariadb.conf.d/91-opennebula-scaleway-slow-log.cnf";
/** Seconds from which a statement counts as slow. */
const SLOW_SECONDS = 1;

const paths = {
  ca: `${FOLDER}/ca.pem`,
  certificate: `${FOLDER}/certificate.pem`,
  senderKey: `${FOLDER}/sender-key.pem`,
  collectorKey: `${FOLDER}/collector-key.pem`,
  files: `${FOLDER}/files.conf`,
  settings: `${FOLDER}/settings.json`,
  journald: `${SYSTEMD}/journald.conf.d/${NAME}`,
  upload: `${SYSTEMD}/journal-upload.conf.d/${NAME}`,
  uploadUnit: `${SYSTEMD}/system/systemd-journal-upload.service.d/${NAME}`,
  remote: `${SYSTEMD}/journal-remote.conf.d/${NAME}`,
  remoteUnit: `${SYSTEMD}/system/systemd-journal-remote.service.d/${NAME}`,
  gate: `${FOLDER}/gate.conf`,
  gateUnit: `${SYSTEMD}/system/${GATE}`,
  remoteSocket: `${SYSTEMD}/system/systemd-journal-remote.socket.d/${NAME}`,
  readerUnit: `${SYSTEMD}/system/${READER}`,
  metricsUnit: `${SYSTEMD}/system/${METRICS}`,
  retentionUnit: `${SYSTEMD}/system/${RETENTION}.service`,
  retentionTimer: `${SYSTEMD}/system/${RETENTION}.timer`,
};

/** References that the logs layer resolves. */
export const logsValue = {
  program: ref("logs.program"),
  authority: ref("logs.authority"),
  certificate: (host: string) => ref(`${host}.logs.certificate`),
  key: (host: string) => secretRef(`${host}.logs.key`),
};

/** What a host keeps of its records, where it sends them, and what it collects from others. */
export function renderLogs(plan: HostLogsPlan): HostState {
  const { sendTo, collector, isFrontend } = plan;
  const remote = sendTo !== undefined || collector !== undefined;
  return {
    packages: {
      rsyslog: "*",
      python3: "*",
      ...(remote && { "systemd-journal-remote": "*" }),
      ...(collector && { "nginx-light": "*" }),
    },
    users: {
      // Debian's sender runs under an account that systemd makes up at each start: nothing on disk could be its own.
      ...(sendTo && { "systemd-journal-upload": { system: true, shell: "/usr/sbin/nologin" } }),
      ...(collector && { "systemd-journal-remote": { system: true, shell: "/usr/sbin/nologin" } }),
    },
    directories: {
      [FOLDER]: {},
      [TEXTFILES]: {},
      [READER_STATE]: { mode: "0700" },
      ...(collector && { [GATE_STATE]: {} }),
      ...(isFrontend && { "/var/log/mysql": { owner: "mysql", group: "adm", mode: "2750" } }),
    },
    files: {
      [paths.journald]: { content: journald(plan) },
      [paths.files]: { content: fileReader(isFrontend), validate: ["/usr/sbin/rsyslogd", "-N1", "-f", "{}"] },
      [paths.readerUnit]: { content: fileReaderUnit(paths.files) },
      [PROGRAM]: { content: text`${logsValue.program}` },
      [paths.settings]: { content: jsonText(programSettings(plan)) },
      [paths.metricsUnit]: { content: metricsUnit() },
      ...(remote && {
        [paths.ca]: { content: text`${logsValue.authority}` },
        [paths.certificate]: { content: text`${logsValue.certificate(plan.host)}` },
      }),
      ...(sendTo && senderFiles(plan.host, sendTo)),
      ...(collector && collectorFiles(plan.host, collector)),
      ...(isFrontend && { [SLOW_LOG_CONF]: { content: slowLog() } }),
    },
    sequence: sequence(plan),
  };
}

/** Bytes are enough for the journal's own rounding; a burst of one service is not thrown away before it is sent. */
function journald({ bufferBytes, days }: HostLogsPlan): string {
  return [
    "[Journal]",
    "Storage=persistent",
    `SystemMaxUse=${bufferBytes}`,
    `MaxRetentionSec=${days}day`,
    // By default a file is closed when it is full, and retention by age looks at closed ones.
    "MaxFileSec=1day",
    "RateLimitIntervalSec=30s",
    "RateLimitBurst=100000",
    "",
  ].join("\n");
}

function key(host: string, owner: string): FileEntry {
  return { content: text`${logsValue.key(host)}`, owner, mode: "0400", secret: true };
}

function senderFiles(host: string, to: { fqdn: string; port: number }): Record<string, FileEntry> {
  return {
    [paths.senderKey]: key(host, "systemd-journal-upload"),
    [paths.upload]: {
      content: [
        "[Upload]",
        `URL=https://${to.fqdn}:${to.port}`,
        `ServerKeyFile=${paths.senderKey}`,
        `ServerCertificateFile=${paths.certificate}`,
        `TrustedCertificateFile=${paths.ca}`,
        "",
      ].join("\n"),
    },
    // It ends when the collector does not answer, and goes on from its saved place: for as long as that takes.
    [paths.uploadUnit]: {
      content: ["[Unit]", "StartLimitIntervalSec=0", "", "[Service]", "Restart=always", "RestartSec=2", ""].join("\n"),
    },
  };
}

function collectorFiles(host: string, collector: NonNullable<HostLogsPlan["collector"]>): Record<string, FileEntry> {
  return {
    [paths.collectorKey]: key(host, "root"),
    [paths.gate]: {
      content: gate({ ...collector, ...paths, key: paths.collectorKey }),
      validate: ["/usr/sbin/nginx", "-q", "-t", "-c", "{}"],
    },
    [paths.gateUnit]: { content: gateUnit(paths.gate) },
    [paths.remote]: { content: ["[Remote]", "SplitMode=host", ""].join("\n") },
    [paths.remoteSocket]: {
      content: ["[Socket]", "ListenStream=", `ListenStream=127.0.0.1:${collector.storePort}`, ""].join("\n"),
    },
    [paths.remoteUnit]: {
      content: [
        "[Unit]",
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        "ExecStart=",
        "ExecStart=/lib/systemd/systemd-journal-remote --listen-http=-3 --output=/var/log/journal/remote/",
        "Restart=always",
        "RestartSec=1",
        "",
      ].join("\n"),
    },
    [paths.retentionUnit]: { content: retentionUnit() },
    [paths.retentionTimer]: { content: retentionTimer() },
  };
}

function programSettings({ collector, sendTo, days }: HostLogsPlan): object {
  return {
    textfile: `${TEXTFILES}/opennebula_scaleway_logs.prom`,
    everySeconds: 15,
    uploadState: sendTo && "/var/lib/systemd/journal-upload/state",
    store: collector && {
      directory: "/var/log/journal/remote",
      maxBytes: collector.storeBytes,
      maxAgeSeconds: days * 86_400,
      rotateSeconds: 86_400,
      unit: "systemd-journal-remote.service",
    },
  };
}

function slowLog(): string {
  return [
    "[mariadbd]",
    "slow_query_log = 1",
    "slow_query_log_file = /var/log/mysql/mariadb-slow.log",
    `long_query_time = ${SLOW_SECONDS}`,
    "",
  ].join("\n");
}

/** The file is for the next start; what runs is told at once, because a restart of the database stops oned. */
function slowLogNow(): ActionStep {
  const ask = 'mariadb -NBe "SELECT @@slow_query_log, @@slow_query_log_file, @@long_query_time"';
  return {
    action: "slow-query-log",
    needed: `test "$(${ask} | tr -s '\\t' ' ')" != "1 /var/log/mysql/mariadb-slow.log ${SLOW_SECONDS}.000000"`,
    run: [
      "mariadb <<'SQL'",
      "SET GLOBAL slow_query_log_file = '/var/log/mysql/mariadb-slow.log';",
      `SET GLOBAL long_query_time = ${SLOW_SECONDS};`,
      "SET GLOBAL slow_query_log = 1;",
      "SQL",
    ].join("\n"),
    undo: 'mariadb -e "SET GLOBAL slow_query_log = 0"',
  };
}

function sequence({ isFrontend, sendTo, collector }: HostLogsPlan): Step[] {
  const steps: Step[] = [
    { unit: "systemd-journald.service", enabled: "any", restartOn: [paths.journald] },
    // The package's own service would write everything a second time to /var/log/syslog.
    { unit: "rsyslog.service", state: "inactive", enabled: "disabled" },
    ...(isFrontend ? [slowLogNow()] : []),
    { unit: READER, restartOn: [paths.files, paths.readerUnit, "package:rsyslog"] },
    { unit: METRICS, restartOn: [PROGRAM, paths.settings, paths.metricsUnit] },
  ];
  const certificates = [paths.ca, paths.certificate];
  if (collector) {
    steps.push(
      { unit: "systemd-journal-remote.socket", restartOn: [paths.remoteSocket] },
      {
        unit: "systemd-journal-remote.service",
        enabled: "any",
        restartOn: [paths.remote, paths.remoteUnit, "package:systemd-journal-remote"],
        ready: `tcp:127.0.0.1:${collector.storePort}`,
      },
      // On the front-end it is the proxy's, which is another layer.
      ...(isFrontend ? [] : [{ unit: "nginx.service", state: "inactive", enabled: "disabled" } as const]),
      {
        unit: GATE,
        restartOn: [...certificates, paths.collectorKey, paths.gate, paths.gateUnit, "package:nginx-light"],
        ready: `tcp:${collector.address}:${collector.port}`,
      },
      { unit: `${RETENTION}.timer`, restartOn: [paths.retentionTimer] },
    );
  }
  if (sendTo) {
    const unit = [paths.senderKey, paths.upload, paths.uploadUnit, "package:systemd-journal-remote"];
    steps.push(sending([...certificates, ...unit]));
  }
  return steps;
}

/** No unit step: while its collector is away, or is just being made, the sender is between two attempts, and that is as it should be. */
function sending(changes: string[]): ActionStep {
  const unit = "systemd-journal-upload.service";
  return {
    action: "send-journal",
    needed: [
      `systemctl is-enabled --quiet ${unit} || exit 0`,
      // On its way to the next attempt it is in none of these states for an instant.
      "for look in 1 2 3; do",
      `  case "$(systemctl is-active ${unit})" in active | activating | deactivating) exit 1 ;; esac`,
      "  sleep 1",
      "done",
    ].join("\n"),
    run: ["systemctl daemon-reload", `systemctl enable --quiet ${unit}`, `systemctl restart ${unit}`].join("\n"),
    undo: `systemctl disable --quiet --now ${unit}`,
    rerunOn: changes,
  };
}

function metricsUnit(): string {
  return [
    "[Unit]",
    "Description=Metrics from the journal",
    "",
    "[Service]",
    `ExecStart=/usr/bin/python3 -I -B ${PROGRAM} metrics ${paths.settings}`,
    "StateDirectory=opennebula-scaleway-logs",
    "Restart=always",
    "RestartSec=5",
    "CapabilityBoundingSet=CAP_DAC_READ_SEARCH",
    `ReadWritePaths=${TEXTFILES}`,
    "RestrictAddressFamilies=AF_UNIX",
    ...sandbox,
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
}

/** It moves files of the collector's user and has systemd start the collector anew. */
function retentionUnit(): string {
  return [
    "[Unit]",
    "Description=Removes collected records that are too old or too many",
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=/usr/bin/python3 -I -B ${PROGRAM} retain ${paths.settings}`,
    "ReadWritePaths=/var/log/journal/remote",
    ...sandbox,
    "",
  ].join("\n");
}

function retentionTimer(): string {
  return [
    "[Unit]",
    "Description=Looks after the size and age of collected records",
    "",
    "[Timer]",
    "OnCalendar=hourly",
    "RandomizedDelaySec=300",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}
