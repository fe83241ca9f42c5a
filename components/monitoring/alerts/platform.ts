// SPDX-License-Identifier: Apache-2.0
import { Severity, type AlertGroup, type AlertModel } from "../model";

const DAY = 86_400;

/** The database, certificates, backups, and the monitoring itself. */
export function platformAlerts(model: AlertModel): AlertGroup {
  const { replicationLagSeconds, certificateDays, secretDays, backupAgeHours, restoreProofDays } = model.thresholds;
  return {
    name: "platform",
    alerts: [
      {
        name: "MysqlDown",
        severity: Severity.Critical,
        expr: "mysql_up == 0",
        forSeconds: 60,
        summary: "The database of host {{ $labels.host }} does not answer",
        runbook: {
          meaning: "oned cannot work without it.",
          check: "`systemctl status mariadb` and `journalctl -u mariadb`; is the disk full?",
          cure: "Free space or mend the configuration, then start `mariadb` and `opennebula`.",
        },
      },
      {
        name: "ReplicationLag",
        severity: Severity.Warning,
        expr: `mysql_slave_status_seconds_behind_master > ${replicationLagSeconds}`,
        forSeconds: 60,
        summary: "The database replica on host {{ $labels.host }} is {{ $value }} s behind",
        runbook: {
          meaning: "A failover now would lose that much.",
          check: "`SHOW REPLICA STATUS` on the replica: which thread is behind?",
          cure: "Mend the network or the disk of the replica; seed it again if it has stopped.",
        },
      },
      {
        name: "CertificateExpiresSoon",
        severity: Severity.Warning,
        expr: `(opennebula_scaleway_certificate_expiry_timestamp_seconds - time()) / ${DAY} < ${certificateDays}`,
        forSeconds: 3600,
        summary: 'Certificate {{ $labels.name }} of host {{ $labels.host }} ends in {{ $value | printf "%.0f" }} days',
        runbook: {
          meaning: "When it has ended, browsers and API clients refuse the cloud.",
          check: "`npx opennebula-scaleway validate --only tls`.",
          cure: "Run `up`: it renews the certificate of the stack's own authority. An imported one is set anew first: [TLS](../security/tls.md).",
        },
      },
      {
        name: "SecretTooOld",
        severity: Severity.Warning,
        expr: `(time() - opennebula_scaleway_secret_changed_timestamp_seconds) / ${DAY} > ${secretDays}`,
        forSeconds: 3600,
        summary: 'Secret {{ $labels.credential }} of host {{ $labels.host }} is {{ $value | printf "%.0f" }} days old',
        runbook: {
          meaning:
            "The longer a secret lives, the more places it may have got to: old laptops, old copies, people who left.",
          check: "`npx opennebula-scaleway secrets list`.",
          cure: "`npx opennebula-scaleway rotate` with its name: [secrets](secrets.md) says what people notice.",
        },
      },
      {
        name: "BackupTooOld",
        severity: Severity.Critical,
        expr: `(time() - opennebula_scaleway_backup_last_success_timestamp_seconds) / 3600 > ${backupAgeHours}`,
        forSeconds: 600,
        summary: 'The last good backup of {{ $labels.kind }} is {{ $value | printf "%.0f" }} hours old',
        runbook: {
          meaning: "What has changed since is lost if the host is.",
          check: "`npx opennebula-scaleway backup list`, and the journal of the backup's unit on the host.",
          cure: "Mend the reason (target full or away, key), then `npx opennebula-scaleway backup run`.",
        },
      },
      {
        name: "RecoveryPointMissed",
        severity: Severity.Critical,
        expr:
          '(time() - opennebula_scaleway_backup_last_success_timestamp_seconds{kind="binlog"}) / 60' +
          ' > on (host, kind) opennebula_scaleway_backup_objective_seconds{objective="recovery_point"} / 60',
        forSeconds: 60,
        summary: 'What happened on host {{ $labels.host }} since {{ $value | printf "%.0f" }} minutes is in no backup',
        runbook: {
          meaning: "It is more than `backups.objectives.recoveryPointMinutes` promises.",
          check: "The journal of `opennebula-backup@binlog` on the front-end.",
          cure: "Mend the reason (target full or away, key), then `npx opennebula-scaleway backup run binlog`.",
        },
      },
      {
        name: "RecoveryTimeMissed",
        severity: Severity.Warning,
        expr:
          "opennebula_scaleway_backup_restore_duration_seconds / 60" +
          ' > on (host, kind) opennebula_scaleway_backup_objective_seconds{objective="recovery_time"} / 60',
        forSeconds: 0,
        summary:
          'The newest restore of {{ $labels.kind }} on host {{ $labels.host }} took {{ $value | printf "%.0f" }} minutes',
        runbook: {
          meaning:
            "It is more than `backups.objectives.recoveryTimeMinutes` promises; a restore in earnest will not be faster.",
          check: "How long the steps take: the journal of `opennebula-backup` on the host.",
          cure: "A faster disk or less to restore (`onedb purge-done`); or promise what can be held.",
        },
      },
      {
        name: "RestoreUnproven",
        severity: Severity.Warning,
        // Of what was never proven: since its first backup.
        expr:
          "(time() - (opennebula_scaleway_backup_verified_timestamp_seconds or " +
          'opennebula_scaleway_backup_first_success_timestamp_seconds{kind=~"database|configuration|vms"}))' +
          ` / ${DAY} > ${restoreProofDays}`,
        forSeconds: 3600,
        summary: 'No restore of {{ $labels.kind }} has been proven for {{ $value | printf "%.0f" }} days',
        runbook: {
          meaning: "Nobody knows whether the backups can be used.",
          check: "The journal of the verification's unit.",
          cure: "`npx opennebula-scaleway backup verify --restore`.",
        },
      },
      {
        name: "ExporterDown",
        severity: Severity.Warning,
        expr: model.ofKnownTargets('up{job!="node"} == 0'),
        forSeconds: 300,
        summary: "{{ $labels.job }} on host {{ $labels.host }} tells nothing",
        runbook: {
          meaning: "The alerts that need its numbers cannot fire.",
          check: "`systemctl status` of the exporter's unit on the host.",
          cure: "Start it; `npx opennebula-scaleway drift --fix` mends its configuration.",
        },
      },
      {
        name: "AlertsNotDelivered",
        severity: Severity.Critical,
        expr: `rate(alertmanager_notifications_failed_total[${model.range(300)}]) > 0`,
        forSeconds: 300,
        summary: "Alertmanager cannot deliver to {{ $labels.integration }}",
        runbook: {
          meaning: "People are not told. This alert may reach them by the other way only.",
          check: "`journalctl -u prometheus-alertmanager` on the front-end.",
          cure: "Mend the mail server's or the webhook's address or login in the stack file.",
        },
      },
      {
        name: "MonitoringConfigurationRefused",
        severity: Severity.Critical,
        expr: "prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0",
        forSeconds: 300,
        summary: "{{ $labels.job }} goes on with an old configuration",
        runbook: {
          meaning: "New hosts and rules are not watched.",
          check: "`journalctl -u prometheus -u prometheus-alertmanager` on the front-end.",
          cure: "`npx opennebula-scaleway drift --fix`; it judges the files before it puts them in place.",
        },
      },
      {
        name: "Watchdog",
        severity: Severity.Info,
        expr: "vector(1)",
        forSeconds: 0,
        summary: "Monitoring works; it is this message's absence that means trouble",
        runbook: {
          meaning:
            "Always on. It is sent to the dead-man's switch, a second place that raises the alarm when it stays away.",
          check: "When the second place complains: are the front-end, Prometheus and Alertmanager up?",
          cure: "Start what is down; nothing else would have told you.",
        },
      },
    ],
  };
}
