// SPDX-License-Identifier: Apache-2.0

/**
 * What happened between two recorded calls is not in the recordings; it is read from the answers. Each way of catching up is
 * taken only where the recorded answer shows that it happened, and the call is then made again.
 */

import type { Oned } from "../../../lab/opennebula/oned/index";
import type { Gap } from "./server-gaps";
import type { Recording } from "./server-replay";
import { call, exchange, requestBytes } from "./server-replay";

/** Calls that were left out of recordings make at most this many objects of a kind in a row. */
const MOST_SKIPPED = 40;

/** How a VM without a host refuses an action. */
const WAITING = /state PENDING/;

const plain = (text: string): string => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">");
const succeeded = (text: string): boolean => text.includes("<boolean>1</boolean>");
const madeId = (text: string): number | undefined => {
  const found = /<boolean>1<\/boolean><\/value>\s*<value><i4>(\d+)</.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** STATE by ID of the VMs or hosts of an answer. */
function states(text: string, element: string): Map<string, string> {
  const pattern = new RegExp(`<${element}><ID>(\\d+)</ID>.*?<STATE>(\\d+)</STATE>`, "gs");
  return new Map([...plain(text).matchAll(pattern)].map(([, id = "", state = ""]) => [id, state]));
}

/** Whether some object is in one state here and in another one there. */
const differs = (own: Map<string, string>, recorded: Map<string, string>, from?: string): boolean =>
  [...own].some(([id, state]) => {
    const other = recorded.get(id);
    return other !== undefined && other !== state && (from === undefined || state === from);
  });

/** Does what happened before the recorded call, as far as the two answers tell; true when the call is to be made again. */
async function catchUp(oned: Oned, recording: Recording, answer: string): Promise<boolean> {
  const { body } = recording.response;
  const method = recording.method ?? "";
  const waits = WAITING.test(answer) && succeeded(body);
  if (waits || differs(states(answer, "VM"), states(body, "VM"), "1")) {
    await oned.settle({ place: true });
    return true;
  }
  if (method.startsWith("one.host") && differs(states(answer, "HOST"), states(body, "HOST"))) {
    await oned.monitorHosts();
    await oned.settle({ place: false });
    return true;
  }
  return false;
}

/** Sends a recorded call and answers with what came back, after catching up with what was not recorded. */
export async function make(oned: Oned, recording: Recording, tokens: Map<string, string>): Promise<string> {
  const send = (): Promise<string> => exchange(oned.port, requestBytes(recording, tokens));
  let answer = await send();
  const kind = /^one\.(\w+)\.(?:allocate|clone|instantiate)$/.exec(recording.method ?? "")?.[1];
  const wanted = madeId(recording.response.body);
  for (let skipped = 0; kind !== undefined && wanted !== undefined && skipped < MOST_SKIPPED; skipped++) {
    const own = madeId(answer);
    // Objects whose making was left out had the ids before this one.
    if (own === undefined || own >= wanted || /instantiate$/.test(recording.method ?? "")) break;
    await oned.settle({ place: false });
    await call(oned.port, removal(kind, own));
    await oned.settle({ place: false });
    answer = await send();
  }
  return (await catchUp(oned, recording, answer)) ? send() : answer;
}

/** Makes a call that was left out; a VM that it needs at a host had got there before it. */
export async function makeLeftOut(oned: Oned, gap: Gap): Promise<void> {
  try {
    await call(oned.port, gap);
  } catch (error) {
    if (!(error instanceof Error && WAITING.test(error.message))) throw error;
    await oned.settle({ place: true });
    await call(oned.port, gap);
  }
}

function removal(kind: string, id: number): Gap {
  if (kind === "vm") return { before: 0, method: "one.vm.recover", params: [id, 3] };
  const more = kind === "image" || kind === "template" ? [false] : [];
  return { before: 0, method: `one.${kind}.delete`, params: [id, ...more] };
}
