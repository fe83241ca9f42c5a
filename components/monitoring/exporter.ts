// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import { bundledProgram } from "../host/program";
import type { HostState } from "../host/state";
import { jsonText, token } from "../host/structured";
import { ref, secretRef, text } from "../host/text";
import { SANDBOX } from "../host/sandbox";

const USER = "opennebula-exporter";
const PROGRAM = "/usr/local/lib/opennebula-exporter/exporter.cjs";
const SETTINGS = "/etc/opennebula-exporter/settings.json";
const UNIT_FILE = `/etc/systemd/system/${services.openNebulaExporter.unit}`;

/** References that the exporter's part of the layer resolves. */
const exporterValue = {
  program: ref("exporter.program"),
  username: ref("exporter.username"),
  password: secretRef("exporter.password"),
};

/** The exporter as one file. */
export function exporterProgram(): string {
  return bundledProgram("exporter", "exporter.cjs");
}

/**
 * The cloud's own exporter on the front-end: a user of its own on the host and in oned, and nothing that it could write.
 *
 * @param flexibleIps - whether public addresses of VMs are looked after there.
 */
export function openNebulaExporter(
  flexibleIps: boolean,
): Required<Pick<HostState, "packages" | "users" | "directories" | "files" | "sequence">> {
  const { unit } = services.openNebulaExporter;
  return {
    packages: { nodejs: "*" },
    users: { [USER]: { system: true, home: "/nonexistent", shell: "/usr/sbin/nologin" } },
    directories: { "/usr/local/lib/opennebula-exporter": {}, "/etc/opennebula-exporter": {} },
    files: {
      [PROGRAM]: { content: text`${exporterValue.program}` },
      [SETTINGS]: {
        content: jsonText({
          endpoint: `http://127.0.0.1:${services.oned.port}/RPC2`,
          address: "127.0.0.1",
          port: services.openNebulaExporter.port,
          username: token(exporterValue.username),
          password: token(exporterValue.password),
          ...(flexibleIps ? { flexibleIpUnit: "opennebula-flexible-ip-reconcile.service" } : {}),
        }),
        owner: USER,
        group: USER,
        mode: "0400",
        secret: true,
      },
      [UNIT_FILE]: { content: unitFile() },
    },
    sequence: [
      {
        unit,
        restartOn: [PROGRAM, SETTINGS, UNIT_FILE],
        ready: `http://127.0.0.1:${services.openNebulaExporter.port}/metrics`,
      },
    ],
  };
}

function unitFile(): string {
  return [
    "[Unit]",
    "Description=Prometheus exporter for OpenNebula",
    "After=network.target",
    "",
    "[Service]",
    `User=${USER}`,
    `ExecStart=/usr/bin/node ${PROGRAM} ${SETTINGS}`,
    "Restart=on-failure",
    "RestartSec=5",
    // V8 wants memory that is writable and executable; everything else is shut.
    ...SANDBOX,
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "CapabilityBoundingSet=",
    "SystemCallErrorNumber=EPERM",
    "MemoryMax=256M",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
}
