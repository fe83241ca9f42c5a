// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Methods } from "../call";
import { authorize, find, targetOf } from "../call";
import type { AddressRange, Entity } from "../entities";
import { Failure } from "../failure";
import { macSettings } from "../leases";
import type { Wanted } from "../network/ranges";
import { addressAt, freeRun, indexOf, isFree, newRange, omit, sizeOf, take } from "../network/ranges";
import type { Params } from "../params";
import { checkQuotas } from "../quota-use";
import type { Template } from "../template";
import { get, parseTemplate, set, TemplateError } from "../template";
import { action, createNetwork } from "./network";

type Vn = Entity<"vn">;

interface Reservation {
  size: number;
  /** The reservation to add to; a new one when it is left out. */
  into: Vn | undefined;
  name: string;
  rangeId: number | undefined;
  /** The first address. */
  first: Wanted | undefined;
}

function whole(given: Template, name: string): number | undefined {
  const text = get(given, name) ?? "";
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

function parse(text: string): Template {
  try {
    return parseTemplate(text);
  } catch (error) {
    throw error instanceof TemplateError ? action(error.message) : error;
  }
}

/** Reads what is to be reserved from a network, and refuses what does not fit together. */
function asked(context: CallContext, id: number, given: Template): Reservation {
  const size = whole(given, "SIZE");
  if (size === undefined || size <= 0) throw action("Reservation SIZE must be a greater than 0");
  const target = whole(given, "NETWORK_ID");
  const into = target === undefined ? undefined : existing(context, id, target);
  const name = get(given, "NAME") ?? "";
  if (name === "" && into === undefined) throw action("NAME for reservation has to be set");
  const rangeId = whole(given, "AR_ID");
  if (rangeId !== undefined && rangeId < 0) throw action("AR_ID must be equal or greater than 0");
  const by = (["IP", "IP6", "MAC"] as const).find((field) => (get(given, field) ?? "") !== "");
  if (by !== undefined && rangeId === undefined) {
    throw action("AR_ID must be specified for IP/MAC based reservations");
  }
  return { size, into, name, rangeId, first: by && { [by.toLowerCase()]: get(given, by) } };
}

function existing(context: CallContext, id: number, target: number): Vn {
  if (target < 0) throw action("NETWORK_ID must be equal or greater than 0");
  if (target === id) throw action("Cannot add a reservation from the same network");
  const found = find(context, "vn", target);
  const { parent } = found.data;
  if (parent < 0) throw action("Cannot add reservations to a non-reservation VNET");
  if (parent !== id) throw action(`New reservations for virtual network ${target} have to be from network ${parent}`);
  return found;
}

function reserve(context: CallContext, params: Params): number {
  const [id, text] = [params.int(0), params.string(1)];
  const wanted = asked(context, id, parse(text));
  // Of a network that is not there oned forgets the number.
  const parent = context.state.find("vn", id) ?? find(context, "vn", -1);
  if (parent.data.parent >= 0) throw action("Cannot reserve addresses from a reserved VNET");
  const needs: Parameters<typeof authorize>[1][] = [["USE", targetOf("vn", parent)]];
  if (wanted.into !== undefined) needs.push(["MANAGE", targetOf("vn", wanted.into)]);
  authorize(context, ...needs);
  const clusters = [...parent.data.clusters];
  const network =
    wanted.into ??
    createNetwork(context, set(structuredClone(parent.template), "NAME", wanted.name), { clusters, parent: id });
  const owner = { uid: network.uid, gid: network.gid };
  let found: { range: AddressRange; from: number };
  try {
    checkQuotas(context, owner, { NETWORK: { [id]: { LEASES: wanted.size } } });
    found = place(parent, wanted);
  } catch (error) {
    // The network for the reservation was there already: its id is used up.
    if (wanted.into === undefined) context.state.remove("vn", network.id);
    throw error instanceof Failure ? error.keep() : error;
  }
  const { range, from } = found;
  for (let index = from; index < from + wanted.size; index++) take(range, index, { kind: "vn", id: network.id });
  network.data.ranges.push(part(context, network, range, { from, size: wanted.size }));
  network.data.nextRange++;
  context.state.touch("vn", parent);
  context.state.touch("vn", network);
  return network.id;
}

/** Where the wanted addresses are free in one piece. */
function place(parent: Vn, { size, rangeId, first }: Reservation): { range: AddressRange; from: number } {
  const refusal =
    rangeId === undefined
      ? action("Not enough free addresses in an address range")
      : action(`Not enough free addresses in address range ${rangeId}, or it does not exist`);
  for (const range of parent.data.ranges) {
    if (rangeId !== undefined && range.id !== rangeId) continue;
    const from = first === undefined ? freeRun(range, size) : indexOf(range, first);
    if (from === undefined || BigInt(from) + BigInt(size) > sizeOf(range)) continue;
    if (Array.from({ length: size }, (_, i) => from + i).every((index) => isFree(range, index))) return { range, from };
  }
  throw refusal;
}

/** The reserved part of a range, as a range of the reservation. */
function part(
  context: CallContext,
  network: Vn,
  range: AddressRange,
  run: { from: number; size: number },
): AddressRange {
  const address = omit(addressAt(range, run.from), ["IP6_LINK", "IP6_ULA", "IP6_GLOBAL"]);
  const attributes = { ...omit(range.attributes, ["IPAM_MAD"]), ...address, SIZE: String(run.size) };
  const made = newRange(attributes, network.data.nextRange, macSettings(context.config));
  made.attributes.PARENT_NETWORK_AR_ID = String(range.id);
  return made;
}

export const reservationMethods: Methods = { "one.vn.reserve": reserve };
