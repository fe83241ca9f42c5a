// SPDX-License-Identifier: Apache-2.0

/** For each alert: series while the trouble lasts and while there is none. Values are of promtool's notation, one a minute. */
export interface AlertExample {
  /** Series by name and labels: what they are in trouble, and what they are without. */
  series: Series;
  /** Other kinds of the same trouble, each by itself. */
  others?: Series[];
}

type Series = Record<string, { bad: string; good: string }>;

const flat = (bad: number, good: number): { bad: string; good: string } => ({ bad: String(bad), good: String(good) });

export const examples: Record<string, AlertExample> = {
  HostDown: { series: { 'up{job="node",host="h"}': flat(0, 1) } },
  HostCpuHigh: { series: { 'node_cpu_seconds_total{mode="idle",host="h",cpu="0"}': { bad: "+2", good: "+55" } } },
  HostMemoryHigh: {
    series: {
      'node_memory_MemAvailable_bytes{host="h"}': flat(10, 40),
      'node_memory_MemTotal_bytes{host="h"}': flat(100, 100),
    },
  },
  HostDiskHigh: {
    series: {
      'node_filesystem_avail_bytes{host="h",mountpoint="/data",fstype="ext4"}': flat(10, 40),
      'node_filesystem_size_bytes{host="h",mountpoint="/data",fstype="ext4"}': flat(100, 100),
    },
  },
  HostClockUnsynchronised: {
    series: { 'node_timex_sync_status{host="h"}': flat(0, 1), 'node_timex_maxerror_seconds{host="h"}': flat(16, 0) },
  },
  HostUnitFailed: { series: { 'node_systemd_unit_state{state="failed",name="x.service",host="h"}': flat(1, 0) } },
  HostRaidDegraded: {
    series: { 'node_md_disks{state="failed",device="md0",host="h"}': flat(1, 0) },
    others: [
      {
        'node_md_disks{state="active",device="md0",host="h"}': flat(1, 2),
        'node_md_disks_required{device="md0",host="h"}': flat(2, 2),
      },
    ],
  },
  HostDiskUnhealthy: {
    series: { 'smartmon_device_smart_healthy{disk="/dev/sda",host="h"}': flat(0, 1) },
    others: [{ 'nvme_critical_warning_total{device="nvme0n1",host="h"}': flat(4, 0) }],
  },
  HostDiskWorn: { series: { 'nvme_percentage_used_ratio{device="nvme0",host="h"}': flat(0.95, 0.2) } },
  OnedDown: { series: { 'probe_success{job="oned",host="h"}': flat(0, 1) } },
  VmCreationFailures: { series: { opennebula_vm_creation_failures: flat(1, 0) } },
  VmPendingLong: { series: { opennebula_vm_pending_seconds_max: flat(900, 0) } },
  OpenNebulaNumbersMissing: { series: { 'opennebula_exporter_subject_up{subject="machines"}': flat(0, 1) } },
  OpenNebulaHostError: {
    series: { 'opennebula_host_state{state="error",host="h"}': flat(1, 0) },
    others: [{ 'opennebula_host_state{state="monitoring_error",host="h"}': flat(1, 0) }],
  },
  DatastoreFull: {
    series: {
      'opennebula_datastore_free_bytes{datastore="d"}': flat(10, 40),
      'opennebula_datastore_total_bytes{datastore="d"}': flat(100, 100),
    },
  },
  ImagesInError: { series: { 'opennebula_images{state="error"}': flat(1, 0) } },
  HookFailures: { series: { 'opennebula_scaleway_hook_failures_total{host="h"}': { bad: "+1", good: "+0" } } },
  QuotaNearlyUsed: {
    series: { 'opennebula_quota_used_ratio{kind="group",name="g",resource="vms"}': flat(0.99, 0.5) },
  },
  RaftLag: { series: { 'opennebula_raft_lag_records{server="0"}': flat(500, 0) } },
  FlexibleIpAgentUnhealthy: { series: { opennebula_flexible_ip_agent_healthy: flat(0, 1) } },
  MysqlDown: { series: { 'mysql_up{host="h"}': flat(0, 1) } },
  ReplicationLag: { series: { 'mysql_slave_status_seconds_behind_master{host="h"}': flat(5, 0) } },
  // promtool's clock starts at 0: a certificate that ends in an hour, and one that ends in a year.
  CertificateExpiresSoon: {
    series: { 'opennebula_scaleway_certificate_expiry_timestamp_seconds{name="c",host="h"}': flat(3600, 31_536_000) },
  },
  SecretTooOld: {
    series: { 'opennebula_scaleway_secret_changed_timestamp_seconds{credential="c",host="h"}': flat(-40_000_000, 0) },
  },
  BackupTooOld: {
    series: { 'opennebula_scaleway_backup_last_success_timestamp_seconds{kind="k",host="h"}': flat(-360_000, 0) },
  },
  RecoveryPointMissed: {
    series: {
      'opennebula_scaleway_backup_last_success_timestamp_seconds{kind="binlog",host="h"}': flat(-1200, 7200),
      'opennebula_scaleway_backup_objective_seconds{kind="binlog",host="h",objective="recovery_point"}': flat(900, 900),
      'opennebula_scaleway_backup_objective_seconds{kind="binlog",host="h",objective="recovery_time"}': flat(1, 1),
    },
  },
  RecoveryTimeMissed: {
    series: {
      'opennebula_scaleway_backup_restore_duration_seconds{kind="database",host="h"}': flat(4000, 3000),
      'opennebula_scaleway_backup_objective_seconds{kind="database",host="h",objective="recovery_time"}': flat(
        3600,
        3600,
      ),
    },
  },
  RestoreUnproven: {
    series: {
      'opennebula_scaleway_backup_first_success_timestamp_seconds{kind="database",host="h"}': flat(
        -8_640_000,
        -8_640_000,
      ),
      'opennebula_scaleway_backup_verified_timestamp_seconds{kind="database",host="h"}': flat(-8_640_000, 0),
    },
  },
  ExporterDown: { series: { 'up{job="mysqld",host="h"}': flat(0, 1) } },
  AlertsNotDelivered: {
    series: { 'alertmanager_notifications_failed_total{integration="email"}': { bad: "+5", good: "+0" } },
  },
  MonitoringConfigurationRefused: {
    series: { 'prometheus_config_last_reload_successful{job="prometheus"}': flat(0, 1) },
    others: [{ 'alertmanager_config_last_reload_successful{job="alertmanager"}': flat(0, 1) }],
  },
  ErrorBudgetBurnsFast: { series: { 'probe_success{job="oned",host="h"}': flat(0, 1) } },
  ErrorBudgetBurns: { series: { 'probe_success{job="oned",host="h"}': flat(0, 1) } },
  ErrorBudgetBurnsSlowly: { series: { 'probe_success{job="oned",host="h"}': flat(0, 1) } },
};
