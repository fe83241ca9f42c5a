// SPDX-License-Identifier: Apache-2.0

/** Folder in which layers leave figures for the monitoring, one file each: the node exporter's, as Debian's package sets it up. */
export const TEXTFILES = "/var/lib/prometheus/node-exporter";
