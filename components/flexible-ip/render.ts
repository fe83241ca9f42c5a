// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import { flexibleIpHost } from "../host/flexible-ip";
import type { ActionStep, Directory, FileEntry, HostState } from "../host/state";
import { jsonText, token } from "../host/structured";
import { ref, secretRef, text, type Text } from "../host/text";
import type { FlexibleIpPlan } from "./plan";

const HOME = "/var/lib/opennebula-flexible-ip";
const STATE = `${HOME}/state`;
const UNIT = "opennebula-flexible-ip-reconcile";
const TIMER_FILE = `/etc/systemd/system/${UNIT}.timer`;
const REMOTES = "/var/lib/one/remotes";
const HOOKED_PROGRAM = `${REMOTES}/flexible-ip/flexible-ip.cjs`;
const STAMP = "/var/lib/one/.flexible-ip/synced";
const STEPS = ["pre", "post", "clean"];

const { node, settings, user, program: PROGRAM, brokerSettings: SETTINGS } = flexibleIpHost;
const oneadmin = { owner: "oneadmin", group: "oneadmin" };

/** References that the flexible-IP layer resolves. */
export const flexibleIpValue = {
  program: ref("flexibleIp.program"),
  /** Id without zone. */
  id: (name: string) => ref(`flexibleIp.${name}.id`),
  /** Id without zone. */
  serverId: (host: string) => ref(`${host}.serverId`),
  /** The public key that a hypervisor made for this, as an `authorized_keys` line without comment. */
  hostKey: (host: string) => ref(`${host}.flexibleIpKey`),
  agentSecretKey: secretRef("agent.secretKey"),
  oneadminPassword: secretRef("oneadmin.password"),
};

/** Broker, reconciler and hooks on the front-end, the only host that holds the agent's API key. */
export function renderFlexibleIp(plan: FlexibleIpPlan): HostState {
  return {
    packages: { nodejs: "*" },
    users: { [user]: { system: true, home: HOME, shell: "/bin/sh" } },
    directories: {
      // Of root: what the user may run is decided by a file there.
      [`${HOME}/.ssh`]: {},
      [STATE]: { owner: user, group: user },
      [`${STATE}/locks`]: { owner: user, group: user, mode: "0700" },
      "/var/lib/one/.flexible-ip": { ...oneadmin, mode: "0700" },
      [`${REMOTES}/flexible-ip`]: oneadmin,
      ...hookDirectories(plan),
    },
    files: {
      [PROGRAM]: { content: text`${flexibleIpValue.program}` },
      [SETTINGS]: { content: brokerSettings(plan), owner: user, group: user, mode: "0600", secret: true },
      [`${HOME}/.ssh/authorized_keys`]: { content: authorizedKeys(plan) },
      [`/etc/systemd/system/${UNIT}.service`]: { content: reconcileService() },
      [TIMER_FILE]: { content: reconcileTimer(plan) },
      ...hookFiles(plan),
    },
    sequence: [publishProgram(), synchronise(), { unit: `${UNIT}.timer`, restartOn: [TIMER_FILE] }],
  };
}

function brokerSettings(plan: FlexibleIpPlan): Text {
  const byHost = Object.keys(plan.hosts).map((host) => [host, token(flexibleIpValue.serverId(host))] as const);
  return jsonText({
    scaleway: {
      url: plan.apiUrl,
      zone: plan.zone,
      projectId: plan.projectId,
      secretKey: token(flexibleIpValue.agentSecretKey),
    },
    oned: {
      endpoint: `http://127.0.0.1:${services.oned.port}/RPC2`,
      username: "oneadmin",
      password: token(flexibleIpValue.oneadminPassword),
    },
    servers: Object.fromEntries(byHost),
    flexibleIps: plan.flexibleIps.map((name) => token(flexibleIpValue.id(name))),
    stateDirectory: STATE,
  });
}

/** The key says which host asks: nothing that a host sends can make it another one. */
function authorizedKeys(plan: FlexibleIpPlan): Text {
  const lines = Object.entries(plan.hosts).map(([host, address]) => {
    const command = `${node} ${PROGRAM} broker --settings ${SETTINGS} ${host}`;
    return text`restrict,from="${address}",command="${command}" ${flexibleIpValue.hostKey(host)} ${host}\n`;
  });
  return lines.reduce((all, line) => text`${asTemplate(all)}${asTemplate(line)}`, "");
}

function asTemplate(value: Text) {
  return typeof value === "string" ? { parts: value === "" ? [] : [value] } : value;
}

function hookDirectories(plan: FlexibleIpPlan): Record<string, Directory> {
  return Object.fromEntries(
    plan.drivers.flatMap((driver) => STEPS.map((step) => [`${REMOTES}/vnm/${driver}/${step}.d`, oneadmin])),
  );
}

/**
 * A hook only names its driver and step. It runs as oneadmin on a hypervisor, from the copy of `remotes` there; OpenNebula's
 * arguments (deploy id and host in `post`, host in `clean`) say nothing that the VM's document and the host's key do not.
 */
function hookFiles(plan: FlexibleIpPlan): Record<string, FileEntry> {
  const content = (driver: string, step: string): string =>
    [
      "#!/bin/sh",
      `exec ${node} "\${0%/*}/../../../flexible-ip/flexible-ip.cjs" hook --settings ${settings} --driver ${driver} --step ${step}`,
      "",
    ].join("\n");
  return Object.fromEntries(
    plan.drivers.flatMap((driver) =>
      STEPS.map((step) => [
        `${REMOTES}/vnm/${driver}/${step}.d/50-flexible-ip`,
        { content: content(driver, step), ...oneadmin, mode: "0755" },
      ]),
    ),
  );
}

/** The hooks' copy of the program, beside the drivers; the broker runs root's own, which oneadmin cannot change. */
function publishProgram(): ActionStep {
  return {
    action: "publish-flexible-ip-program",
    needed: `! cmp -s ${PROGRAM} ${HOOKED_PROGRAM}`,
    run: `install -o oneadmin -g oneadmin -m 0644 ${PROGRAM} ${HOOKED_PROGRAM}`,
  };
}

/**
 * Hosts that oned knows get another version of the hooks only so; one that did not would start VMs without their address. A host
 * that oned meets for the first time gets all that is in `remotes`, and this layer goes before that.
 */
function synchronise(): ActionStep {
  const hooks = `${REMOTES}/vnm/*/{pre,post,clean}.d/50-flexible-ip`;
  const current = `current="$(cat ${HOOKED_PROGRAM} ${hooks} | sha256sum)"`;
  const sync = [
    'if ! answer="$(timeout 240 onehost sync --force 2>&1)" || grep -qi "failed" <<<"$answer"; then',
    '  printf "onehost sync failed: %s\n" "$answer" >&2',
    "  exit 1",
    "fi",
  ];
  return {
    action: "sync-flexible-ip-hooks",
    needed: [current, `test "$current" != "$(cat ${STAMP} 2>/dev/null)"`].join("\n"),
    run: [current, ...sync, `printf '%s\n' "$current" >${STAMP}.new`, `mv ${STAMP}.new ${STAMP}`].join("\n"),
    undo: [`rm -rf ${REMOTES}/flexible-ip ${hooks} ${STAMP}`, ...sync].join("\n"),
    user: "oneadmin",
    timeoutSeconds: 300,
  };
}

function reconcileService(): string {
  return [
    "[Unit]",
    "Description=Flexible IPs where OpenNebula says that their VMs run",
    `After=network-online.target ${services.oned.unit}`,
    "Wants=network-online.target",
    "",
    "[Service]",
    "Type=oneshot",
    `User=${user}`,
    `ExecStart=${node} ${PROGRAM} reconcile --settings ${SETTINGS}`,
    "TimeoutStartSec=300",
    "NoNewPrivileges=yes",
    "PrivateDevices=yes",
    "PrivateTmp=yes",
    "ProtectHome=yes",
    "ProtectSystem=strict",
    `ReadWritePaths=${STATE}`,
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "UMask=0022",
    "",
  ].join("\n");
}

function reconcileTimer(plan: FlexibleIpPlan): string {
  return [
    "[Unit]",
    "Description=Looks after flexible IPs",
    "",
    "[Timer]",
    "OnActiveSec=60",
    `OnUnitInactiveSec=${plan.reconcileSeconds}`,
    "RandomizedDelaySec=15",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}
