// SPDX-License-Identifier: Apache-2.0
/** What becomes of our processes when we are killed and can end nothing any more. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";

const SETPRIV = "/usr/bin/setpriv";

/**
 * A command that the kernel ends when we die, however we die. A program whose engine was killed does not end by itself: the SDK
 * waits for answers that never come, at the cost of a whole processor. Without setpriv (not Linux) the command stays as it is.
 */
export function tied(file: string, args: string[]): [string, string[]] {
  return existsSync(SETPRIV) ? [SETPRIV, ["--pdeathsig", "KILL", "--", file, ...args]] : [file, args];
}

/**
 * Reads `+group` and `-group` lines. When they end, the groups that are left have half a minute to finish what they are
 * doing: a plugin that is cut off in the middle of a creation leaves an object that nobody knows.
 */
const REAPER = `
groups=" "
while read -r line; do
  group="\${line#?}"
  case "$line" in
    +*) groups="$groups$group " ;;
    -*) groups=$(printf '%s' "$groups" | sed "s/ $group / /") ;;
  esac
done
[ "$groups" = " " ] && exit
sleep 30
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

let reaper: ChildProcess | undefined;

function tell(line: string): void {
  if (!reaper) {
    reaper = spawn("/bin/sh", ["-c", REAPER], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    // It lives as long as we do, but does not keep us alive; without it only a killed engine leaves something behind.
    reaper.unref();
    reaper.on("error", () => undefined);
    reaper.stdin?.on("error", () => undefined);
    (reaper.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }
  reaper.stdin?.write(`${line}\n`);
}

/** Has a process group ended some time after our death. @returns what to call when it has ended by itself */
export function mourn(group: number | undefined): () => void {
  if (group === undefined) return () => undefined;
  tell(`+${String(group)}`);
  return () => {
    tell(`-${String(group)}`);
  };
}
