// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Collector } from "./collect";

/** What is left of the asker's patience for the way back. */
const MARGIN_SECONDS = 0.5;

/** Prometheus says how long it waits; anybody else waits as long as a look may take. */
function patience({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers["x-prometheus-scrape-timeout-seconds"]);
  return seconds > 0 ? Math.max(seconds - MARGIN_SECONDS, seconds / 2) : undefined;
}

/** Serves `/metrics` and nothing else. */
export function metricsServer(collector: Collector): Server {
  return createServer((request, response) => {
    request.resume();
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404, { "content-type": "text/plain" }).end("GET /metrics\n");
      return;
    }
    collector.page(patience(request)).then(
      (page) => response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(page),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        response.writeHead(500).end();
      },
    );
  });
}
