// SPDX-License-Identifier: Apache-2.0

/**
 * Lines of a unit's `[Service]` for a program that reads, computes and writes where its unit lets it: no devices, no kernel, nothing of
 * other people. The unit adds what it may do: capabilities, address families, the network, paths.
 */
export const SANDBOX: readonly string[] = [
  "LockPersonality=yes",
  "NoNewPrivileges=yes",
  "PrivateDevices=yes",
  "PrivateTmp=yes",
  "ProtectClock=yes",
  "ProtectControlGroups=yes",
  "ProtectHome=yes",
  "ProtectHostname=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "ProtectSystem=strict",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "UMask=0077",
];
