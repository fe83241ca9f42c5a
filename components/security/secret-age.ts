// SPDX-License-Identifier: Apache-2.0
import { credentials, type Credential } from "../../catalogue";
import type { FileEntry, Step } from "../host/state";
import { ref, text } from "../host/text";
import { SANDBOX } from "../host/sandbox";
import { TEXTFILES } from "../host/textfiles";

const PROGRAM = "/usr/local/lib/opennebula-scaleway/secret_age.py";
const SETTINGS = "/etc/opennebula-scaleway/secret-age.json";
const UNIT = "opennebula-scaleway-secret-age";
const SERVICE_FILE = `/etc/systemd/system/${UNIT}.service`;
const TIMER_FILE = `/etc/systemd/system/${UNIT}.timer`;

/** The program that tells since when a host's secrets are what they are. */
const secretAgeValue = { program: ref("security.secretAgeProgram") };

/** What the program looks at: what the inventory says that this host holds. */
export function secretAgeSettings(isFrontend: boolean): object {
  const held = Object.entries<Credential>(credentials).flatMap(([name, { held }]) =>
    held && (isFrontend || held.on === "every") ? [[name, { file: held.file, value: held.value }] as const] : [],
  );
  return { textfile: `${TEXTFILES}/opennebula_scaleway_secrets.prom`, secrets: Object.fromEntries(held) };
}

/** Program, settings and timer. */
export function secretAgeFiles(isFrontend: boolean): Record<string, FileEntry> {
  return {
    [PROGRAM]: { content: text`${secretAgeValue.program}`, mode: "0755" },
    [SETTINGS]: { content: `${JSON.stringify(secretAgeSettings(isFrontend), null, 2)}\n` },
    [SERVICE_FILE]: { content: service() },
    [TIMER_FILE]: { content: timer() },
  };
}

/** The timer is what must run. */
export function secretAgeSteps(): Step[] {
  return [{ unit: `${UNIT}.timer`, restartOn: [PROGRAM, SETTINGS, SERVICE_FILE, TIMER_FILE] }];
}

function service(): string {
  return [
    "[Unit]",
    "Description=Since when the secrets of this host are what they are",
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=/usr/bin/python3 -I -B ${PROGRAM} ${SETTINGS}`,
    `StateDirectory=${UNIT}`,
    "StateDirectoryMode=0700",
    "CapabilityBoundingSet=CAP_DAC_READ_SEARCH",
    "IPAddressDeny=any",
    ...SANDBOX,
    "MemoryDenyWriteExecute=yes",
    "PrivateNetwork=yes",
    "ProtectProc=invisible",
    `ReadWritePaths=${TEXTFILES}`,
    "RestrictAddressFamilies=none",
    "",
  ].join("\n");
}

function timer(): string {
  return [
    "[Unit]",
    "Description=Looks whether the secrets of this host have changed",
    "",
    "[Timer]",
    "OnActiveSec=5s",
    "OnUnitInactiveSec=1h",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}
