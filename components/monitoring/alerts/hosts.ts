// SPDX-License-Identifier: Apache-2.0
import { Severity, type AlertGroup, type AlertModel } from "../model";

const FILE_SYSTEMS = 'fstype!~"tmpfs|ramfs|squashfs|fuse.*",mountpoint!~"/(run|sys|proc|dev)(/.*)?"';

/** What can be wrong with a machine. */
export function hostAlerts(model: AlertModel): AlertGroup {
  const { cpuPercent, memoryPercent, diskPercent, wearPercent } = model.thresholds;
  return {
    name: "hosts",
    alerts: [
      {
        name: "HostDown",
        severity: Severity.Critical,
        expr: model.ofKnownTargets('up{job="node"} == 0'),
        forSeconds: 120,
        summary: "Host {{ $labels.host }} does not answer",
        runbook: {
          meaning: "The host is off, cut off, or its exporter has ended. Its VMs may be down.",
          check: "`npx opennebula-scaleway validate --only hosts` and the server's console at Scaleway tell which.",
          cure: "Start the server, or the unit `prometheus-node-exporter`. If the machine is lost, follow [backups](backups.md).",
        },
      },
      {
        name: "HostCpuHigh",
        severity: Severity.Warning,
        expr: `100 * (1 - avg by (host) (rate(node_cpu_seconds_total{mode="idle"}[${model.range(120)}]))) > ${cpuPercent}`,
        forSeconds: 300,
        summary: 'Host {{ $labels.host }} uses {{ $value | printf "%.0f" }} % of its CPU',
        runbook: {
          meaning: "VMs on the host wait for the CPU; everything on it is slow.",
          check: "`onevm list` sorted by host, `top` on the host: is it one VM, or a service of the cloud?",
          cure: "Migrate VMs to another host, lower their share (`CPU`), or add a host.",
        },
      },
      {
        name: "HostMemoryHigh",
        severity: Severity.Warning,
        expr: `100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) > ${memoryPercent}`,
        forSeconds: 300,
        summary: 'Host {{ $labels.host }} uses {{ $value | printf "%.0f" }} % of its memory',
        runbook: {
          meaning: "Soon the kernel ends processes, VMs first.",
          check: "`onehost show` for what VMs may take, `ps --sort=-rss` on the host for what takes it.",
          cure: "Migrate VMs away, or reserve more for the host itself (`RESERVED_MEM`).",
        },
      },
      {
        name: "HostDiskHigh",
        severity: Severity.Warning,
        expr: `100 * (1 - node_filesystem_avail_bytes{${FILE_SYSTEMS}} / node_filesystem_size_bytes{${FILE_SYSTEMS}}) > ${diskPercent}`,
        forSeconds: 300,
        summary: '{{ $labels.mountpoint }} of host {{ $labels.host }} is {{ $value | printf "%.0f" }} % full',
        runbook: {
          meaning: "When it is full, images cannot grow, the database stops and logs are lost.",
          check:
            "`du -xh --max-depth=2` on the file system; old images and backups in `/var/lib/one/datastores` are the usual cause.",
          cure: "Delete what nobody needs, shorten the retention of backups and logs, or give the host a bigger disk.",
        },
      },
      {
        name: "HostClockUnsynchronised",
        severity: Severity.Warning,
        expr: "node_timex_sync_status == 0 and node_timex_maxerror_seconds >= 16",
        forSeconds: 600,
        summary: "The clock of host {{ $labels.host }} follows no time server",
        runbook: {
          meaning: "Logins, certificates and the order of logs go wrong when clocks drift apart.",
          check: "`timedatectl timesync-status` on the host.",
          cure: "Open the way to the time servers of the stack file (`timeServers`), or name others.",
        },
      },
      {
        name: "HostUnitFailed",
        severity: Severity.Warning,
        expr: 'node_systemd_unit_state{state="failed"} == 1',
        forSeconds: 120,
        summary: "Unit {{ $labels.name }} has failed on host {{ $labels.host }}",
        runbook: {
          meaning: "A service or a timer of the host does not do its work.",
          check: "`systemctl status` and `journalctl -u` of the unit on the host.",
          cure: "Mend the cause, then `systemctl restart` it; `npx opennebula-scaleway drift --fix` puts back what was changed by hand.",
        },
      },
      {
        name: "HostRaidDegraded",
        severity: Severity.Critical,
        expr: 'node_md_disks{state="failed"} > 0 or node_md_disks_required - ignoring(state) node_md_disks{state="active"} > 0',
        forSeconds: 60,
        summary: "RAID {{ $labels.device }} of host {{ $labels.host }} has lost a disk",
        runbook: {
          meaning: "Nothing is lost yet; the next disk takes the data with it.",
          check: "`cat /proc/mdstat` and `mdadm --detail` on the host.",
          cure: "Have Scaleway replace the disk, then `mdadm --add` the new one. Migrate the VMs away first.",
        },
      },
      {
        name: "HostDiskUnhealthy",
        severity: Severity.Critical,
        expr: "smartmon_device_smart_healthy == 0 or nvme_critical_warning_total > 0",
        forSeconds: 60,
        summary: "Disk {{ $labels.disk }}{{ $labels.device }} of host {{ $labels.host }} says that it fails",
        runbook: {
          meaning: "The disk's own diagnosis expects it to end soon.",
          check: "`smartctl -a` or `nvme smart-log` on the host.",
          cure: "Check the last backup, migrate the VMs away, and have Scaleway replace the disk.",
        },
      },
      {
        name: "HostDiskWorn",
        severity: Severity.Warning,
        expr: `100 * nvme_percentage_used_ratio > ${wearPercent}`,
        forSeconds: 3600,
        summary:
          'NVMe {{ $labels.device }} of host {{ $labels.host }} has used {{ $value | printf "%.0f" }} % of its life',
        runbook: {
          meaning: "The disk still works, but its maker promises nothing any more.",
          check: "`nvme smart-log` on the host: `percentage_used` and `available_spare`.",
          cure: "Plan its replacement with Scaleway.",
        },
      },
    ],
  };
}
