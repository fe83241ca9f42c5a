// SPDX-License-Identifier: Apache-2.0
import { Severity, type AlertGroup, type AlertModel } from "../model";

/** What can be wrong inside OpenNebula, as the cloud's own exporter sees it. */
export function openNebulaAlerts(model: AlertModel): AlertGroup {
  const { datastorePercent, pendingSeconds, quotaPercent, raftLagRecords } = model.thresholds;
  return {
    name: "opennebula",
    alerts: [
      {
        name: "OnedDown",
        severity: Severity.Critical,
        expr: 'probe_success{job="oned"} == 0',
        forSeconds: 60,
        summary: "oned does not answer on host {{ $labels.host }}",
        runbook: {
          meaning: "Nobody can start, stop or see VMs. Those that run go on.",
          check: "`systemctl status opennebula mariadb` and `/var/log/one/oned.log` on the front-end.",
          cure: "`systemctl restart opennebula`; if the database is the cause, see MysqlDown.",
        },
      },
      {
        name: "OpenNebulaNumbersMissing",
        severity: Severity.Warning,
        expr: "opennebula_exporter_subject_up == 0",
        forSeconds: 600,
        summary: "The exporter cannot read {{ $labels.subject }} from oned",
        runbook: {
          meaning: "oned answers, but the alerts that need these numbers cannot fire.",
          check:
            "`journalctl -u opennebula-exporter` on the front-end says why; `oneacl list` shows what its group `monitoring` may see.",
          cure: "`npx opennebula-scaleway drift --fix` puts its login and its rights back; a slow oned is OnedDown's and MysqlDown's affair.",
        },
      },
      {
        name: "VmCreationFailures",
        severity: Severity.Warning,
        expr: "opennebula_vm_creation_failures > 0",
        forSeconds: 0,
        summary: "{{ $value }} VMs could not be created",
        runbook: {
          meaning: "A user asked for a VM and did not get one.",
          check: "`onevm list --filter STATE=...` for VMs in a failure state, then `onevm show`: `ERROR` says why.",
          cure: "Mend the reason (image, datastore, network driver), then `onevm recover --retry`.",
        },
      },
      {
        name: "VmPendingLong",
        severity: Severity.Warning,
        expr: `opennebula_vm_pending_seconds_max > ${pendingSeconds}`,
        forSeconds: 60,
        summary: 'A VM has waited {{ $value | printf "%.0f" }} s for a host',
        runbook: {
          meaning: "The scheduler finds no host with room that the VM may run on.",
          check: "`onevm show`: `SCHED_MESSAGE` says why; `onehost list` shows the room.",
          cure: "Free or add capacity, or loosen the VM's requirements.",
        },
      },
      {
        name: "OpenNebulaHostError",
        severity: Severity.Critical,
        expr: 'opennebula_host_state{state=~"error|monitoring_error"} == 1',
        forSeconds: 120,
        summary: "oned cannot monitor host {{ $labels.host }}",
        runbook: {
          meaning: "The scheduler uses the host no more, and its VMs count as unknown.",
          check: "`onehost show` for the error; `ssh` as oneadmin from the front-end to the host.",
          cure: "Mend SSH or the host, then `onehost enable`.",
        },
      },
      {
        name: "DatastoreFull",
        severity: Severity.Warning,
        expr: `100 * (1 - opennebula_datastore_free_bytes / (opennebula_datastore_total_bytes > 0)) > ${datastorePercent}`,
        forSeconds: 300,
        summary: 'Datastore {{ $labels.datastore }} is {{ $value | printf "%.0f" }} % full',
        runbook: {
          meaning: "Soon no image and no VM fits into it.",
          check: "`onedatastore show` and `oneimage list`.",
          cure: "Delete images and snapshots that nobody uses, or give the datastore more room.",
        },
      },
      {
        name: "ImagesInError",
        severity: Severity.Warning,
        expr: 'opennebula_images{state="error"} > 0',
        forSeconds: 300,
        summary: "{{ $value }} images are in error",
        runbook: {
          meaning: "VMs cannot be made from them.",
          check: "`oneimage list` and `oneimage show`: `ERROR` says why.",
          cure: "Mend the source and create the image again; `oneimage delete` the broken one.",
        },
      },
      {
        name: "HookFailures",
        severity: Severity.Warning,
        expr: "increase(opennebula_scaleway_hook_failures_total[15m]) > 0",
        forSeconds: 0,
        summary: "Hooks of OpenNebula have failed",
        runbook: {
          meaning: "What should follow an event did not.",
          check: "`onehook show` and its execution log.",
          cure: "Mend the command, then `onehook retry`.",
        },
      },
      {
        name: "QuotaNearlyUsed",
        severity: Severity.Info,
        expr: `100 * opennebula_quota_used_ratio > ${quotaPercent}`,
        forSeconds: 900,
        summary:
          '{{ $labels.kind }} {{ $labels.name }} has used {{ $value | printf "%.0f" }} % of its {{ $labels.resource }}',
        runbook: {
          meaning: "Its members will soon be refused.",
          check: "`onegroup show`: the quotas at the end.",
          cure: "Raise the quota in the stack file (`access`), or tell them.",
        },
      },
      {
        name: "RaftLag",
        severity: Severity.Warning,
        expr: `opennebula_raft_lag_records > ${raftLagRecords}`,
        forSeconds: 120,
        summary: "Front-end {{ $labels.server }} is {{ $value }} records behind the leader",
        runbook: {
          meaning: "If the leader is lost now, the newest changes may be too.",
          check: "`onezone show 0` and `oned.log` of the follower.",
          cure: "Mend the network between the front-ends; copy the database again if the follower does not catch up.",
        },
      },
      {
        name: "FlexibleIpAgentUnhealthy",
        severity: Severity.Critical,
        expr: "opennebula_flexible_ip_agent_healthy == 0",
        forSeconds: 300,
        summary: "Public addresses of VMs are not looked after",
        runbook: {
          meaning: "A VM that moves or starts now may have no public address.",
          check:
            "`systemctl status opennebula-flexible-ip-reconcile` and `journalctl -t opennebula-flexible-ip` on the front-end.",
          cure: "Usually Scaleway's API refuses or cannot be reached: check the key's expiry, then start the unit once.",
        },
      },
    ],
  };
}
