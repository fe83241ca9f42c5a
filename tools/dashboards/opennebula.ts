// SPDX-License-Identifier: Apache-2.0
import { byNode, rate, type Subject } from "./model";

export const opennebula: Subject = {
  uid: "ons-opennebula",
  title: "OpenNebula operations",
  about: "What OpenNebula does: hosts, VMs, images, its own speed and its own complaints.",
  rows: [
    {
      title: "Now",
      panels: [
        {
          title: "oned answers",
          about: "1 while the API answers the exporter.",
          unit: "none",
          kind: "number",
          queries: [{ expr: "min(opennebula_up)", legend: "oned" }],
          runbook: "OnedDown",
        },
        {
          title: "Hosts in use",
          about: "Hosts that oned monitors.",
          unit: "none",
          kind: "number",
          queries: [{ expr: 'sum(opennebula_hosts{state="monitored"}) or vector(0)', legend: "monitored" }],
          runbook: "OpenNebulaHostError",
        },
        {
          title: "VMs",
          about: "VMs in any state but done.",
          unit: "none",
          kind: "number",
          queries: [{ expr: "sum(opennebula_vms) or vector(0)", legend: "VMs" }],
        },
        {
          title: "Longest wait for a host",
          about: "Of the VM that has been pending longest.",
          unit: "s",
          kind: "number",
          thresholds: { warning: 300, bad: 600 },
          queries: [{ expr: "max(opennebula_vm_pending_seconds_max)", legend: "pending" }],
          runbook: "VmPendingLong",
        },
        {
          title: "VMs that could not be made",
          about: "VMs that stand in a failure of their creation.",
          unit: "none",
          kind: "number",
          thresholds: { warning: 1, bad: 3 },
          queries: [{ expr: "max(opennebula_vm_creation_failures)", legend: "failed" }],
          runbook: "VmCreationFailures",
        },
        {
          title: "Hooks that failed",
          about: "In the last 15 minutes.",
          unit: "none",
          kind: "number",
          thresholds: { warning: 1, bad: 5 },
          queries: [{ expr: "sum(increase(opennebula_scaleway_hook_failures_total[15m]))", legend: "failed" }],
          runbook: "HookFailures",
        },
      ],
    },
    {
      title: "VMs and images",
      panels: [
        {
          title: "VMs by state",
          about: "Where VMs are in their life.",
          unit: "none",
          kind: "stack",
          min: 0,
          queries: [{ expr: "sum by (state) (opennebula_vms)", legend: "{{state}}" }],
          mayBeEmpty: "there is no VM",
        },
        {
          title: "VMs by host",
          about: "How VMs are spread.",
          unit: "none",
          kind: "stack",
          min: 0,
          queries: [{ expr: `sum by (node) (${byNode("opennebula_host_vms")})`, legend: "{{node}}" }],
        },
        {
          title: "Images by state",
          about: "An image in the state error cannot be used.",
          unit: "none",
          kind: "stack",
          min: 0,
          queries: [{ expr: "sum by (state) (opennebula_images)", legend: "{{state}}" }],
          runbook: "ImagesInError",
          mayBeEmpty: "there is no image",
        },
      ],
    },
    {
      title: "OpenNebula itself",
      panels: [
        {
          title: "Time of API calls",
          about: "How long the exporter waits for the answer to each call, but for the slowest twentieth.",
          unit: "s",
          min: 0,
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (method, le) (${rate("opennebula_api_duration_seconds_bucket")}))`,
              legend: "{{method}}",
            },
          ],
        },
        {
          title: "Errors in its logs",
          about: "By program; refused logins of the API are among oned's.",
          unit: "cps",
          min: 0,
          queries: [
            {
              expr: `sum by (program) (${rate("opennebula_scaleway_oned_log_errors_total")})`,
              legend: "{{program}}",
            },
          ],
        },
        {
          title: "Subjects that could be read",
          about: "1 for each that the exporter could read at its last look.",
          unit: "none",
          min: 0,
          max: 1,
          queries: [{ expr: "min by (subject) (opennebula_exporter_subject_up)", legend: "{{subject}}" }],
        },
      ],
    },
  ],
};
