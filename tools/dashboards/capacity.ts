// SPDX-License-Identifier: Apache-2.0
import { byNode, onHosts, type Subject } from "./model";

export const capacity: Subject = {
  uid: "ons-capacity",
  title: "Capacity",
  about: "What is left for VMs, and when it will be used up.",
  rows: [
    {
      title: "Left for VMs",
      panels: [
        {
          title: "CPU given to VMs",
          about: "Part of each host's CPU.",
          unit: "percentunit",
          min: 0,
          max: 1,
          thresholds: { warning: 0.8, bad: 0.95 },
          queries: [{ expr: `max by (node) (${byNode("opennebula_host_cpu_allocated_ratio")})`, legend: "{{node}}" }],
        },
        {
          title: "Memory given to VMs",
          about: "Part of what VMs may have on each host.",
          unit: "percentunit",
          min: 0,
          max: 1,
          thresholds: { warning: 0.8, bad: 0.95 },
          queries: [
            {
              expr: `max by (node) (${byNode("opennebula_host_memory_allocated_bytes / (opennebula_host_memory_allocatable_bytes > 0)")})`,
              legend: "{{node}}",
            },
          ],
        },
        {
          title: "Space in datastores",
          about: "Free bytes.",
          unit: "bytes",
          min: 0,
          queries: [{ expr: "max by (datastore) (opennebula_datastore_free_bytes)", legend: "{{datastore}}" }],
          runbook: "DatastoreFull",
        },
      ],
    },
    {
      title: "Ahead",
      panels: [
        {
          title: "File systems in 7 days",
          about: "Free bytes if the last day goes on like this; below 0 it will be full.",
          unit: "bytes",
          width: 12,
          queries: [
            {
              expr: `predict_linear(node_filesystem_avail_bytes{${onHosts}}[1d], 604800)`,
              legend: "{{host}} {{mountpoint}}",
            },
          ],
          runbook: "HostDiskHigh",
        },
        {
          title: "Datastores in 30 days",
          about: "Free bytes if the last week goes on like this.",
          unit: "bytes",
          width: 12,
          queries: [
            {
              expr: "max by (datastore) (predict_linear(opennebula_datastore_free_bytes[1w], 2592000))",
              legend: "{{datastore}}",
            },
          ],
          runbook: "DatastoreFull",
        },
      ],
    },
    {
      title: "Growth and limits",
      panels: [
        {
          title: "VMs",
          about: "By group.",
          unit: "none",
          kind: "stack",
          min: 0,
          queries: [{ expr: "sum by (group) (opennebula_vms_by_group)", legend: "{{group}}" }],
          mayBeEmpty: "there is no VM",
        },
        {
          title: "Quotas",
          about: "Used part of each limit that is set.",
          unit: "percentunit",
          min: 0,
          max: 1,
          thresholds: { warning: 0.8, bad: 0.95 },
          queries: [
            {
              expr: "max by (kind, name, resource) (opennebula_quota_used_ratio)",
              legend: "{{kind}} {{name}} {{resource}}",
            },
          ],
          runbook: "QuotaNearlyUsed",
          mayBeEmpty: "no quota is set",
        },
        {
          title: "Collected logs",
          about: "Bytes that hosts keep of others.",
          unit: "bytes",
          min: 0,
          queries: [{ expr: `opennebula_scaleway_logs_store_bytes{${onHosts}}`, legend: "{{host}}" }],
          mayBeEmpty: "there is one host",
        },
      ],
    },
  ],
};
