// SPDX-License-Identifier: Apache-2.0

import type { PackageFile } from "./model";
import { LABEL } from "./model";

export interface Unit {
  name: string;
  description: string;
  /** Lines of the [Unit], [Service] or [Timer] sections beside the common ones. */
  unit?: string[];
  service?: string[];
  timer?: string[];
  wantedBy?: string;
}

/** A unit file; services run as oneadmin. */
export function unitFile(unit: Unit): PackageFile {
  const lines = ["[Unit]", `Description=${unit.description} (${LABEL})`, ...(unit.unit ?? [])];
  if (unit.service !== undefined) lines.push("", "[Service]", "User=oneadmin", "Group=oneadmin", ...unit.service);
  if (unit.timer !== undefined) lines.push("", "[Timer]", ...unit.timer);
  if (unit.wantedBy !== undefined) lines.push("", "[Install]", `WantedBy=${unit.wantedBy}`);
  return { path: `/lib/systemd/system/${unit.name}`, content: `${lines.join("\n")}\n` };
}

const RESTART = ["Restart=on-failure", "RestartSec=5", "SyslogIdentifier=opennebula"];

/** A service that has nothing to do here but to be there: it says so, and waits. */
export function idleUnit(name: string, description: string, unit: string[] = []): PackageFile {
  return unitFile({
    name: `${name}.service`,
    description,
    unit,
    service: [`ExecStart=/usr/lib/one/stand-in-idle "${description}"`, ...RESTART],
    wantedBy: "multi-user.target",
  });
}

/** A service of the bundle `services.js`; systemd refuses it without its auth file, as the real units do. */
export function serverUnit(service: {
  name: string;
  description: string;
  id: string;
  auth: string;
  release: string;
}): PackageFile {
  return unitFile({
    name: `${service.name}.service`,
    description: service.description,
    unit: [
      "After=network.target network-online.target opennebula.service",
      ...(service.id === "fireedge" ? ["Wants=opennebula-guacd.service"] : []),
      `AssertFileNotEmpty=/var/lib/one/.one/${service.auth}`,
    ],
    service: [`ExecStart=/usr/bin/node /usr/lib/one/services.js ${service.id} ${service.release}`, ...RESTART],
    wantedBy: "multi-user.target",
  });
}

/** Units of the `opennebula` package. */
export function onedUnits(release: string): PackageFile[] {
  return [
    unitFile({
      name: "opennebula.service",
      description: "OpenNebula Cloud Controller Daemon",
      unit: [
        "After=syslog.target network.target network-online.target remote-fs.target mariadb.service mysql.service",
        "After=opennebula-ssh-agent.service",
        "Wants=opennebula-hem.service opennebula-ssh-agent.service",
        "Wants=opennebula-ssh-socks-cleaner.timer opennebula-showback.timer",
      ],
      service: [
        "Type=notify",
        // The notification comes from systemd-notify, a child of the daemon.
        "NotifyAccess=all",
        "Environment=SSH_AUTH_SOCK=/run/one/ssh-agent.sock",
        `Environment=ONE_STANDIN_VERSION=${release}`,
        "ExecStart=/usr/bin/oned -f",
        "TimeoutStartSec=60",
        ...RESTART,
      ],
      wantedBy: "multi-user.target",
    }),
    idleUnit("opennebula-hem", "OpenNebula Hook Execution Service", [
      "After=opennebula.service",
      "BindsTo=opennebula.service",
    ]),
    unitFile({
      name: "opennebula-ssh-agent.service",
      description: "OpenNebula SSH agent",
      service: [
        "ExecStartPre=/bin/rm -f /run/one/ssh-agent.sock",
        "ExecStart=/usr/bin/ssh-agent -D -a /run/one/ssh-agent.sock",
        "Environment=SSH_AUTH_SOCK=/run/one/ssh-agent.sock",
        "ExecStartPost=/usr/lib/one/stand-in-ssh-add",
        ...RESTART,
      ],
      wantedBy: "multi-user.target",
    }),
    ...timer("opennebula-showback", "OpenNebula's periodic showback calculation", "OnCalendar=daily"),
    ...timer("opennebula-ssh-socks-cleaner", "OpenNebula SSH persistent connection cleaner", "OnCalendar=*:0/5"),
  ];
}

function timer(name: string, description: string, when: string): PackageFile[] {
  return [
    unitFile({
      name: `${name}.service`,
      description,
      service: ["Type=oneshot", `ExecStart=/bin/echo "${description}: nothing to do here (${LABEL})"`],
    }),
    unitFile({ name: `${name}.timer`, description, timer: [when, `Unit=${name}.service`], wantedBy: "timers.target" }),
  ];
}
