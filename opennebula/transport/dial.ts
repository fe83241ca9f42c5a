// SPDX-License-Identifier: Apache-2.0
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { Duplex } from "node:stream";

/** Where oned listens, seen from where the connection starts. */
export interface Address {
  host: string;
  port: number;
}

/** A way to reach oned: each call opens one connection and closes it. */
export interface Dialer {
  /**
   * Opens a connection; every failure means that nothing has reached oned.
   *
   * @param signal - gives up when aborted.
   */
  dial(address: Address, signal: AbortSignal): Promise<Duplex>;
  /** Lets go of what is kept between calls (an SSH connection); a later dial opens it anew. */
  close(): void;
}

/** Settings for `https` endpoints. */
export interface TlsSettings {
  /** PEM of the authority to trust instead of the system's. */
  ca?: string;
  /** Name that the certificate must carry. @default the endpoint's host */
  serverName?: string;
}

/** Straight over the network. */
export class TcpDialer implements Dialer {
  async dial(address: Address, signal: AbortSignal): Promise<Duplex> {
    return opened(connectTcp({ host: address.host, port: address.port, noDelay: true }), "connect", signal);
  }

  close(): void {
    // Nothing is kept between calls.
  }
}

/** TLS over what another dialer opens; the certificate is always checked. */
export class TlsDialer implements Dialer {
  constructor(
    private readonly inner: Dialer,
    private readonly settings: TlsSettings = {},
  ) {}

  async dial(address: Address, signal: AbortSignal): Promise<Duplex> {
    const stream = await this.inner.dial(address, signal);
    const options: ConnectionOptions = { socket: stream, servername: this.settings.serverName ?? address.host };
    if (this.settings.ca !== undefined) options.ca = this.settings.ca;
    // Node refuses an address as server name (RFC 6066) but then checks the certificate against `host`.
    if (/^[\d.]+$|:/.test(options.servername ?? "")) {
      options.host = options.servername;
      delete options.servername;
    }
    return opened(connectTls(options), "secureConnect", signal);
  }

  close(): void {
    this.inner.close();
  }
}

async function opened(socket: Socket, event: string, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      socket.removeListener(event, succeed);
      socket.removeListener("error", fail);
      signal.removeEventListener("abort", abort);
      act();
    };
    const succeed = (): void => settle(() => resolve(socket));
    const fail = (error: Error): void => settle(() => reject(error));
    const abort = (): void =>
      settle(() => {
        socket.on("error", () => undefined);
        socket.destroy();
        reject(signal.reason as Error);
      });
    socket.once(event, succeed);
    socket.once("error", fail);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
