// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Oned } from "../../../lab/opennebula/oned/index";
import { memoryStore, startOned } from "../../../lab/opennebula/oned/index";
import { GAPS, MONITORED_BEFORE } from "./server-gaps";
import { KNOWN_DIFFERENCES } from "./server-known";
import { make, makeLeftOut } from "./server-between";
import type { Recording } from "./server-replay";
import { ADMIN, difference, orderOf, recordedTime, OWN_FOLDER, recordings, tokenIn } from "./server-replay";
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
  const own = areOwn(made);
  const gaps = own ? [...GAPS].sort((a, b) => a.before - b.before) : [];
  const tokens = new Map<string, string>();
  const settle = (): Promise<void> => oned.settle({ place: false });
  for (const recording of made) {
    for (let gap = gaps[0]; gap !== undefined && gap.before <= orderOf(recording); gap = gaps[0]) {
      await settle();
      await makeLeftOut(oned, gap);
      gaps.shift();
    }
    // What goes on in the background had come to an end before the next call was recorded.
    await settle();
    if (own && MONITORED_BEFORE.includes(orderOf(recording))) {
      await oned.monitorHosts();
      await settle();
    }
    await compare(oned, recording, tokens);
  }
}

/** Whether these are the recordings of which it is known what was left out: others have calls of their own at those places. */
function areOwn(made: Recording[]): boolean {
  const names = new Map(made.map((recording) => [orderOf(recording), recording.name]));
  return recordings(OWN_FOLDER).every(
    (recording) => recording.area === THOUSAND_AREA || names.get(orderOf(recording)) === recording.name,
  );
}

/** Makes one recorded call and counts whether it is answered as it was. */
async function compare(oned: Oned, recording: Recording, tokens: Map<string, string>): Promise<void> {
  const score = scores.get(recording.area) ?? { same: 0, of: 0, differences: [] };
  scores.set(recording.area, score);
  const answer = await make(oned, recording, tokens);
  const [recorded, answered] = [tokenIn(recording.response.body), tokenIn(answer)];
  if (recorded !== undefined && answered !== undefined) tokens.set(recorded, answered);
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

const given = recordings();
const own = areOwn(given);
/** Of recordings that were never seen before. */
const LEAST_SHARE = 0.95;

describe("the stand-in oned answers as the recorded one", () => {
  test(own ? "but for the calls that are listed with their reason" : `to ${LEAST_SHARE * 100} % of all calls`, () => {
    const all = [...scores.values()];
    const named = all.flatMap((score) => score.differences.map((text) => text.split("\n")[0] ?? ""));
    if (own) expect(named.sort()).toEqual(Object.keys(KNOWN_DIFFERENCES).sort());
    else expect(1 - named.length / all.reduce((sum, { of }) => sum + of, 0)).toBeGreaterThanOrEqual(LEAST_SHARE);
  });

  test.each([...new Set(given.map(({ area }) => area))])("%s", (area) => {
    const { same, of, differences } = scores.get(area) ?? { same: 0, of: 0, differences: [] };
    // ONED_SCORES=1 prints what is not as recorded.
    if (process.env.ONED_SCORES !== undefined) {
      process.stdout.write(`${area}: ${same} of ${of}${differences.map((text) => `\n${text}`).join("")}\n`);
    }
    const least = own ? ratchet[area] : undefined;
    expect(of).toBeGreaterThan(0);
    // The share never goes down; that of other recordings is judged as a whole.
    const enough = same / of >= (least === undefined ? 0 : least.same / least.of);
    expect({ enough, differences: enough ? [] : differences }).toEqual({ enough: true, differences: [] });
  });
});
