// SPDX-License-Identifier: Apache-2.0
import { machinesOf } from "../../lab/hosts/machine";
import { tryRun, type RunResult } from "../../lab/hosts/run";
import type { Lab } from "../../lab/lab";
import { openSsh } from "../../lab/ssh";
import { countLogins } from "../../lab/status";
import { row, timed, type Row } from "../rows";

/** Seconds in which two hosts are looked at by everything that changes nothing. */
const VALIDATE_SECONDS = 120;
/** How many times one login to each host, one after the other, all hosts' `--check` and both refreshes may take; so many logins, too. */
const DRIFT_LOGINS = 2;
/** What is backed up for the figure; of bytes that cannot be compressed, where the configuration of a host is. */
const MEGABYTES = 128;
const FILE = "/etc/bench-of-backups";
const COMMAND_SECONDS = 900;

/** Whatever day-two commands say when they have found something is no failure of theirs. */
const FOUND = 1;

export interface DayTwo {
  validateSeconds: number;
  driftSeconds: number;
  /** What drift takes when it asks no provider. */
  hostsDriftSeconds: number;
  /** On each host, by one drift. */
  driftLogins: number;
  /** Of one login to each host, one after the other. */
  loginSeconds: number;
  /** MB/s. */
  disk: number;
  backup: number;
  restore: number;
  /** Seconds, as a person sees them. */
  recoverySeconds: number;
  /** What the stack file promises. */
  recoveryGoalSeconds: number;
}

/** The figures of day-two commands; all of them not measured where no lab can run. */
export function dayTwoRows(measured: DayTwo | undefined): Row[] {
  const times = measured && measured.driftSeconds / measured.loginSeconds;
  const part = (speed: number | undefined): number | undefined => measured && (100 * speed!) / measured.disk;
  return [
    row("validate, read-only, 2 hosts", measured?.validateSeconds, "s", { atMost: VALIDATE_SECONDS }),
    row("drift, 2 hosts", measured?.driftSeconds, "s"),
    row("  of the hosts alone", measured?.hostsDriftSeconds, "s"),
    row("  logins on each host", measured?.driftLogins, "logins", { atMost: DRIFT_LOGINS }),
    row("  one login to each host", measured?.loginSeconds, "s"),
    row("  drift / that", times, "times", { atMost: DRIFT_LOGINS }),
    row(`${MEGABYTES} MB by dd to a host's disk`, measured?.disk, "MB/s"),
    row("  by a backup to the object storage", measured?.backup, "MB/s"),
    row("  part of dd", part(measured?.backup), "%"),
    row("  by a restore from it", measured?.restore, "MB/s"),
    row("  part of dd", part(measured?.restore), "%"),
    row("recovery time of the database", measured?.recoverySeconds, "s", {
      atMost: measured?.recoveryGoalSeconds ?? Infinity,
    }),
  ];
}

/** Measures day-two commands on a lab that is up. @param note - told what is being measured */
export async function measureDayTwo(lab: Lab, note: (text: string) => void): Promise<DayTwo> {
  const hosts = Object.keys(lab.stackHosts);
  const command = async (...words: string[]): Promise<RunResult> => {
    const answer = await lab.dayTwo(words, (argv, env) => tryRun(argv, { env, timeoutSeconds: COMMAND_SECONDS }));
    if (answer.code > FOUND) throw new Error(`${words.join(" ")} ended with ${answer.code}:\n${answer.stderr}`);
    return answer;
  };
  const done = async (...words: string[]): Promise<void> => {
    const { code, stdout, stderr } = await command(...words);
    if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  };
  note("validate");
  const validateSeconds = await timed(() => command("validate"));
  note("drift");
  const since = Date.now() / 1000;
  const driftSeconds = await timed(() => command("drift"));
  const driftLogins = (await countLogins(machinesOf(lab.layout), since)) / hosts.length;
  const hostsDriftSeconds = await timed(() => command("drift", "--hosts-only"));
  const loginSeconds = await logins(lab, hosts);
  note("backup and restore");
  const [from = ""] = hosts.slice(-1);
  // The front-end makes the repository.
  await done("backup", "run", "database", "binlog");
  const disk = await throughDd(lab, from);
  await done("backup", "run", "configuration");
  const taken = await lab.exec(from, ["sh", "-c", "cat /var/lib/prometheus/node-exporter/*backup_configuration.prom"]);
  const figure = (name: string): number => Number(new RegExp(`${name}\\{[^}]*\\} (\\S+)`).exec(taken)?.[1]);
  const backup = figure("last_size_bytes") / 1e6 / figure("last_duration_seconds");
  const restoreSeconds = await timed(() => done("restore", "configuration", "--from", from, "--path", FILE));
  await lab.exec(from, ["rm", FILE]);
  note("recovery of the database");
  const recoverySeconds = await timed(() => done("restore", "database"));
  const objective = await lab.exec("fe", ["sh", "-c", "cat /var/lib/prometheus/node-exporter/*backup_database.prom"]);
  return {
    ...{ validateSeconds, driftSeconds, hostsDriftSeconds, driftLogins, loginSeconds, disk, backup, recoverySeconds },
    restore: MEGABYTES / restoreSeconds,
    recoveryGoalSeconds: Number(/objective="recovery_time"\} (\d+)/.exec(objective)?.[1]),
  };
}

/** Writes the file and waits until it is on the disk. @returns MB/s */
async function throughDd(lab: Lab, host: string): Promise<number> {
  const dd = (source: string, target: string): Promise<number> =>
    timed(() =>
      lab.exec(host, ["dd", `if=${source}`, `of=${target}`, "bs=1000k", `count=${MEGABYTES}`, "conv=fdatasync"], {
        timeoutSeconds: COMMAND_SECONDS,
      }),
    );
  await dd("/dev/urandom", FILE);
  const seconds = await dd(FILE, `${FILE}.copy`);
  await lab.exec(host, ["rm", `${FILE}.copy`]);
  return MEGABYTES / seconds;
}

async function logins(lab: Lab, hosts: readonly string[]): Promise<number> {
  let seconds = 0;
  for (const host of hosts) {
    const session = await openSsh(lab, host);
    try {
      seconds += await timed(async () => {
        const { code, stderr } = await tryRun([...session.argv, "--", "true"]);
        if (code !== 0) throw new Error(`host ${host}: ${stderr}`);
      });
    } finally {
      await session.close();
    }
  }
  return seconds;
}
