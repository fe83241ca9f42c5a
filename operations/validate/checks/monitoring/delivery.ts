// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { services } from "../../../../catalogue";
import { commandLine } from "../../../quote";
import { judge, notApplicable, type Check, type CheckContext, type Measurement } from "../../check";
import { lines } from "../../text";

const URL = `http://127.0.0.1:${services.alertmanager.port}/alertmanager`;
/** Alertmanager's names for the ways of the stack file. */
const WAYS = { email: "email", slack: "slack" } as const;
const SECONDS = 120;

interface Tally {
  sent: number;
  failed: number;
}

export const delivery: Check = {
  id: "monitoring/delivery",
  title: "a test alert leaves by every way that the stack file names",
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
    try {
      while (ways.some((way) => !moved(before, after, way)) && performance.now() - started < SECONDS * 1000) {
        await sleep(1000, undefined, { signal });
        after = await tallies(context);
      }
    } finally {
      await announce(context, new Date());
    }
    const failed = (way: (typeof ways)[number]): boolean => tally(after, way).failed > tally(before, way).failed;
    const problems = ways.flatMap((way) => [
      ...(failed(way) ? [`${way}: the message was refused`] : []),
      ...(moved(before, after, way) ? [] : [`${way}: no message has left after ${SECONDS} s`]),
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

function moved(before: Map<string, Tally>, after: Map<string, Tally>, way: keyof typeof WAYS): boolean {
  return tally(after, way).sent > tally(before, way).sent;
}

/** How many messages have left and were refused, by way; newer versions count for each receiver. */
async function tallies({ cloud }: CheckContext): Promise<Map<string, Tally>> {
  const text = await cloud.root(cloud.frontend.name, `curl -sS -m 10 ${URL}/metrics`);
  const found = new Map<string, Tally>();
  for (const line of lines(text)) {
    const [, failed, way, value] =
      /^alertmanager_notifications(_failed)?_total\{.*?integration="(\w+)".*\} (\S+)$/.exec(line) ?? [];
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
