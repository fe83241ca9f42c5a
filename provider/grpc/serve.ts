// SPDX-License-Identifier: Apache-2.0

/** A provider plugin process: `pulumi-resource-<name> <engine address>`, its port as the first line on standard output. */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { EngineLog } from "./engine-log";
import type { ProviderImplementation } from "./provider";
import { providerService } from "./service";

/** Bytes; the engine and the language SDKs use the same limit. */
export const MAX_MESSAGE_SIZE = 400 * 1024 * 1024;

/** How long (seconds) a process that was told to end waits for calls that run. */
const SHUTDOWN_SECONDS = 5;

/** How often (seconds) a process looks whether the engine that started it is still there. */
const PARENT_CHECK_SECONDS = 2;

/** A provider that takes calls on a port of 127.0.0.1. */
export interface RunningProvider {
  port: number;
  /** Aborted when the engine has sent Cancel. */
  cancelled: AbortSignal;
  /** Aborts what runs, waits for it at most {@link SHUTDOWN_SECONDS} and frees the port. */
  close: () => Promise<void>;
}

/**
 * Starts a provider in this process.
 *
 * @param engineAddress where log lines go (`host:port`); without it, until a handshake names one, to standard error
 */
export async function startProvider(
  implementation: ProviderImplementation,
  engineAddress?: string,
): Promise<RunningProvider> {
  const log = new EngineLog(engineAddress);
  const cancellation = new AbortController();
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_SIZE,
    "grpc.max_send_message_length": MAX_MESSAGE_SIZE,
  });
  server.addService(ResourceProviderService, providerService({ implementation, log, cancellation }));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  const close = async () => {
    cancellation.abort(new Error("the provider is told to end"));
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => {
        server.forceShutdown();
        resolve();
      }, SHUTDOWN_SECONDS * 1000);
      server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
    log.close();
  };
  return { port, cancelled: cancellation.signal, close };
}

/**
 * Runs this process as the plugin: serves until the engine kills it, goes away or asks it to end (SIGTERM). Resolves when
 * the port is printed.
 */
export async function serveProvider(implementation: ProviderImplementation): Promise<void> {
  const { port, cancelled, close } = await startProvider(implementation, process.argv[2]);
  const end = (code: number) => {
    void close().finally(() => process.exit(code));
  };
  // Ctrl-C reaches the whole process group; the engine then lets running calls finish and sends Cancel. After that it ends its plugins
  // by the same signal, one after the other, and has patience for five seconds in all (3.259.0, defaultHost.Close and Plugin.Kill).
  process.on("SIGINT", () => {
    if (cancelled.aborted) end(0);
  });
  process.once("SIGTERM", () => end(0));
  endWithParent(end);
  process.stdout.write(`${port}\n`);
}

/** A provider whose engine was killed would go on with its work beside the next run's. */
function endWithParent(end: (code: number) => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end(1);
  }, PARENT_CHECK_SECONDS * 1000);
  timer.unref();
}
