// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Oned } from "../../../lab/opennebula/oned/index";
import { memoryStore, startOned } from "../../../lab/opennebula/oned/index";
import { GAPS, MONITORED_BEFORE, PLACED_BEFORE } from "./server-gaps";
import { KNOWN_DIFFERENCES } from "./server-known";
import type { Recording } from "./server-replay";
import {
  ADMIN,
  call,
  difference,
  exchange,
  orderOf,
  recordedTime,
  recordings,
  requestBytes,
  tokenIn,
} from "./server-replay";
import { recordedConfig } from "./server-config";
import { prepareThousand, THOUSAND_AREA } from "./server-thousand";

/** Calls of each area that were answered as recorded when this was last raised: the share never goes down. */
const ratchet = JSON.parse(readFileSync(join(__dirname, "server-ratchet.json"), "utf8")) as Record<
  string,
  { same: number; of: number }
>;

interface Score {
  same: number;
  of: number;
  differences: string[];
}

const opened: Oned[] = [];
const scores = new Map<string, Score>();

/** A stand-in as the recorded server was set up, whose clock began when the recordings did. */
async function start(made: Recording[]): Promise<Oned> {
  const still = { monitorInterval: 0, backgroundInterval: 0 };
  const behind = Math.floor(Date.now() / 1000) - recordedTime(made);
  const clock = (): number => Math.floor(Date.now() / 1000) - behind;
  const options = { config: recordedConfig(), oneAuth: ADMIN, clientTimeout: 1, clock, ...still };
  const oned = await startOned({ store: memoryStore(), port: 0, host: "127.0.0.1", ...options });
  opened.push(oned);
  return oned;
}

/** Makes the recorded calls in order, with what happened between them. */
async function replay(oned: Oned, made: Recording[]): Promise<void> {
  const gaps = [...GAPS].sort((a, b) => a.before - b.before);
  const tokens = new Map<string, string>();
  for (const recording of made) {
    const at = orderOf(recording);
    const settle = (): Promise<void> => oned.settle({ place: PLACED_BEFORE.includes(at) });
    for (let gap = gaps[0]; gap !== undefined && gap.before <= at; gap = gaps[0]) {
      await settle();
      await call(oned.port, gap);
      gaps.shift();
    }
    // What goes on in the background had come to an end before the next call was recorded.
    await settle();
    if (MONITORED_BEFORE.includes(at)) {
      await oned.monitorHosts();
      await settle();
    }
    await compare(oned, recording, tokens);
  }
}

/** Makes one recorded call and counts whether it is answered as it was. */
async function compare(oned: Oned, recording: Recording, tokens: Map<string, string>): Promise<void> {
  const score = scores.get(recording.area) ?? { same: 0, of: 0, differences: [] };
  scores.set(recording.area, score);
  const answer = await exchange(oned.port, requestBytes(recording, tokens));
  const [recorded, own] = [tokenIn(recording.response.body), tokenIn(answer)];
  if (recorded !== undefined && own !== undefined) tokens.set(recorded, own);
  const found = difference(recording, answer);
  score.of++;
  if (found === undefined) score.same++;
  else score.differences.push(`${recording.name}\n  ${found}`);
}

beforeAll(async () => {
  const all = recordings();
  const [thousand, rest] = [true, false].map((is) => all.filter(({ area }) => (area === THOUSAND_AREA) === is));
  await replay(await start(rest ?? []), rest ?? []);
  if (thousand === undefined || thousand.length === 0) return;
  const big = await start(thousand);
  await prepareThousand(big);
  for (const recording of thousand) await compare(big, recording, new Map());
}, 240_000);

afterAll(() => Promise.all(opened.map((oned) => oned.close())));

describe("the stand-in oned answers as the recorded one", () => {
  test("but for the calls that are listed with their reason", () => {
    const named = [...scores.values()].flatMap((score) => score.differences.map((text) => text.split("\n")[0] ?? ""));
    // Other recordings than the repository's may differ in calls that are not known here.
    const known = process.env.ONED_RECORDINGS === undefined ? Object.keys(KNOWN_DIFFERENCES) : named;
    expect([...named].sort()).toEqual([...known].sort());
  });

  test.each(Object.entries(ratchet).map(([area, least]) => ({ area, ...least })))("$area: $same of $of", (least) => {
    const { area, same, of } = least;
    const score = scores.get(area) ?? { same: 0, of: 0, differences: [] };
    // ONED_SCORES=1 prints what is not as recorded.
    if (process.env.ONED_SCORES !== undefined) {
      const differences = score.differences.map((text) => `\n${text}`).join("");
      process.stdout.write(`${area}: ${score.same} of ${score.of}${differences}\n`);
    }
    // The recordings may be others than those that the ratchet was set with, so the shares are compared.
    const enough = score.of > 0 && score.same / score.of >= same / of;
    expect({ enough, differences: enough ? [] : score.differences }).toEqual({ enough: true, differences: [] });
  });
});
