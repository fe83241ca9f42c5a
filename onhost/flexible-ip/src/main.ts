// SPDX-License-Identifier: Apache-2.0
// flexible-ip.cjs hook --settings FILE --driver VN_MAD --step pre|post|clean   (on hypervisors, by OpenNebula)
// flexible-ip.cjs broker --settings FILE HOST      (on the front-end, by sshd's forced command)
// flexible-ip.cjs reconcile --settings FILE [--dry-run]   (on the front-end, by a timer)
// flexible-ip.cjs status --settings FILE           (on the front-end, by people)
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FlexibleIpApi } from "./api";
import { serve, type BrokerParts } from "./broker";
import { realClock } from "./clock";
import { OnedView } from "./cloud-view";
import { overSsh, runHook } from "./hook";
import { fileLocks } from "./lock";
import { stderrLog, systemLog, type Log } from "./log";
import { HOOK_SECONDS, isStep, parseRequest, PROTOCOL, type BrokerAnswer, type HookStep } from "./protocol";
import { readReport, reconcile, writeReport } from "./reconcile";
import { readBrokerSettings, readHostSettings } from "./settings";

const RECONCILE_SECONDS = 240;
/** A VM's XML is some ten KiB. */
const MOST_INPUT_BYTES = 16 * 1024 * 1024;

interface Options {
  settings?: string;
  driver?: string;
  step?: string;
  "dry-run"?: boolean;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      settings: { type: "string" },
      driver: { type: "string" },
      step: { type: "string" },
      "dry-run": { type: "boolean" },
    },
  });
  const [command, ...rest] = positionals;
  if (command === "hook") return hook(values);
  if (command === "broker") return broker(values, rest[0]);
  if (command === "reconcile") return look(values, values["dry-run"] === true);
  if (command === "status") return look(values, true);
  throw new Error("usage: flexible-ip.cjs hook|broker|reconcile|status --settings FILE ...");
}

async function hook(options: Options): Promise<number> {
  const step = required(options, "step");
  if (!isStep(step)) throw new Error(`--step: one of ${Object.keys(HOOK_SECONDS).join(", ")}`);
  const problems = await hookProblems(step, options).catch((error: Error) => [error.message]);
  if (problems.length === 0) return 0;
  process.stderr.write(`flexible IP: ${problems.join("; ").slice(0, 500)}\n`);
  // The guest has left already: refusing would make oned believe that it has not. The reconciler takes the address back.
  return step === "clean" ? 0 : 1;
}

async function hookProblems(step: HookStep, options: Options): Promise<string[]> {
  const settings = readHostSettings(required(options, "settings"));
  const input = await standardInput();
  return runHook(
    { step, driver: required(options, "driver"), bridge: settings.bridge, input },
    { ask: overSsh(settings), clock: realClock, log: systemLog() },
  );
}

async function broker(options: Options, host: string | undefined): Promise<number> {
  const log = systemLog();
  let answer: BrokerAnswer;
  try {
    if (host === undefined) throw new Error("usage: flexible-ip.cjs broker --settings FILE HOST");
    const request = parseRequest(await standardInput());
    answer = await serve(host, request, brokerParts(required(options, "settings"), log));
  } catch (error) {
    const problem = (error as Error).message;
    log({ op: "broker", host, outcome: problem });
    answer = { protocol: PROTOCOL, ok: false, problems: [problem], results: [] };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  return 0;
}

async function look(options: Options, dryRun: boolean): Promise<number> {
  const path = required(options, "settings");
  const parts = brokerParts(path, stderrLog);
  const reportFile = join(readBrokerSettings(path).stateDirectory, "reconcile.json");
  const report = await reconcile(parts, { before: readReport(reportFile), dryRun, seconds: RECONCILE_SECONDS });
  if (!dryRun) writeReport(reportFile, report);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  return report.ok ? 0 : 1;
}

function brokerParts(path: string, log: Log): BrokerParts {
  const settings = readBrokerSettings(path);
  return {
    api: new FlexibleIpApi(settings.scaleway, ({ method, path: place, status, requestId }) => {
      if (method !== "GET" || status >= 400)
        log({ op: `${method} fips${place}`, request: requestId, outcome: String(status) });
    }),
    cloud: new OnedView(settings.oned),
    servers: settings.servers,
    managed: settings.flexibleIps,
    withLock: fileLocks(join(settings.stateDirectory, "locks")),
    clock: realClock,
    log,
  };
}

function required(options: Options, name: "settings" | "driver" | "step"): string {
  const value = options[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return value;
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_INPUT_BYTES) throw new Error(`standard input is longer than ${MOST_INPUT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    process.stderr.write(`flexible IP: ${error.message}\n`);
    process.exitCode = 2;
  },
);
