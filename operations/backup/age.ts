// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * Decrypts with age, which must be installed where day-two commands run; the key stays on this machine and on no disk of it.
 *
 * @param identity - private key in OpenSSH's or age's own form.
 * @throws Error with age's last words, e.g. when the key is another one.
 */
export function decrypt(encrypted: AsyncIterable<Buffer>, identity: string): AsyncGenerator<Buffer> {
  return through(["--decrypt", "--identity"], encrypted, identity);
}

/**
 * Encrypts to public keys.
 *
 * @param recipients - one a line.
 */
export function encrypt(plain: AsyncIterable<Buffer>, recipients: string): AsyncGenerator<Buffer> {
  return through(["--encrypt", "--recipients-file"], plain, recipients);
}

async function* through(args: string[], source: AsyncIterable<Buffer>, keys: string): AsyncGenerator<Buffer> {
  // age opens its keys by name, and what Node hands over is a socket, which has none: the shell makes a pipe of it.
  const script = 'command -v age >/dev/null || exit 127; exec age "$@" <(cat <&3)';
  const child = spawn("bash", ["-c", script, "age", ...args], { stdio: ["pipe", "pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-2000)));
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const last = errors.trim().split("\n")[0] ?? "";
      const absent =
        "age is not installed on this machine (Debian package age): backups are opened here, not on a host";
      if (code === 0) resolve();
      else if (code === 127) reject(new Error(absent));
      else reject(new Error(`age ended with ${code ?? "no status"}: ${last}`));
    });
  });
  ended.catch(() => undefined);
  const keyPipe = child.stdio[3] as Writable;
  keyPipe.on("error", () => undefined).end(keys);
  let broken: Error | undefined;
  const fed = pipeline(source, child.stdin).catch((error: NodeJS.ErrnoException) => {
    // age says itself why it reads no further.
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_PREMATURE_CLOSE") broken = error;
  });
  try {
    yield* child.stdout;
    await fed;
    if (broken) throw broken;
    await ended;
  } finally {
    if (child.exitCode === null) child.kill("SIGKILL");
  }
}
