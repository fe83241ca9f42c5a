// SPDX-License-Identifier: Apache-2.0
import { localPage } from "../../../../components/monitoring/pages";
import { commandLine } from "../../../quote";
import { until } from "../../../until";
import { judge, notApplicable, type Check, type CheckContext, type Measurement } from "../../check";
import { lines } from "../../text";

const URL = localPage("alertmanager");
/** Alertmanager's names for the ways of the stack file. */
const WAYS = { email: "email", slack: "slack" } as const;
const SECONDS = 120;

interface Tally {
  sent: number;
  failed: number;
}

export const delivery: Check = {
  id: "monitoring/delivery",
  title: "a test alert leaves by mail and chat, where the stack file names them",
  area: "monitoring",
  severity: "critical",
  impact: "load",
  seconds: SECONDS + 40,
  cure: "see `logs --unit prometheus-alertmanager`: it says what the mail server or the webhook answered",
  async run(context) {
    const { cloud, signal } = context;
    const alerts = cloud.config.monitoring?.alerts;
    const ways = (["email", "slack"] as const).filter((way) => alerts?.[way] !== undefined);
    if (ways.length === 0)
      return notApplicable("alerts are told to nobody: neither mail nor chat is in the stack file");
    const before = await tallies(context);
    const started = performance.now();
    await announce(context, new Date(Date.now() + (SECONDS + 30) * 1000));
    let after = before;
    const left = async (): Promise<boolean> => {
      after = await tallies(context);
      return ways.every((way) => answered(before, after, way));
    };
    try {
      // Who is missing when the time is over is in `after`.
      await until(left, { what: "the test alert", seconds: SECONDS, every: 1000, signal }).catch(() => undefined);
    } finally {
      await announce(context, new Date());
    }
    const failed = (way: (typeof ways)[number]): boolean => tally(after, way).failed > tally(before, way).failed;
    const problems = ways.flatMap((way) => [
      ...(answered(before, after, way) ? [] : [`${way}: no message has left after ${SECONDS} s`]),
      ...(failed(way) ? [`${way}: at least one attempt was refused`] : []),
    ]);
    const seconds = (performance.now() - started) / 1000;
    const measurements: Measurement[] =
      problems.length > 0
        ? []
        : [{ name: "time until an alert has left", from: cloud.frontend.name, value: seconds, unit: "s" }];
    return judge(problems, [`sent by ${ways.join(" and ")}; whether people read it no program can tell`], {
      threshold: `within ${SECONDS} s`,
      measurements,
    });
  },
};

function tally(all: Map<string, Tally>, way: keyof typeof WAYS): Tally {
  return all.get(WAYS[way]) ?? { sent: 0, failed: 0 };
}

/** A request counts when it has been answered: one that is under way, or that is tried again, has delivered nothing yet. */
function answered(before: Map<string, Tally>, after: Map<string, Tally>, way: keyof typeof WAYS): boolean {
  const good = ({ sent, failed }: Tally): number => sent - failed;
  return good(tally(after, way)) > good(tally(before, way));
}

/** Requests that mail servers and webhooks have answered, and those that failed, by way; newer versions count for each receiver. */
async function tallies({ cloud }: CheckContext): Promise<Map<string, Tally>> {
  const text = await cloud.root(cloud.frontend.name, `curl -sS -m 10 ${URL}/metrics`);
  const found = new Map<string, Tally>();
  for (const line of lines(text)) {
    const [, failed, way, value] =
      /^alertmanager_notification_requests(_failed)?_total\{.*?integration="(\w+)".*\} (\S+)$/.exec(line) ?? [];
    if (way === undefined) continue;
    const of = found.get(way) ?? { sent: 0, failed: 0 };
    of[failed === undefined ? "sent" : "failed"] += Number(value);
    found.set(way, of);
  }
  return found;
}

/** Raises the test alert, or ends it. Critical, because that goes all ways. */
async function announce({ cloud }: CheckContext, end: Date): Promise<void> {
  const { name } = cloud.frontend;
  const labels = ["alertname=DeliveryTest", "severity=critical", `host=${name}`];
  const text = "summary=A test of the ways that alerts take, made by validate: nothing is wrong.";
  const words = ["amtool", `--alertmanager.url=${URL}`, "alert", "add", ...labels];
  await cloud.root(name, commandLine([...words, `--annotation=${text}`, `--end=${end.toISOString()}`]));
}
