// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import type { FileEntry } from "../host/state";

/**
 * What OpenNebula's services may do. The vendor's units say nothing of it.
 *
 * For a service that is not root's, whatever systemd does by seccomp means that no program below it gains rights: `sudo` fails. oned's
 * drivers and hooks use it, so oned and the hook manager have what mounts alone can do.
 */

/** The vendor's units by what they need. */
const withSudo = [services.oned.unit, services.onedEvents.unit];
const withoutSudo = [services.fireedge.unit, services.oneflow.unit, services.onegate.unit, services.guacd.unit];

const mounts = ["ProtectControlGroups=yes", "ProtectHome=yes", "ProtectSystem=yes"];

/** Nothing here makes memory that is written and run a crime: Node and Ruby do. No private /tmp: FireEdge hands oned files by their path. */
const alone = [
  "CapabilityBoundingSet=",
  "LockPersonality=yes",
  "NoNewPrivileges=yes",
  "PrivateDevices=yes",
  "ProtectClock=yes",
  "ProtectControlGroups=yes",
  "ProtectHome=yes",
  "ProtectHostname=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "ProtectProc=invisible",
  "ProtectSystem=full",
  "RemoveIPC=yes",
  // The last one is how programs list the host's addresses.
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "SystemCallArchitectures=native",
  "SystemCallErrorNumber=EPERM",
  "SystemCallFilter=@system-service",
  "UMask=0027",
];

/** The drop-in of a unit. */
export const sandboxFile = (unit: string): string => `/etc/systemd/system/${unit}.d/50-opennebula-scaleway.conf`;

/** Directories and drop-ins. */
export function sandboxes(): { directories: Record<string, object>; files: Record<string, FileEntry> } {
  const dropIn = (settings: string[]): FileEntry => ({ content: ["[Service]", ...settings, ""].join("\n") });
  const entries = [
    ...withSudo.map((unit) => [unit, dropIn(mounts)] as const),
    ...withoutSudo.map((unit) => [unit, dropIn(alone)] as const),
  ];
  return {
    directories: Object.fromEntries(entries.map(([unit]) => [`/etc/systemd/system/${unit}.d`, {}])),
    files: Object.fromEntries(entries.map(([unit, file]) => [sandboxFile(unit), file])),
  };
}
