// SPDX-License-Identifier: Apache-2.0
import type { FileEntry } from "../host/state";
import { TEXTFILES } from "../host/textfiles";

/** Writes when the proxy's certificate ends for Prometheus; with `--check` it says whether what is written is right. */
export const EXPIRY_PROGRAM = "/usr/local/lib/opennebula-scaleway/certificate-expiry";
export const EXPIRY_UNIT = "opennebula-scaleway-certificate-expiry";

const METRIC = "opennebula_scaleway_certificate_expiry_timestamp_seconds";

/**
 * The program and its timer: whoever replaces a certificate, the metric follows within the hour.
 *
 * @param certificates - files by the name that the metric has.
 */
export function expiryFiles(certificates: Record<string, string>): Record<string, FileEntry> {
  return {
    [EXPIRY_PROGRAM]: { content: program(certificates), mode: "0755" },
    [`/etc/systemd/system/${EXPIRY_UNIT}.service`]: { content: service() },
    [`/etc/systemd/system/${EXPIRY_UNIT}.timer`]: { content: timer() },
  };
}

function program(certificates: Record<string, string>): string {
  const file = `${TEXTFILES}/opennebula-scaleway-certificate.prom`;
  return [
    "#!/bin/bash",
    "set -euo pipefail",
    "expiry() {",
    "  local end",
    '  end="$(openssl x509 -noout -enddate -in "$2")"',
    `  echo "${METRIC}{name=\\"$1\\"} $(date --date="\${end#notAfter=}" +%s)"`,
    "}",
    "metric() {",
    `  echo "# HELP ${METRIC} When a certificate of this host ends."`,
    `  echo "# TYPE ${METRIC} gauge"`,
    ...Object.entries(certificates).map(([name, path]) => `  expiry ${name} ${path}`),
    "}",
    'if [ "${1:-}" = --check ]; then',
    `  metric | cmp -s - ${file}`,
    "  exit",
    "fi",
    `mkdir -p ${TEXTFILES}`,
    `metric >${file}.new`,
    `chmod 0644 ${file}.new`,
    `mv ${file}.new ${file}`,
    "",
  ].join("\n");
}

function service(): string {
  return [
    "[Unit]",
    "Description=When the certificate of the TLS proxy ends",
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=${EXPIRY_PROGRAM}`,
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "ProtectHome=yes",
    "RestrictAddressFamilies=AF_UNIX",
    "",
  ].join("\n");
}

function timer(): string {
  return [
    "[Unit]",
    "Description=Looks when the certificate of the TLS proxy ends",
    "",
    "[Timer]",
    "OnActiveSec=1h",
    "OnUnitInactiveSec=1h",
    "RandomizedDelaySec=60",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}
