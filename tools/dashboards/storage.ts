// SPDX-License-Identifier: Apache-2.0
import { onHosts, rate, type Subject } from "./model";

const disks = `device!~"loop.*|ram.*|sr.*",${onHosts}`;

export const storage: Subject = {
  uid: "ons-storage",
  title: "Storage",
  about: "File systems, datastores and disks: how full, how busy, how healthy.",
  rows: [
    {
      title: "Space",
      panels: [
        {
          title: "File systems",
          about: "Used part.",
          unit: "percent",
          min: 0,
          max: 100,
          thresholds: { warning: 70, bad: 80 },
          width: 12,
          queries: [
            {
              expr: `100 * (1 - node_filesystem_avail_bytes{${onHosts}} / (node_filesystem_size_bytes{${onHosts}} > 0))`,
              legend: "{{host}} {{mountpoint}}",
            },
          ],
          runbook: "HostDiskHigh",
        },
        {
          title: "Datastores",
          about: "Used part, as oned sees it.",
          unit: "percent",
          min: 0,
          max: 100,
          thresholds: { warning: 75, bad: 85 },
          width: 12,
          queries: [
            {
              expr: "100 * (1 - max by (datastore) (opennebula_datastore_free_bytes / (opennebula_datastore_total_bytes > 0)))",
              legend: "{{datastore}}",
            },
          ],
          runbook: "DatastoreFull",
        },
      ],
    },
    {
      title: "Disks",
      panels: [
        {
          title: "Busy",
          about: "Part of the time in which the disk had something to do.",
          unit: "percentunit",
          min: 0,
          max: 1,
          thresholds: { warning: 0.7, bad: 0.9 },
          queries: [{ expr: rate(`node_disk_io_time_seconds_total{${disks}}`), legend: "{{host}} {{device}}" }],
        },
        {
          title: "Read and written",
          about: "Bytes of each host's disks.",
          unit: "Bps",
          min: 0,
          queries: [
            { expr: `sum by (host) (${rate(`node_disk_read_bytes_total{${disks}}`)})`, legend: "{{host}} read" },
            { expr: `sum by (host) (${rate(`node_disk_written_bytes_total{${disks}}`)})`, legend: "{{host}} written" },
          ],
        },
        {
          title: "Time of a write",
          about: "On average; what databases wait for.",
          unit: "s",
          min: 0,
          queries: [
            {
              expr: `sum by (host) (${rate(`node_disk_write_time_seconds_total{${disks}}`)}) / (sum by (host) (${rate(`node_disk_writes_completed_total{${disks}}`)}) > 0)`,
              legend: "{{host}}",
            },
          ],
          mayBeEmpty: "nothing was written",
        },
      ],
    },
    {
      title: "Health",
      panels: [
        {
          title: "Broken or missing disks of RAIDs",
          about: "Anything but 0 wants a new disk.",
          unit: "none",
          min: 0,
          thresholds: { warning: 1, bad: 1 },
          queries: [
            { expr: `sum by (host, device) (node_md_disks{state="failed",${onHosts}})`, legend: "{{host}} {{device}}" },
          ],
          runbook: "HostRaidDegraded",
          mayBeEmpty: "the hosts have no software RAID",
        },
        {
          title: "Wear of NVMe disks",
          about: "Part of the rated life that is used up.",
          unit: "percentunit",
          min: 0,
          thresholds: { warning: 0.8, bad: 0.9 },
          queries: [{ expr: `nvme_percentage_used_ratio{${onHosts}}`, legend: "{{host}} {{device}}" }],
          runbook: "HostDiskWorn",
          mayBeEmpty: "the hosts have no NVMe disk of their own",
        },
        {
          title: "Inodes",
          about: "Used part; a file system without free ones is full.",
          unit: "percent",
          min: 0,
          max: 100,
          thresholds: { warning: 70, bad: 90 },
          queries: [
            {
              expr: `100 * (1 - node_filesystem_files_free{${onHosts}} / (node_filesystem_files{${onHosts}} > 0))`,
              legend: "{{host}} {{mountpoint}}",
            },
          ],
        },
      ],
    },
  ],
};
