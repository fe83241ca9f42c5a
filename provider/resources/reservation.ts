// SPDX-License-Identifier: Apache-2.0

/** Reservations of addresses. */
import type { XmlElement } from "../../opennebula";
import type { Kind } from "../framework/kind";
import { asText } from "../framework/values";
import { attributesProperty, idOutput, integer, ownership, text } from "./common";
import { PARENT } from "./parts";
import { isUnusedReservation, rangesOf, reservationCalls } from "./reservation-calls";

export const RESERVATION: Kind = {
  name: "Reservation",
  word: "reservation",
  api: "vn",
  description:
    "Addresses of a network set aside, as a network of their own, or as a further range of a reservation that exists (`into`). " +
    "Deleting it gives the addresses back.",
  importId: "the reservation's number as `onevnet list` shows it, or `<reservation>:<range>` for a range added to one",
  idPattern: /^\d{1,9}(?::\d{1,9})?$/,
  marked: "update",
  unique: true,
  fresh: isUnusedReservation,
  inputs: {
    network: text("Name or id of the network whose addresses are reserved.", {
      required: true,
      reference: "vn",
      immutable: true,
      idOutput: "networkId",
      read: (object) => object.value("PARENT_NETWORK_ID"),
    }),
    name: text("Name of the reservation, unless it goes into another one.", {
      read: (object) => (object.name === "VNET" ? object.value("NAME") : undefined),
      apply: async (work, { wanted }) => {
        await work.call("one.vn.rename", [Number(work.id), asText(wanted)]);
      },
    }),
    into: text("Name or id of a reservation of the same network that gets the addresses as a further range.", {
      reference: "vn",
      immutable: true,
      read: (object) => (object.name === "AR" ? object.value(PARENT) : undefined),
    }),
    size: integer("Number of addresses.", {
      required: true,
      immutable: true,
      minimum: 1,
      read: (object) => Number(firstRange(object)?.value("SIZE") ?? 0),
    }),
    range: integer("Number of the network's range to take them from.", {
      immutable: true,
      unreadable: true,
      minimum: 0,
    }),
    firstIp: text("First IPv4 address; with `range`.", {
      sticky: true,
      immutable: true,
      read: (object) => firstRange(object)?.value("IP"),
    }),
    firstMac: text("First MAC; with `range`.", {
      sticky: true,
      immutable: true,
      caseless: true,
      read: (object) => firstRange(object)?.value("MAC"),
    }),
    ...attributesProperty("reservation"),
    ...ownership("vn"),
  },
  outputs: {
    networkId: idOutput("Number of the network whose addresses are reserved.", "PARENT_NETWORK_ID", {
      required: false,
    }),
    reservationId: {
      ...idOutput("Number of the reservation, which NICs name as their network."),
      read: (object) => Number(object.name === "AR" ? object.value(PARENT) : object.value("ID")),
    },
    ip: { type: "string", description: "First IPv4 address.", read: (object) => firstRange(object)?.value("IP") },
  },
  check: ({ name, into, permissions, owner, group, attributes }) => {
    if (into === undefined)
      return name === undefined ? [{ property: "name", reason: "is needed unless `into` is given" }] : [];
    const own = Object.entries({ name, permissions, owner, group, attributes }).filter(
      ([, value]) => value !== undefined,
    );
    return own.map(([property]) => ({ property, reason: "belongs to the reservation named by `into`; leave it out" }));
  },
  calls: reservationCalls,
};

/** The range itself, or the first one of a reservation that is a network. */
function firstRange(object: XmlElement): XmlElement | undefined {
  return object.name === "AR" ? object : rangesOf(object)[0];
}
