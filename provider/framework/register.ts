// SPDX-License-Identifier: Apache-2.0

/** Creating once: what an interrupted, unanswered or killed create has left is found again instead of doubled. */
import { CallError, TransportError, type Template } from "../../opennebula";
import type { PropertyMap } from "../grpc/provider";
import type { ResourceCall } from "../resource";
import { MARKER } from "./attributes";
import { markerOf } from "./calls";
import type { Candidate, Kind, KindCalls } from "./kind";

const ATTEMPTS = 4;

/** The URN as oned can store any: names in a program may hold quotes, backslashes or characters that oned refuses. */
export function markerValue(urn: string): string {
  // The round trip through bytes replaces half surrogate pairs, which encodeURI throws at.
  return encodeURI(Buffer.from(urn).toString());
}

export interface Registration {
  kind: Kind;
  calls: KindCalls;
  wish: PropertyMap;
  template: Template;
  /** Objects that a replacement leaves behind: they bear this resource's marker and are not it. */
  superseded: ReadonlySet<string>;
}

/**
 * Makes the object, or finds what an interrupted attempt has made.
 *
 * @throws Error for a name that another resource or somebody else has; CallError for oned's refusal; TransportError.
 */
export async function register(call: ResourceCall, work: Registration): Promise<{ id: string; made: boolean }> {
  const { kind, calls, wish } = work;
  const template =
    kind.marked === "allocate" ? { ...work.template, [MARKER]: markerValue(call.resource.urn) } : work.template;
  // A name that oned keeps unique is refused by oned; anything else has to be looked for, or it would be doubled.
  const trusted = kind.unique && kind.marked === "allocate";
  const before = kind.marked === "lost" ? new Set((await calls.candidates(call, wish)).map(({ id }) => id)) : undefined;
  let found = trusted || before !== undefined ? undefined : await ours(call, work, "before");
  for (let attempt = 1; found === undefined; attempt += 1) {
    try {
      return { id: await calls.allocate(call, wish, template), made: true };
    } catch (error) {
      const lost = error instanceof TransportError && error.maybeDone;
      if (!lost && !(error instanceof CallError)) throw error;
      if (attempt === ATTEMPTS || call.context.signal.aborted) throw error;
      // Refused because of the name: perhaps by our own call whose answer was lost. Refused otherwise: for good.
      found =
        before === undefined ? await ours(call, work, lost ? "lost" : "refused") : await newcomer(call, work, before);
      if (found === undefined && !lost) throw error;
      call.context.log("debug", `${kind.word}: ${error.message}; looked whether it is there nevertheless`);
    }
  }
  return { id: found.id, made: false };
}

/** What of an earlier attempt is there; an error if the name belongs to somebody else. */
async function ours(
  call: ResourceCall,
  work: Registration,
  when: "before" | "lost" | "refused",
): Promise<Candidate | undefined> {
  const { kind, calls, wish, superseded } = work;
  const candidates = (await calls.candidates(call, wish)).filter(({ id }) => !superseded.has(id));
  if (kind.marked === "never") return candidates[0];
  const mark = markerValue(call.resource.urn);
  const marks = candidates.map((one) => ({ ...one, mark: ownMark(call, markerOf(one.object, kind.templateElement)) }));
  const own = marks.find((one) => one.mark === mark);
  if (own !== undefined) {
    call.context.log("info", `${kind.word} ${own.id} was made by an interrupted run: taken over`);
    return own;
  }
  const [other] = marks;
  if (other === undefined || !kind.unique) return undefined;
  if (
    other.mark === undefined &&
    kind.marked === "update" &&
    (when === "lost" || kind.fresh?.(other.object) === true)
  ) {
    call.context.log("info", `${kind.word} ${other.id} was there already, unused: taken over`);
    return other;
  }
  throw new Error(taken(call, kind, other));
}

/** What was not there before the answer got lost. */
async function newcomer(
  call: ResourceCall,
  { calls, wish }: Registration,
  before: ReadonlySet<string>,
): Promise<Candidate | undefined> {
  return (await calls.candidates(call, wish)).find(({ id }) => !before.has(id));
}

/** A marker of another type came along with a template or a network that the object was made from. */
function ownMark(call: ResourceCall, mark: string | undefined): string | undefined {
  const type = mark?.split("::")[2]?.split("$").at(-1);
  return type === call.resource.type ? mark : undefined;
}

function taken(call: ResourceCall, kind: Kind, { id, object, mark }: Candidate & { mark: string | undefined }): string {
  const there = `name: oned already has a ${kind.word} "${object.value("NAME")}" (id ${id})`;
  if (mark !== undefined) return `${there}, which belongs to ${mark}; choose another name`;
  const cure = `adopt it with "pulumi import ${call.resource.type} ${call.resource.name} ${id}" or choose another name`;
  return `${there}, which this program did not make; ${cure}`;
}
