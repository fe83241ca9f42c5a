// SPDX-License-Identifier: Apache-2.0
import type { Command } from "commander";
import { withCloud } from "../cloud";
import { stackCommand, stackOf, type CommandFactory, type ExitCode, type StackFlags } from "../command";
import { startProgress } from "../progress";
import { checks } from "../validate/checks";
import { cleanUp } from "../validate/clean-up";
import { resultLine, terminalText } from "../validate/formats/terminal";
import type { ValidationReport } from "../validate/report";
import { selectChecks, type Selection } from "../validate/select";
import { validate } from "../validate/validate";
import { parseDuration, untilReady } from "../validate/wait";
import { writeReports, type ReportFiles } from "../validate/write";

interface ValidateFlags extends StackFlags, ReportFiles {
  load?: boolean;
  disruptive?: boolean;
  only?: string[];
  skip?: string[];
  strict?: boolean;
  wait?: string;
  cleanup?: boolean;
  list?: boolean;
  json?: boolean;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** `validate`: is the cloud as it should be. */
export const validateCommand: CommandFactory = (context) =>
  options(
    stackCommand(context, {
      name: "validate",
      about: "look whether the cloud is as it should be; changes nothing without --load or --disruptive",
      examples: [
        "validate --stack prod",
        "validate --stack prod --only network storage/free --json",
        "validate --stack prod --load --html report.html --history reports",
        "validate --stack prod --wait 10m --junit junit.xml",
        "validate --stack prod --cleanup",
      ],
      exitStatus: "0 ready (with --strict: without warnings), 1 not ready, 2 could not look.",
    }),
  ).action(async (flags: ValidateFlags) => {
    if (flags.list) return print(listText());
    const stack = await stackOf(context, flags);
    if (flags.cleanup) {
      const removed = await withCloud(stack, cleanUp);
      return print(flags.json ? JSON.stringify({ removed }, null, 2) : cleanUpText(removed));
    }
    const selection = selectionOf(flags);
    const attempt = (): Promise<ValidationReport> =>
      withCloud(stack, (cloud) => shownRun(flags, { ...selection, cloud }));
    const report = flags.wait === undefined ? await attempt() : await untilReady(attempt, parseDuration(flags.wait));
    print(flags.json ? JSON.stringify(report, null, 2) : terminalText(report));
    await writeReports(report, flags);
    context.finish(exitCodeOf(report, flags.strict));
  });

function options(command: Command): Command {
  return command
    .option("--load", "also checks that put load on hosts or make test VMs; what they make is removed")
    .option("--disruptive", "also checks that interrupt what people use: restarts, reboots")
    .option("--only <checks...>", "only these checks or areas")
    .option("--skip <checks...>", "without these checks or areas")
    .option("--strict", "warnings count as not ready")
    .option("--wait <duration>", "run again until the cloud is ready, for at most 90s, 10m, 1h")
    .option("--cleanup", "remove what a killed run has left, and nothing else")
    .option("--list", "print every check")
    .option("--json", "print the report as JSON")
    .option("--html <file>", "write one self-contained page")
    .option("--pdf <file>", "print that page by a headless Chromium")
    .option("--junit <file>", "write JUnit's XML")
    .option("--sarif <file>", "write SARIF 2.1.0")
    .option("--history <directory>", "keep reports there and compare with earlier ones");
}

function selectionOf({ load, disruptive, only, skip }: ValidateFlags): Selection {
  return { impact: disruptive ? "disrupt" : load ? "load" : "read", only, skip };
}

async function shownRun(flags: ValidateFlags, run: Parameters<typeof validate>[0]): Promise<ValidationReport> {
  const groups: Record<string, number> = {};
  for (const { area } of selectChecks(checks, run)) groups[area] = (groups[area] ?? 0) + 1;
  const progress = startProgress({ groups, json: flags.json });
  try {
    return await validate({ ...run, onResult: (result) => progress.done(result.area, resultLine(result)) });
  } finally {
    await progress.close();
  }
}

function exitCodeOf({ readiness }: ValidationReport, strict = false): ExitCode {
  return readiness === "READY" || (readiness === "READY WITH WARNINGS" && !strict) ? 0 : 1;
}

function listText(): string {
  return checks
    .map(
      ({ id, title, severity, impact = "read" }) =>
        `${id.padEnd(28)} ${severity.padEnd(9)} ${impact.padEnd(8)} ${title}`,
    )
    .join("\n");
}

function cleanUpText(removed: readonly string[]): string {
  return removed.length === 0 ? "nothing was left" : removed.map((what) => `removed ${what}`).join("\n");
}
