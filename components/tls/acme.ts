// SPDX-License-Identifier: Apache-2.0
import type { ActionStep, FileEntry, HostState, Step } from "../host/state";
import { plainProgram } from "../host/program";
import { secretRef, text } from "../host/text";
import { tlsHost } from "../host/tls";
import type { AcmePlan } from "./plan";

const UNIT = "opennebula-scaleway-acme";
const DIRECTORY = "/etc/opennebula-scaleway/acme";
const PROGRAM = tlsHost.acme.program;
const ACME_SETTINGS = tlsHost.acme.settings;
const TOKEN = `${DIRECTORY}/token`;
const AUTHORITY = `${DIRECTORY}/authority.pem`;
const STATE = "/var/lib/opennebula-scaleway-acme";
const SERVICE_FILE = `/etc/systemd/system/${UNIT}.service`;
const TIMER_FILE = `/etc/systemd/system/${UNIT}.timer`;
/** Where the distribution's client looks for whom to trust, and nowhere else. */
const SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/** Scaleway's key for the records of DNS-01. */
export const dnsToken = secretRef("tls.dnsToken");

/** What the ACME client is told; see `onhost/acme/acme.py`. */
export function acmeSettings(plan: AcmePlan): object {
  const { directory, email, names, dns } = plan;
  return {
    directory,
    email,
    names,
    challenge: dns ? "dns-01" : "http-01",
    state: STATE,
    live: tlsHost.live,
    webroot: tlsHost.challenges,
    dns: dns && { api: dns.api, zone: dns.zone, token: TOKEN, waitSeconds: dns.waitSeconds },
    reload: ["/bin/sh", "-c", `/usr/sbin/nginx -t -q && systemctl reload-or-restart ${tlsHost.unit}`],
  };
}

/** The client with its timer. */
export function acmeState(plan: AcmePlan): Pick<HostState, "packages" | "directories"> & {
  files: Record<string, FileEntry>;
} {
  return {
    packages: { uacme: "*", "ca-certificates": "*" },
    directories: {
      [DIRECTORY]: { mode: "0700" },
      [STATE]: { mode: "0700" },
      [tlsHost.challenges]: {},
      [`${tlsHost.challenges}/.well-known`]: {},
      [`${tlsHost.challenges}/.well-known/acme-challenge`]: {},
    },
    files: {
      [PROGRAM]: { content: plainProgram("acme", "acme.py"), mode: "0755" },
      [ACME_SETTINGS]: { content: `${JSON.stringify(acmeSettings(plan), null, 2)}\n`, mode: "0600" },
      [SERVICE_FILE]: { content: service(plan) },
      [TIMER_FILE]: { content: timer() },
      ...(plan.authority ? { [AUTHORITY]: { content: plan.authority } } : {}),
      ...(plan.dns ? { [TOKEN]: { content: text`${dnsToken}\n`, mode: "0600", secret: true } } : {}),
    },
  };
}

/** The proxy must have something to show until the authority has answered for the first time. */
export function acmeFirst(): ActionStep {
  return {
    action: "first-certificate",
    needed: `! test -e ${tlsHost.live}/fullchain.pem`,
    run: `ln -sfn . ${tlsHost.live}`,
    undo: `rm -rf ${tlsHost.live} ${tlsHost.live}-*`,
  };
}

/**
 * The timer asks at once and then every hour; each change of the settings makes it ask again. A run of the program does not wait
 * for the answer: the names may point to the front-end only after it.
 */
export function acmeSteps(plan: AcmePlan): Step[] {
  const inputs = [PROGRAM, ACME_SETTINGS, SERVICE_FILE, TIMER_FILE];
  return [
    {
      unit: `${UNIT}.timer`,
      restartOn: [...inputs, ...(plan.authority ? [AUTHORITY] : []), ...(plan.dns ? [TOKEN] : [])],
    },
  ];
}

function service(plan: AcmePlan): string {
  return [
    "[Unit]",
    "Description=Certificate of the public names from an ACME authority",
    "Wants=network-online.target",
    `After=network-online.target ${tlsHost.unit}`,
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=/usr/bin/python3 -I -B ${PROGRAM} renew ${ACME_SETTINGS}`,
    "TimeoutStartSec=30min",
    // Trust in an authority of one's own ends at this unit.
    ...(plan.authority ? [`BindReadOnlyPaths=${AUTHORITY}:${SYSTEM_AUTHORITIES}`] : []),
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "ProtectHome=yes",
    "ProtectSystem=full",
    `ReadWritePaths=${tlsHost.directory}`,
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    "",
  ].join("\n");
}

function timer(): string {
  return [
    "[Unit]",
    "Description=Looks whether the certificate of the public names is to be renewed",
    "",
    "[Timer]",
    "OnActiveSec=2",
    "OnUnitInactiveSec=1h",
    "RandomizedDelaySec=1",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}
