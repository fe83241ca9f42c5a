// SPDX-License-Identifier: Apache-2.0

/** Files and directories to a remote host by SFTP. */
import { open, readdir, stat, type FileHandle } from "node:fs/promises";
import * as path from "node:path";
import type { Client, SFTPWrapper } from "ssh2";
import type { AssetValue, CallContext, CheckFailure } from "../../../provider/grpc/provider";
import { dial, type Connection } from "./dial";

/** Status code of the SFTP protocol, version 3. */
const NO_SUCH_FILE = 2;

/** Bytes of one write; what every server takes. */
const CHUNK = 32 * 1024;

/** What is wrong with a source: a path, or a text that is an asset, can be sent. */
export function checkSource(source: AssetValue): CheckFailure[] {
  if ("path" in source.source || "text" in source.source) return [];
  const reason =
    source.type === "asset"
      ? "asset must be a path-based file asset or a text asset"
      : "archive must be a path to a file or directory";
  return [{ property: source.type, reason }];
}

/**
 * Copies a source. Missing parent directories are made; files are written in place, with the modes that the server gives.
 *
 * | source | path is a directory | there is nothing | path is a file |
 * | --- | --- | --- | --- |
 * | directory `d` | `path/d` | `path/d` | error |
 * | directory `d/` | `path/*` | `path/*` | error |
 * | file `f` | `path/f` | `path` | `path` |
 * | text | error | `path` | `path` |
 */
export async function copyToRemote(
  connection: Connection,
  source: AssetValue,
  remotePath: string,
  context: CallContext,
): Promise<void> {
  const client = await dial(connection, context);
  try {
    const remote = new RemoteFiles(await openSftp(client));
    await remote.makeParents(remotePath);
    if ("path" in source.source) await remote.copyPath(source.source.path, remotePath);
    else if ("text" in source.source) await remote.copyText(source.source.text, remotePath);
  } finally {
    client.end();
  }
}

/** The connection's end must end the wait, or a host that goes away would hold the call for ever. */
function openSftp(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    client.once("close", () => reject(new Error("ssh: the connection was closed")));
    client.sftp((error, sftp) => {
      if (error) reject(new Error(`ssh: subsystem request failed: ${error.message}`));
      else resolve(sftp);
    });
  });
}

class RemoteFiles {
  private readonly closed: Promise<never>;

  constructor(private readonly sftp: SFTPWrapper) {
    this.closed = new Promise((_resolve, reject) => {
      sftp.once("close", () => reject(new Error("ssh: the connection was closed")));
    });
    // Nobody may be waiting when it closes.
    this.closed.catch(() => undefined);
  }

  async makeParents(remotePath: string): Promise<void> {
    const parent = path.posix.dirname(remotePath);
    if (parent === remotePath || parent === "." || (await this.kind(parent)) === "directory") return;
    await this.makeParents(parent);
    await this.makeDirectory(parent);
  }

  async copyText(text: string, remotePath: string): Promise<void> {
    if ((await this.kind(remotePath)) === "directory") {
      throw new Error(
        `remote path ${remotePath} is a directory; when using a text asset, remotePath must be a file path`,
      );
    }
    const content = Buffer.from(text);
    await this.write(async (offset) => content.subarray(offset, offset + CHUNK), remotePath);
  }

  async copyPath(localPath: string, remotePath: string): Promise<void> {
    const local = await stat(localPath);
    const kind = await this.kind(remotePath);
    if (!local.isDirectory()) {
      const target = kind === "directory" ? path.posix.join(remotePath, path.basename(localPath)) : remotePath;
      return this.copyFile(localPath, target);
    }
    if (kind === undefined) await this.makeDirectory(remotePath);
    else if (kind === "file") throw new Error(`remote path ${remotePath} exists but is not a directory`);
    const target = localPath.endsWith("/") ? remotePath : path.posix.join(remotePath, path.basename(localPath));
    await this.copyDirectory(localPath, target);
  }

  private async copyDirectory(localPath: string, remotePath: string): Promise<void> {
    const kind = await this.kind(remotePath);
    if (kind === "file") throw new Error(`remote path ${remotePath} exists but is not a directory`);
    if (kind === undefined) await this.makeDirectory(remotePath);
    for (const name of (await readdir(localPath)).sort()) {
      const [from, to] = [path.join(localPath, name), path.posix.join(remotePath, name)];
      if ((await stat(from)).isDirectory()) await this.copyDirectory(from, to);
      else await this.copyFile(from, to);
    }
  }

  private async copyFile(localPath: string, remotePath: string): Promise<void> {
    const file = await open(localPath);
    try {
      await this.write((offset) => readChunk(file, offset), remotePath);
    } finally {
      await file.close();
    }
  }

  /**
   * ssh2's own write stream is not used: it sets every file's mode to 0666. Here the server's default holds for a new file and
   * an old one keeps its mode.
   */
  private async write(read: (offset: number) => Promise<Buffer>, remotePath: string): Promise<void> {
    try {
      const handle = await this.call<Buffer>((done) => this.sftp.open(remotePath, "w", done));
      for (let offset = 0, chunk = await read(0); chunk.length > 0; chunk = await read(offset)) {
        const [part, position] = [chunk, offset];
        await this.call<void>((done) => this.sftp.write(handle, part, 0, part.length, position, done));
        offset += chunk.length;
      }
      await this.call<void>((done) => this.sftp.close(handle, done));
    } catch (error) {
      throw new Error(`failed to copy to remote file ${remotePath}: ${reasonOf(error)}`);
    }
  }

  private async makeDirectory(remotePath: string): Promise<void> {
    try {
      await this.call<void>((done) => this.sftp.mkdir(remotePath, done));
    } catch (error) {
      throw new Error(`failed to create remote directory ${remotePath}: ${reasonOf(error)}`);
    }
  }

  private async kind(remotePath: string): Promise<"file" | "directory" | undefined> {
    try {
      const found = await this.call<{ isDirectory(): boolean }>((done) => this.sftp.stat(remotePath, done));
      return found.isDirectory() ? "directory" : "file";
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === NO_SUCH_FILE) return undefined;
      throw new Error(`failed to stat remote path ${remotePath}: ${reasonOf(error)}`);
    }
  }

  private call<T>(start: (done: (error: Error | undefined | null, value: T) => void) => unknown): Promise<T> {
    const answer = new Promise<T>((resolve, reject) => {
      start((error, value) => (error ? reject(error) : resolve(value)));
    });
    return Promise.race([answer, this.closed]);
  }
}

async function readChunk(file: FileHandle, offset: number): Promise<Buffer> {
  const buffer = Buffer.alloc(CHUNK);
  const { bytesRead } = await file.read(buffer, 0, CHUNK, offset);
  return buffer.subarray(0, bytesRead);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
