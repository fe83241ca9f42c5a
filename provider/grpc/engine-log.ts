// SPDX-License-Identifier: Apache-2.0

/** Log lines of a provider, shown by the engine beside the resource they belong to. */
import { credentials, Metadata } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity as Severity } from "@pulumi/pulumi/proto/engine_pb";
import type { LogSeverity } from "./provider";

const SEVERITIES = {
  debug: Severity.DEBUG,
  info: Severity.INFO,
  warning: Severity.WARNING,
  error: Severity.ERROR,
} as const;

export interface LogLine {
  /** Of the resource it belongs to; empty if none. */
  urn: string;
  severity: LogSeverity;
  message: string;
  ephemeral: boolean;
}

/** An engine that does not take a line in this time (seconds) does not get it: a log line must not hold up a call. */
const LOG_DEADLINE = 5;

/** A connection to the engine's log; without an address the lines go to standard error. */
export class EngineLog {
  private client: EngineClient | undefined;

  constructor(address: string | undefined) {
    this.attach(address);
  }

  /** Sends what follows to another engine. */
  attach(address: string | undefined): void {
    this.client?.close();
    this.client = address ? new EngineClient(address, credentials.createInsecure()) : undefined;
  }

  /** Resolves when the line has been taken or given up; never rejects. */
  send({ urn, severity, message, ephemeral }: LogLine): Promise<void> {
    const client = this.client;
    if (!client) {
      process.stderr.write(`${severity}: ${message}\n`);
      return Promise.resolve();
    }
    const line = new LogRequest();
    line.setUrn(urn);
    line.setSeverity(SEVERITIES[severity]);
    line.setMessage(message);
    line.setEphemeral(ephemeral);
    const deadline = Date.now() + LOG_DEADLINE * 1000;
    return new Promise((resolve) => {
      client.log(line, new Metadata(), { deadline }, (error) => {
        if (error) process.stderr.write(`${severity}: ${message}\n`);
        resolve();
      });
    });
  }

  close(): void {
    this.attach(undefined);
  }
}
