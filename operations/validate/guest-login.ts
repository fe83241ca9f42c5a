// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "ssh2";
import sshpk from "sshpk";

/** A refused or unanswered login is tried again after that long: sshd needs a moment after oned says that a VM runs. */
const PAUSE_MS = 500;
const LOGIN_MS = 5000;

/** Logs in to VMs that were made a moment ago, with a key of its own that lives in memory only. */
export class GuestLogin {
  /** Host keys by address: nobody can know them before the first login, and afterwards no other is taken. */
  private readonly known = new Map<string, Buffer>();

  private constructor(
    private readonly privateKey: string,
    readonly publicKey: string,
  ) {}

  static generate(): GuestLogin {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ format: "pem", type: "sec1" }) as string;
    return new GuestLogin(pem, sshpk.parsePrivateKey(pem, "pem").toPublic().toString("ssh"));
  }

  /**
   * Runs a command line as root.
   *
   * @param seconds - until it must have ended, waiting for sshd included.
   * @returns standard output.
   * @throws Error when it does not end with 0, or nobody answers in time.
   */
  async run(address: string, commandLine: string, seconds: number): Promise<string> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const client = new Client();
      try {
        await this.connect(client, address);
        return await execute(client, commandLine, Math.max(1000, deadline - Date.now()));
      } catch (error) {
        if (error instanceof CommandFailure || Date.now() + PAUSE_MS > deadline)
          throw new Error(`${address}: ${(error as Error).message}`, { cause: error });
        await sleep(PAUSE_MS);
      } finally {
        client.destroy();
      }
    }
  }

  private connect(client: Client, address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      client
        .once("ready", resolve)
        .on("error", reject)
        .once("close", () => reject(new Error("closed")));
      client.connect({
        host: address,
        username: "root",
        privateKey: this.privateKey,
        readyTimeout: LOGIN_MS,
        hostVerifier: (key: Buffer) => {
          const before = this.known.get(address);
          if (before === undefined) this.known.set(address, key);
          return before === undefined || before.equals(key);
        },
      });
    });
  }
}

/** The guest answered, and the command did not succeed: trying again would not help. */
class CommandFailure extends Error {}

function execute(client: Client, commandLine: string, milliseconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new CommandFailure(`the command has not ended after ${Math.round(milliseconds / 1000)} s`)),
      milliseconds,
    );
    client.exec(commandLine, (error, channel) => {
      if (error) return reject(error);
      let [output, errors] = ["", ""];
      channel.on("data", (chunk: Buffer) => (output += chunk.toString()));
      channel.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
      channel.on("close", (code: number | null) => {
        clearTimeout(timer);
        if (code === 0) resolve(output);
        else reject(new CommandFailure(`exit status ${code}: ${errors.trim().split("\n").at(-1) ?? ""}`));
      });
    });
  });
}
