// SPDX-License-Identifier: Apache-2.0

/** Calls of reservations, which are networks of their own or ranges in one. */
import { buildTemplate, TransportError, type Template, type XmlElement } from "../../opennebula";
import { findObject, namedCandidates, send, sendOnce } from "../framework/calls";
import type { KindCalls } from "../framework/kind";
import type { PropertyMap } from "../grpc/provider";
import type { ResourceCall } from "../resource";
import { PARENT, split, withValue } from "./parts";

/** The address ranges of a network. */
export function rangesOf(network: XmlElement): XmlElement[] {
  return network.child("AR_POOL")?.all("AR") ?? [];
}

/** Nobody has used the addresses yet. */
export function isUnusedReservation(object: XmlElement): boolean {
  return object.int("USED_LEASES", 0) === 0;
}

export const reservationCalls: Partial<KindCalls> = {
  find: async (call, id) => {
    const [network, range] = split(id);
    const object = await findObject(call, "vn", network);
    if (range === "" || object === undefined) return object;
    const found = rangesOf(object).find((one) => one.value("AR_ID") === range);
    if (found === undefined) return undefined;
    // Whose addresses they are is told by the network around the range.
    const source = "PARENT_NETWORK_ID";
    return withValue(withValue(found, PARENT, network), source, object.value(source));
  },
  // A range that was added by an earlier run cannot be told from others: `reserve` itself looks what is new.
  candidates: async (call, wish) => {
    if (wish["into"] !== undefined) return [];
    const named = await namedCandidates(call, { api: "vn" }, wish);
    return named.filter(({ object }) => object.value("PARENT_NETWORK_ID") === wish["network"]);
  },
  allocate: async (call, wish) => reserve(call, wish),
  update: async (call, id, { changes, whole, removes }) => {
    // The range of another reservation bears no marks and has no attributes of its own.
    if (id.includes(":")) return;
    await send(call, "one.vn.update", [Number(id), buildTemplate(removes ? whole : changes), removes ? 0 : 1]);
  },
  remove: async (call, id) => {
    const [network, range] = split(id);
    if (range === "") await send(call, "one.vn.delete", [Number(network)]);
    else await send(call, "one.vn.rm_ar", [Number(network), Number(range)]);
  },
};

async function reserve(call: ResourceCall, wish: PropertyMap): Promise<string> {
  const fields: [string, string][] = [
    ["NAME", "name"],
    ["NETWORK_ID", "into"],
    ["SIZE", "size"],
    ["AR_ID", "range"],
    ["IP", "firstIp"],
    ["MAC", "firstMac"],
  ];
  const present = fields.filter(([, property]) => wish[property] !== undefined);
  const template: Template = Object.fromEntries(
    present.map(([attribute, property]) => [attribute, String(wish[property] as string)]),
  );
  const parameters = [Number(wish["network"]), buildTemplate(template)];
  const into = wish["into"];
  if (typeof into !== "string") return String(await sendOnce(call, "one.vn.reserve", parameters));
  const before = new Set((await idsIn(call, into)).values());
  await sendOnce(call, "one.vn.reserve", parameters).catch(async (error: unknown) => {
    const lost = error instanceof TransportError && error.maybeDone;
    if (!lost || !(await idsIn(call, into)).some((id) => !before.has(id))) throw error;
  });
  const made = (await idsIn(call, into)).find((id) => !before.has(id));
  if (made === undefined) throw new Error(`one.vn.reserve succeeded, but network ${into} shows no new range`);
  return `${into}:${made}`;
}

async function idsIn(call: ResourceCall, network: string): Promise<string[]> {
  const object = await findObject(call, "vn", network);
  return object === undefined ? [] : rangesOf(object).map((range) => range.value("AR_ID"));
}
