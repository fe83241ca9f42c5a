// SPDX-License-Identifier: Apache-2.0

/** An SSH server on loopback that really runs commands, forwards connections and takes files by SFTP. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import { Server, utils, type Connection, type Session, type SFTPWrapper } from "ssh2";

const { STATUS_CODE, OPEN_MODE } = utils.sftp;

export interface SshServerOptions {
  /** Private keys; the first one for a client that does not ask for a kind. */
  hostKeys: string[];
  /** A public key line that may log in. */
  authorizedKey?: string;
  password?: string;
  /** Variables that the server takes, as sshd's AcceptEnv. */
  acceptEnv?: string[];
  /** What the environment of its commands has besides. */
  environment?: Record<string, string>;
  /** That many connections are dropped before their handshake. */
  dropFirst?: number;
}

export interface SshServer {
  port: number;
  /** TCP connections, logins that succeeded, command lines that were run. */
  seen: { connections: number; logins: number; commands: string[] };
  /** Cuts every connection, as a host does that loses its power. */
  cut: () => void;
  close: () => Promise<void>;
}

export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const seen: SshServer["seen"] = { connections: 0, logins: 0, commands: [] };
  const sockets = new Set<net.Socket>();
  const ssh = new Server({ hostKeys: options.hostKeys }, (client) => {
    client.on("error", () => undefined);
    authenticate(client, options);
    client.on("ready", () => {
      seen.logins += 1;
      client.on("session", (accept) => serveSession(accept(), options, seen));
      client.on("tcpip", (accept, reject, { destIP, destPort }) => {
        const target = net.connect(destPort, destIP, () => {
          const channel = accept();
          channel.pipe(target).pipe(channel);
          channel.on("error", () => undefined);
        });
        target.once("error", () => reject());
      });
    });
  });
  const listener = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    seen.connections += 1;
    if (seen.connections <= (options.dropFirst ?? 0)) socket.destroy();
    else ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    port: (listener.address() as net.AddressInfo).port,
    seen,
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

function authenticate(client: Connection, { authorizedKey, password }: SshServerOptions): void {
  client.on("authentication", (context) => {
    if (context.method === "password" && password !== undefined && context.password === password)
      return context.accept();
    if (context.method !== "publickey" || authorizedKey === undefined) return context.reject(["publickey", "password"]);
    const key = utils.parseKey(authorizedKey);
    if (key instanceof Error || !key.getPublicSSH().equals(context.key.data)) return context.reject(["publickey"]);
    if (context.signature && key.verify(context.blob as Buffer, context.signature, context.hashAlgo) !== true) {
      return context.reject(["publickey"]);
    }
    context.accept();
  });
}

function serveSession(session: Session, options: SshServerOptions, seen: SshServer["seen"]): void {
  const { acceptEnv } = options;
  const environment: Record<string, string> = { ...options.environment };
  session.on("env", (accept, reject, { key, val }) => {
    if (!acceptEnv?.includes(key)) return reject?.();
    environment[key] = val;
    accept?.();
  });
  session.on("exec", (accept, _reject, { command }) => {
    seen.commands.push(command);
    const channel = accept();
    const child = spawn("/bin/sh", ["-c", command], {
      env: { PATH: process.env["PATH"], ...environment },
      stdio: "pipe",
      detached: true,
    });
    channel.on("error", () => undefined);
    // The whole group: a shell's children outlive it.
    channel.on("close", () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    });
    child.stdin.on("error", () => undefined);
    channel.pipe(child.stdin);
    child.stdout.on("data", (data: Buffer) => channel.write(data));
    child.stderr.on("data", (data: Buffer) => channel.stderr.write(data));
    child.on("close", (code, signal) => {
      if (signal === null) channel.exit(code ?? 0);
      else channel.exit(signal.replace("SIG", ""), false, "");
      channel.end();
    });
  });
  session.on("sftp", (accept) => serveFiles(accept()));
}

/** What copying needs: stat, mkdir, open for writing, write, close. */
function serveFiles(sftp: SFTPWrapper): void {
  const open = new Map<number, number>();
  const answer = (id: number, action: () => void) => {
    try {
      action();
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
      sftp.status(id, missing ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE, String(error));
    }
  };
  const done = (id: number) => sftp.status(id, STATUS_CODE.OK);
  sftp.on("STAT", (id, path) =>
    answer(id, () => {
      const { mode, uid, gid, size, atimeMs, mtimeMs } = fs.statSync(path);
      sftp.attrs(id, { mode, uid, gid, size, atime: atimeMs / 1000, mtime: mtimeMs / 1000 });
    }),
  );
  sftp.on("MKDIR", (id, path) =>
    answer(id, () => {
      fs.mkdirSync(path);
      done(id);
    }),
  );
  sftp.on("OPEN", (id, path, flags, attributes) =>
    answer(id, () => {
      if ((flags & OPEN_MODE.WRITE) === 0) throw new Error("only for writing");
      const file = fs.openSync(path, "w", attributes.mode ?? 0o666);
      open.set(file, file);
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(file);
      sftp.handle(id, handle);
    }),
  );
  sftp.on("FSETSTAT", (id, handle, attributes) =>
    answer(id, () => {
      if (attributes.mode !== undefined) fs.fchmodSync(handle.readUInt32BE(), attributes.mode);
      done(id);
    }),
  );
  sftp.on("WRITE", (id, handle, offset, data) =>
    answer(id, () => {
      fs.writeSync(handle.readUInt32BE(), data, 0, data.length, offset);
      done(id);
    }),
  );
  sftp.on("CLOSE", (id, handle) =>
    answer(id, () => {
      fs.closeSync(handle.readUInt32BE());
      open.delete(handle.readUInt32BE());
      done(id);
    }),
  );
}
